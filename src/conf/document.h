/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.h - the manuals of sluice.yaml, written from conf/options.def.
 *
 * docs/configuration.md and man/sluice.yaml.5 are the output of these; a test compares them, and
 * `conf-document --print markdown|man|text` of the build directory writes them anew.
 */
#pragma once

#include "base/writer.h"

/* A buffer of this size takes each of them. */
#define CONF_DOCUMENT_SIZE (64u << 10)

/* A complete file that conf_load takes without a warning. */
extern const struct slice conf_example;

/* Markdown. */
void conf_document(struct writer *w);
/* mdoc(7), section 5. */
void conf_man(struct writer *w);
/* Plain text for a terminal of 80 columns: `sluice serve --help-config`. */
void conf_help(struct writer *w);

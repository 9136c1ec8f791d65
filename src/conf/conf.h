/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - sluice.yaml: from its text to settings, or to a list of what is wrong and where.
 *
 * Pure: the caller reads the file, prints the report and acts on the settings. Every key is a
 * row of conf/options.def; configurations that would be unsafe are errors (conf/check.c).
 */
#pragma once

#include "base/arena.h"
#include "conf/report.h"
#include "conf/settings.h"

#define CONF_MAX_TEXT   (1u << 20) /* bytes of a file; a longer text is reported as an error */
#define CONF_MAX_MEMORY (8u << 20) /* bytes: an arena of this maximum takes any file */

/*
 * Reads the configuration `text`; an empty one gives the defaults. `ret_report` is always set:
 * it may hold warnings on success, and views `file_name`. The settings belong to `arena` and do
 * not view `text`.
 *
 * Errors: E_SYNTAX (the report has at least one error), E_NOMEM (also: the arena is full).
 */
enum err conf_load(struct slice text, struct slice file_name, struct arena *arena,
		   struct settings *ret_settings, struct conf_report *ret_report);

/* What holds without a file. Errors: E_NOMEM. */
enum err conf_defaults(struct arena *arena, struct settings *ret_settings);

/*
 * Judges settings that were put together or changed by the program (`--listen`), as conf_load
 * does: the notes have no place then. Errors: E_SYNTAX (the report has errors, these or earlier
 * ones).
 */
enum err conf_judge(const struct settings *settings, struct conf_report *report);

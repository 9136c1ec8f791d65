/* SPDX-License-Identifier: Apache-2.0 */
/* markup.h - text of strangers inside XML, HTML and Markdown. */
#pragma once

#include "base/writer.h"

/*
 * Text for XML and HTML, within elements and double-quoted attributes: & < > " ' as entities,
 * controls as \xNN, what is not UTF-8 as U+FFFD.
 */
void put_markup(struct writer *w, struct slice text);
/* Text for a line or a table cell of Markdown: what it would read as its own is escaped. */
void put_plain_markdown(struct writer *w, struct slice text);

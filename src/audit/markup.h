/* SPDX-License-Identifier: Apache-2.0 */
/* markup.h - text of strangers inside XML, HTML and Markdown. */
#pragma once

#include "base/writer.h"

/*
 * Text for XML and HTML, within elements and double-quoted attributes: & < > " ' as entities,
 * controls as \xNN, what is not UTF-8 as U+FFFD.
 */
void put_markup(struct writer *w, struct slice text);
/* Our own prose in Markdown: what it would read as a mark is escaped. */
void put_plain_markdown(struct writer *w, struct slice text);
/*
 * Text of strangers in Markdown, as code: there is no link, no mention and no markup in it,
 * whatever it holds. `in_table`: a bar would end the cell.
 */
void put_code_markdown(struct writer *w, struct slice text, bool in_table);

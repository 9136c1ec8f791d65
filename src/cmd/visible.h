/* SPDX-License-Identifier: Apache-2.0 */
/* visible.h - text of strangers on a terminal: nothing in it is obeyed. */
#pragma once

#include "base/writer.h"

/*
 * Controls (C0 but HTAB, DEL, C1) leave as \xNN, bytes that are not UTF-8 as U+FFFD. At most 4
 * bytes for one.
 */
void put_visible(struct writer *w, struct slice s);

/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - the error codes that cross layers. A layer with richer faults has its own table. */
#pragma once

#define ERR_MAP(X)                                                                                 \
	X(E_NOMEM, "out of memory")                                                                \
	X(E_NO_SPACE, "output buffer is too small")                                                \
	X(E_TOO_BIG, "larger than the named maximum")                                              \
	X(E_FULL, "table is at its named maximum")                                                 \
	X(E_BAD_FIELD, "field value holds CR, LF or NUL")                                          \
	X(E_BAD_UTF8, "not valid UTF-8")                                                           \
	X(E_SYNTAX, "does not follow the grammar")                                                 \
	X(E_RANGE, "number out of range")                                                          \
	X(E_NOT_FOUND, "no such entry")                                                            \
	X(E_EXISTS, "entry exists already")                                                        \
	X(E_IO, "input or output failed")

enum err {
	OK = 0,
#define X(name, text) name,
	ERR_MAP(X)
#undef X
};

/* English text of `err`, without a full stop. Static storage. */
const char *err_text(enum err err);

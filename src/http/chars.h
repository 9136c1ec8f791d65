/* SPDX-License-Identifier: Apache-2.0 */
/* chars.h - the character classes of HTTP and URLs, one table for all parsers. */
#pragma once

#include "base/slice.h"

enum {
	CHAR_TOKEN = 1,      /* tchar (RFC 9110 5.6.2) */
	CHAR_TARGET = 2,     /* visible ASCII but '#' (RFC 9112 3.2) */
	CHAR_COOKIE = 4,     /* cookie-octet (RFC 6265 4.1.1) */
	CHAR_HOST = 8,       /* letters, digits, '-', '.', '_': a name that DNS can hold */
	CHAR_UNRESERVED = 16 /* RFC 3986 2.3 */
};

extern const unsigned char char_classes[256];

static inline bool char_is(char c, unsigned classes)
{
	return (char_classes[(unsigned char)c] & classes) != 0;
}

/* Length of the run of `classes` at the front of `s`. */
static inline size_t char_run(struct slice s, unsigned classes)
{
	size_t n = 0;

	while (n < s.len && char_is(s.ptr[n], classes))
		n++;
	return n;
}

/* True where `s` is not empty and all of `classes`. */
bool char_all(struct slice s, unsigned classes);
/*
 * Length of the run at the front of `s` that a field value may hold (RFC 9110 5.5): HTAB,
 * visible ASCII, space, bytes from 0x80. Reads eight bytes at a time.
 */
size_t text_run(struct slice s);

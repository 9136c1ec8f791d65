/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice.h - a view of bytes: pointer and length, passed by value, never NUL-terminated.
 *
 * A slice owns nothing. ptr NULL means "absent" where a function says so; len is then 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *ptr;
	size_t len;
};

/* From a string literal; SLICE_INIT is the form for static tables. */
#define SLICE(lit) ((struct slice){"" lit, sizeof(lit) - 1})
#define SLICE_INIT(lit)                                                                            \
	{                                                                                          \
		"" lit, sizeof(lit) - 1                                                            \
	}
#define SLICE_NONE ((struct slice){NULL, 0})

/* printf("%.*s", SLICE_ARG(s)) */
#define SLICE_ARG(s) (int)(s).len, (s).ptr

struct slice slice_of(const char *cstr);
bool slice_eq(struct slice a, struct slice b);
/* ASCII case only: what HTTP field names and schemes need (RFC 9110 5.1). */
bool slice_eq_nocase(struct slice a, struct slice b);
bool slice_starts(struct slice s, struct slice prefix);
bool slice_starts_nocase(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);
/* Index of the first `c`, or s.len. */
size_t slice_find(struct slice s, char c);
/* True where any byte of `s` is in `set`. */
bool slice_has_any(struct slice s, struct slice set);
/* Bytes [from, s.len); from is clamped. */
struct slice slice_from(struct slice s, size_t from);
/* Bytes [0, len); len is clamped. */
struct slice slice_upto(struct slice s, size_t len);
/* Without leading and trailing SP and HTAB (OWS, RFC 9110 5.6.3). */
struct slice slice_trim(struct slice s);
/*
 * Splits at the first `sep`: returns what stands before it and moves *rest behind it.
 * Without a separator returns all and leaves *rest absent (ptr NULL).
 */
struct slice slice_cut(struct slice *rest, char sep);
/* Orders bytes as unsigned; a proper prefix sorts first. */
int slice_cmp(struct slice a, struct slice b);

/* ASCII only, whatever the locale. */
char ascii_lower(char c);
bool ascii_is_digit(char c);
bool ascii_is_alnum(char c);
/* 0 to 15, or -1. */
int ascii_hex(char c);

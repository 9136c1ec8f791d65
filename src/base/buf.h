/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - a growing byte buffer that cannot be made without a maximum.
 *
 * The only place in the program that may call realloc. A failed append leaves
 * the content as it was.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

struct buf {
	char *ptr;
	size_t len;
	size_t cap;
	size_t max; /* bytes; append past it is E_TOO_BIG */
};

/* Allocates nothing. */
void buf_init(struct buf *b, size_t max);
/* Frees the memory; the buffer is empty and usable again, with the same maximum. */
void buf_free(struct buf *b);
/* Forgets the content, keeps the memory. */
void buf_reset(struct buf *b);

/* Errors: E_TOO_BIG, E_NOMEM. */
enum err buf_append(struct buf *b, struct slice s);
/* Makes room for `more` bytes at ptr + len. Errors: E_TOO_BIG, E_NOMEM. */
enum err buf_reserve(struct buf *b, size_t more);
/* Drops the first `n` bytes (n <= len); the rest moves to the front. */
void buf_consume(struct buf *b, size_t n);

struct slice buf_slice(const struct buf *b);

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/require.h"

#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 256 /* bytes of the first allocation */

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void buf_free(struct buf *b)
{
	free(b->ptr);
	buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
}

enum err buf_reserve(struct buf *b, size_t more)
{
	if (more > b->max - b->len)
		return E_TOO_BIG;
	if (more <= b->cap - b->len)
		return OK;

	size_t cap = b->cap ? b->cap : BUF_FIRST;
	while (cap < b->len + more && cap <= b->max / 2)
		cap *= 2;
	if (cap < b->len + more || cap > b->max)
		cap = b->max;
	char *ptr = realloc(b->ptr, cap);
	if (!ptr)
		return E_NOMEM;
	b->ptr = ptr;
	b->cap = cap;
	return OK;
}

enum err buf_append(struct buf *b, struct slice s)
{
	if (s.len == 0)
		return OK;
	enum err err = buf_reserve(b, s.len);
	if (err)
		return err;
	memcpy(b->ptr + b->len, s.ptr, s.len);
	b->len += s.len;
	return OK;
}

void buf_consume(struct buf *b, size_t n)
{
	require(n <= b->len);
	if (n == 0)
		return;
	memmove(b->ptr, b->ptr + n, b->len - n);
	b->len -= n;
}

struct slice buf_slice(const struct buf *b)
{
	return (struct slice){b->ptr, b->len};
}

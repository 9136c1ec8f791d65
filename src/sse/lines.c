/* SPDX-License-Identifier: Apache-2.0 */
#include "sse/lines.h"

void sse_lines_init(struct sse_lines *l, struct slice s)
{
	l->rest = s;
	l->lf = slice_find(s, '\n');
}

size_t sse_lines_length(const struct sse_lines *l)
{
	return slice_find(slice_upto(l->rest, l->lf), '\r');
}

void sse_lines_skip(struct sse_lines *l, size_t n)
{
	l->rest = slice_from(l->rest, n);
	if (n > l->lf)
		l->lf = slice_find(l->rest, '\n');
	else
		l->lf -= n;
}

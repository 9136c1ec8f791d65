/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - where lines end in text/event-stream: CR, LF and CRLF (WHATWG HTML 9.2.5).
 *
 * Linear for any input: the next LF is looked for once, however many CRs stand before it.
 */
#pragma once

#include "base/slice.h"

struct sse_lines {
	struct slice rest;
	size_t lf; /* index of the first LF of rest, or rest.len */
};

void sse_lines_init(struct sse_lines *l, struct slice s);
/* Bytes of rest before its first CR or LF; rest.len if there is none. */
size_t sse_lines_length(const struct sse_lines *l);
/* Drops the first `n` bytes of rest. */
void sse_lines_skip(struct sse_lines *l, size_t n);

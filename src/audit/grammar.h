/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grammar.h - what in the bytes of an event stream a browser would ignore, mend or trip over
 * (WHATWG HTML 9.2.5 and 9.2.6). The decoder says what arrives; this says what was wrong.
 */
#pragma once

#include "audit/transcript.h"

#define GRAMMAR_KEEP 128u /* bytes of a line that are looked at; longer values are only counted */

struct grammar_scan {
	struct {
		uint32_t count;
		uint64_t line;
		char excerpt[GRAMMAR_EXCERPT];
		size_t excerpt_len;
	} notes[GRAMMAR_COUNT];
	char kept[GRAMMAR_KEEP];
	size_t kept_len;
	uint64_t line_len; /* bytes of the open line */
	uint64_t line;     /* of the open line, from 1 */
	bool cr;           /* the last byte was a CR: LF may follow */
	bool odd;          /* the open line has bytes that are not visible ASCII */
	bool nul;
	unsigned ends; /* kinds of line ends that were seen: bits */
	/* UTF-8 over the borders of pieces. */
	char partial[4];
	size_t partial_len;
	/* The open block. */
	bool in_block;
	bool has_type;
	bool has_data;
};

void grammar_init(struct grammar_scan *g);
void grammar_feed(struct grammar_scan *g, struct slice bytes);
/* The body ended by itself: not because we cut it. */
void grammar_end(struct grammar_scan *g);

/* SPDX-License-Identifier: Apache-2.0 */
/* pack.h - text in a content coding, for what unpacks it. */
#pragma once

#include "../test.h"

#include "base/buf.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

enum wrapping {
	PACK_RAW = -MAX_WBITS,
	PACK_ZLIB = MAX_WBITS,
	PACK_GZIP = MAX_WBITS + 16,
};

/* Appends `text` packed; a flush behind each `every` bytes; 0: none but the end. */
static inline void pack(struct buf *out, enum wrapping wrapping, struct slice text, size_t every)
{
	unsigned char piece[512];
	z_stream z = {.next_in = NULL};
	int flush = Z_NO_FLUSH;

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, wrapping, 9, Z_DEFAULT_STRATEGY), Z_OK);
	while (flush != Z_FINISH) {
		struct slice some = slice_upto(text, every > 0 ? every : text.len);

		text = slice_from(text, some.len);
		flush = text.len > 0 ? Z_SYNC_FLUSH : Z_FINISH;
		z.next_in = (const Bytef *)some.ptr;
		z.avail_in = (uInt)some.len;
		do {
			z.next_out = piece;
			z.avail_out = sizeof(piece);
			(void)deflate(&z, flush);
			assert_int_equal(
				buf_append(out, (struct slice){(const char *)piece,
							       sizeof(piece) - z.avail_out}),
				OK);
		} while (z.avail_out == 0);
	}
	assert_int_equal(deflateEnd(&z), Z_OK);
}

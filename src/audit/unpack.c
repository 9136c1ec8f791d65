/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/unpack.h"

#include <stdlib.h>

#define ZLIB_CONST /* zlib does not change what it reads */
#include <zlib.h>

#define PIECE     16384u
#define RAW       (-MAX_WBITS) /* of zlib: which wrapping is expected */
#define IN_ZLIB   MAX_WBITS
#define IN_GZIP   (MAX_WBITS + 16)
#define MAX_INPUT (1u << 30) /* that zlib is given at once: it counts in 32 bits */

struct unpack {
	z_stream z;
	bool gzip;
	bool begun;
	bool over; /* zlib saw the end of what it unpacks */
	enum text state;
	size_t given; /* bytes of text */
	unsigned char piece[PIECE];
};

static bool is_gzip(struct slice coding)
{
	return slice_eq_nocase(coding, SLICE("gzip")) || slice_eq_nocase(coding, SLICE("x-gzip"));
}

bool unpack_knows(struct slice coding)
{
	return is_gzip(coding) || slice_eq_nocase(coding, SLICE("deflate"));
}

struct unpack *unpack_new(struct slice coding)
{
	struct unpack *u = calloc(1, sizeof(*u));

	if (u)
		u->gzip = is_gzip(coding);
	return u;
}

void unpack_free(struct unpack *u)
{
	if (u && u->begun)
		(void)inflateEnd(&u->z); /* says only that there was a state to free */
	free(u);
}

static void *allocate(void *ctx, uInt count, uInt size)
{
	(void)ctx;
	return calloc(count, size);
}

static void release(void *ctx, void *memory)
{
	(void)ctx;
	free(memory);
}

/*
 * deflate is zlib's format, but servers send the bare one, too. The first byte tells: as one of
 * zlib it says method 8, and bare it would be a stored block with a bit that nobody sets.
 */
static bool begin(struct unpack *u, unsigned char first)
{
	int wrapping = (first & 0x0f) == 8 ? IN_ZLIB : RAW;

	u->z.zalloc = allocate;
	u->z.zfree = release;
	u->begun = inflateInit2(&u->z, u->gzip ? IN_GZIP : wrapping) == Z_OK;
	return u->begun;
}

/* A gzip file may have several members, one behind the other (RFC 1952 2.2). */
static bool go_on(struct unpack *u)
{
	if (!u->over)
		return true;
	u->over = false;
	return u->gzip && inflateReset(&u->z) == Z_OK;
}

static enum text state_of(const struct unpack *u, int code)
{
	if (u->given == UNPACK_MAX)
		return TEXT_TOO_LONG;
	switch (code) {
	case Z_OK:
	case Z_STREAM_END:
	case Z_BUF_ERROR: /* all of the input is used, and nothing was left to give */
		return TEXT_READ;
	case Z_MEM_ERROR:
		return TEXT_NO_MEMORY;
	default:
		return TEXT_BROKEN;
	}
}

/* One piece of text at most; true: call again. */
static bool unpack_piece(struct unpack *u, unpack_text_fn *on_text, void *ctx)
{
	size_t room = UNPACK_MAX - u->given < PIECE ? UNPACK_MAX - u->given : PIECE;
	struct slice text = {(const char *)u->piece, 0};
	int code;

	if (!go_on(u)) {
		u->state = TEXT_BROKEN;
		return false;
	}
	u->z.next_out = u->piece;
	u->z.avail_out = (uInt)room;
	code = inflate(&u->z, Z_SYNC_FLUSH);
	text.len = room - u->z.avail_out;
	u->given += text.len;
	u->over = code == Z_STREAM_END;
	u->state = state_of(u, code);
	if (text.len > 0)
		on_text(ctx, text);
	return u->state == TEXT_READ &&
	       (u->over ? u->z.avail_in > 0 : code == Z_OK && u->z.avail_out == 0);
}

static void feed_some(struct unpack *u, struct slice bytes, unpack_text_fn *on_text, void *ctx)
{
	if (!u->begun && !begin(u, (unsigned char)bytes.ptr[0])) {
		u->state = TEXT_NO_MEMORY;
		return;
	}
	u->z.next_in = (const Bytef *)bytes.ptr;
	u->z.avail_in = (uInt)bytes.len;
	while (unpack_piece(u, on_text, ctx))
		;
}

enum text unpack_feed(struct unpack *u, struct slice bytes, unpack_text_fn *on_text, void *ctx)
{
	while (u->state == TEXT_READ && bytes.len > 0) {
		struct slice some = slice_upto(bytes, MAX_INPUT);

		feed_some(u, some, on_text, ctx);
		bytes = slice_from(bytes, some.len);
	}
	return u->state;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack.h - the text of a body with the content coding gzip or deflate, piece by piece (RFC 9110
 * 8.4.1, RFC 1950 to 1952). zlib unpacks; here are the bounds. What is flushed comes out at once,
 * so that text has the times of the bytes that it came in.
 */
#pragma once

#include "audit/transcript.h"

#define UNPACK_MAX (16u << 20) /* bytes of text of one body: a bomb ends there */

struct unpack; /* about 60 KiB */

typedef void unpack_text_fn(void *ctx, struct slice text);

/* The coding as Content-Encoding names it: gzip, x-gzip or deflate, in any case. */
bool unpack_knows(struct slice coding);
/* For a coding that unpack_knows. NULL: no memory. The caller frees it. */
struct unpack *unpack_new(struct slice coding);
void unpack_free(struct unpack *u); /* NULL is fine */
/*
 * Gives all the text that `bytes` complete to `on_text`, in pieces that live as long as the call.
 * Gives TEXT_READ; TEXT_BROKEN: no coding, or bytes behind its end; TEXT_TOO_LONG: UNPACK_MAX have
 * been given; TEXT_NO_MEMORY. All but the first are for good: nothing comes any more.
 */
enum text unpack_feed(struct unpack *u, struct slice bytes, unpack_text_fn *on_text, void *ctx);

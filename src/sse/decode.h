/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.h - incremental text/event-stream decoder (WHATWG HTML 9.2.6).
 *
 * Bytes in any pieces, events out; the result never depends on the pieces. CR, LF and CRLF
 * end a line; one BOM at the very start is dropped; an unterminated last block is discarded;
 * an id with NUL is ignored; retry counts only if all digits; one leading space of a value is
 * removed. Bytes are kept as they came: what is not UTF-8 is the caller's to replace or report.
 */
#pragma once

#include "base/buf.h"

#include <stdint.h>

#define SSE_MAX_LINE  (16u << 20) /* bytes of one line, default bound */
#define SSE_MAX_EVENT (16u << 20) /* bytes of the data of one event, default bound */
#define SSE_KEEP      (64u << 10) /* bytes a buffer keeps between events */

struct sse_message {
	struct slice type;          /* "message" where the stream named none */
	struct slice data;          /* without the last line end */
	struct slice last_event_id; /* the id buffer at dispatch: what a browser would send back */
};

struct sse_decoder_limits {
	size_t line;
	size_t event;
};

/*
 * Slices are valid during the call only and never absent (ptr is not NULL). Any of the callbacks
 * may be NULL; none may call the decoder back.
 */
struct sse_sink {
	void *ctx;
	void (*on_message)(void *ctx, const struct sse_message *message);
	/* `text` is all that stands behind the colon. */
	void (*on_comment)(void *ctx, struct slice text);
	void (*on_retry)(void *ctx, uint64_t ms);
	/* A block with an id and no data: it moves the cursor without a message. */
	void (*on_id)(void *ctx, struct slice last_event_id);
};

struct sse_decoder {
	struct buf line;
	struct buf data;
	struct buf type;
	struct buf id;      /* the id field of the block being read */
	struct buf last_id; /* as of the last blank line */
	struct sse_sink sink;
	int state;
	bool has_data;
	bool has_id;
	enum err err; /* what ended the stream */
};

void sse_decoder_init(struct sse_decoder *d, struct sse_sink sink, struct sse_decoder_limits max);
void sse_decoder_fini(struct sse_decoder *d);
/*
 * Feeds bytes. A byte order mark counts towards its line. Errors: E_TOO_BIG when a line or an
 * event passes its maximum, E_NOMEM; after an error the decoder takes nothing and repeats the
 * error until sse_decoder_restart.
 */
enum err sse_decoder_feed(struct sse_decoder *d, struct slice bytes);
/* A new connection of the same source: drops the open block, keeps the last id. */
void sse_decoder_restart(struct sse_decoder *d);
/* What a page that resumes starts with. Errors: E_TOO_BIG (the bound of a line), E_NOMEM. */
enum err sse_decoder_set_last_id(struct sse_decoder *d, struct slice id);
struct slice sse_decoder_last_id(const struct sse_decoder *d);

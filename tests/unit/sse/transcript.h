/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript.h - what a decoder reported, as one line of text that tests compare.
 *
 * <type|data|last id> for a message, <:text>, <retry 5>, <id 7>.
 */
#pragma once

#include "base/writer.h"
#include "sse/decode.h"

static inline void transcribe_message(void *ctx, const struct sse_message *message)
{
	struct writer *w = ctx;

	put_char(w, '<');
	put(w, message->type);
	put_char(w, '|');
	put(w, message->data);
	put_char(w, '|');
	put(w, message->last_event_id);
	put_char(w, '>');
}

static inline void transcribe_comment(void *ctx, struct slice text)
{
	struct writer *w = ctx;

	put(w, SLICE("<:"));
	put(w, text);
	put_char(w, '>');
}

static inline void transcribe_retry(void *ctx, uint64_t ms)
{
	struct writer *w = ctx;

	put(w, SLICE("<retry "));
	put_u64(w, ms);
	put_char(w, '>');
}

static inline void transcribe_id(void *ctx, struct slice last_event_id)
{
	struct writer *w = ctx;

	put(w, SLICE("<id "));
	put(w, last_event_id);
	put_char(w, '>');
}

static inline struct sse_sink transcript_sink(struct writer *w)
{
	return (struct sse_sink){
		.ctx = w,
		.on_message = transcribe_message,
		.on_comment = transcribe_comment,
		.on_retry = transcribe_retry,
		.on_id = transcribe_id,
	};
}

/* SPDX-License-Identifier: Apache-2.0 */
/* laws.h - what holds for any stream and any event; tried by property tests and by fuzzers. */
#pragma once

#include "transcript.h"

#include "base/rng.h"
#include "sse/event.h"

#define LAW_TEXT (64u << 10) /* bytes of a transcript; past it both sides stop alike */

/* How a stream is cut: pieces of `min` to `max` bytes, drawn by `seed`. */
struct law_cut {
	size_t min;
	size_t max;
	uint64_t seed;
};

static inline void law_decode(struct writer *w, struct slice in, struct law_cut cut,
			      struct sse_decoder_limits limits)
{
	struct rng r = {cut.seed};
	struct sse_decoder d;
	enum err err = OK;

	sse_decoder_init(&d, transcript_sink(w), limits);
	while (in.len > 0 && !err) {
		size_t n = rng_between(&r, cut.min, cut.max);

		err = sse_decoder_feed(&d, slice_upto(in, n));
		in = slice_from(in, n);
	}
	put(w, err ? SLICE("<error>") : SLICE("<end>"));
	sse_decoder_fini(&d);
}

/* A stream reports the same in one piece and in many. Bounds are small: short inputs reach them. */
static inline bool law_pieces_do_not_matter(struct slice in, uint64_t seed)
{
	const struct sse_decoder_limits limits = {.line = 96, .event = 96};
	const struct law_cut whole = {in.len, in.len, 0};
	const struct law_cut many = {1, 7, seed};
	char text_whole[LAW_TEXT], text_many[LAW_TEXT];
	struct writer w1, w2;

	writer_init(&w1, text_whole, sizeof(text_whole));
	writer_init(&w2, text_many, sizeof(text_many));
	law_decode(&w1, in, whole, limits);
	law_decode(&w2, in, many, limits);
	return slice_eq(writer_slice(&w1), writer_slice(&w2));
}

/* CR and CRLF become LF: all that the format does to data. */
static inline void law_put_data(struct writer *w, struct slice data)
{
	for (size_t i = 0; i < data.len; i++) {
		if (data.ptr[i] != '\r')
			put_char(w, data.ptr[i]);
		else if (i + 1 == data.len || data.ptr[i + 1] != '\n')
			put_char(w, '\n');
	}
}

static inline void law_expect(struct writer *w, const struct sse_event *event)
{
	if (event->has_retry)
		transcribe_retry(w, event->retry_ms);
	if (event->data.ptr) {
		put_char(w, '<');
		put(w, event->type.len ? event->type : SLICE("message"));
		put_char(w, '|');
		law_put_data(w, event->data);
		put_char(w, '|');
		put(w, event->id);
		put_char(w, '>');
	} else if (event->id.ptr) {
		transcribe_id(w, event->id);
	}
	put(w, SLICE("<end>"));
}

/* What the encoder takes, the decoder gives back, in the room that was promised. */
static inline bool law_event_survives(const struct sse_event *event)
{
	const struct sse_decoder_limits limits = {.line = LAW_TEXT, .event = LAW_TEXT};
	char wire[LAW_TEXT], want[LAW_TEXT], got[LAW_TEXT];
	struct writer w1, w2;
	size_t len;
	enum err err = sse_encode(event, wire, sizeof(wire), &len);

	if (err == E_NO_SPACE)
		return sse_encode_bound(event) > sizeof(wire);
	if (err)
		return true;
	writer_init(&w1, want, sizeof(want));
	writer_init(&w2, got, sizeof(got));
	law_expect(&w1, event);
	law_decode(&w2, (struct slice){wire, len}, (struct law_cut){1, 7, len}, limits);
	return len <= sse_encode_bound(event) && slice_eq(writer_slice(&w1), writer_slice(&w2));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/bench_stream.h"

#include "http/response.h"

#include <stdlib.h>

/* Only named events may be somebody else's: a damaged one of ours is not to pass as foreign. */
static void check_message(void *ctx, const struct sse_message *message)
{
	struct bench_stream *s = ctx;
	const struct bench_listener *listener = s->listener;
	struct marker m;

	if (marker_parse_exact(message->data, listener->event_bytes, &m)) {
		listener->on_event(listener->ctx, &s->tally, &m);
		return;
	}
	if (slice_eq(message->type, SLICE("message")))
		listener->on_bad_event(listener->ctx);
}

enum err bench_stream_init(struct bench_stream *s, const struct bench_listener *listener,
			   bool check)
{
	const struct sse_decoder_limits max = {BENCH_MAX_LINE, BENCH_MAX_LINE};

	*s = (struct bench_stream){.listener = listener};
	buf_init(&s->head, BENCH_MAX_HEAD);
	http_chunked_init(&s->chunked);
	if (!check)
		return OK;
	s->decoder = malloc(sizeof(*s->decoder));
	if (!s->decoder)
		return E_NOMEM;
	sse_decoder_init(s->decoder, (struct sse_sink){.ctx = s, .on_message = check_message}, max);
	return OK;
}

void bench_stream_fini(struct bench_stream *s)
{
	buf_free(&s->head);
	if (s->decoder)
		sse_decoder_fini(s->decoder);
	free(s->decoder);
	s->decoder = NULL;
	s->state = BENCH_ENDED;
}

enum bench_fault bench_stream_body(struct bench_stream *s, struct slice body)
{
	struct marker m;
	size_t used;

	if (s->decoder) {
		enum err err = sse_decoder_feed(s->decoder, body);

		if (err)
			return err == E_NOMEM ? BENCH_NOMEM : BENCH_NOT_HTTP;
		return BENCH_FINE;
	}
	while (marker_next(&s->scan, body, &used, &m)) {
		s->listener->on_event(s->listener->ctx, &s->tally, &m);
		body = slice_from(body, used);
	}
	return BENCH_FINE;
}

static enum bench_fault take_chunks(struct bench_stream *s, struct slice in)
{
	while (in.len > 0) {
		enum http_fault http_fault;
		struct slice data;
		size_t used;
		enum http_step step = http_chunked_eat(&s->chunked, in, &used, &data, &http_fault);

		if (step == HTTP_REFUSED)
			return BENCH_NOT_HTTP;
		enum bench_fault fault = bench_stream_body(s, data);
		if (fault)
			return fault;
		if (step == HTTP_DONE)
			return BENCH_COMPLETE;
		in = slice_from(in, used);
	}
	return BENCH_FINE;
}

static enum bench_fault take_open(struct bench_stream *s, struct slice in)
{
	return s->is_chunked ? take_chunks(s, in) : bench_stream_body(s, in);
}

static enum bench_fault take_head(struct bench_stream *s, unsigned *ret_status)
{
	struct http_response res;
	enum http_fault http_fault;
	size_t len;
	enum http_step step = http_response_parse(buf_slice(&s->head), &res, &len, &http_fault);

	if (step != HTTP_DONE)
		return step == HTTP_MORE ? BENCH_FINE : BENCH_NOT_HTTP;
	if (res.status != 200 || res.body == HTTP_BODY_LENGTH) {
		*ret_status = res.status;
		return BENCH_REFUSED;
	}
	s->is_chunked = res.body == HTTP_BODY_CHUNKED;
	s->state = BENCH_OPEN;
	enum bench_fault fault = take_open(s, slice_from(buf_slice(&s->head), len));
	buf_free(&s->head);
	return fault;
}

enum bench_fault bench_stream_feed(struct bench_stream *s, struct slice bytes, unsigned *ret_status)
{
	if (s->state == BENCH_OPEN)
		return take_open(s, bytes);

	enum err err = buf_append(&s->head, bytes);
	if (err)
		return err == E_NOMEM ? BENCH_NOMEM : BENCH_NOT_HTTP;
	return take_head(s, ret_status);
}

enum bench_fault bench_stream_answer(struct bench_stream *s, unsigned status)
{
	if (status != 200)
		return BENCH_REFUSED;
	s->state = BENCH_OPEN;
	return BENCH_FINE;
}

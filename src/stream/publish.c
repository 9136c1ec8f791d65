/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/conn.h"

#include "http/url.h"
#include "hub/publish.h"

#include <stdlib.h>

static enum refusal refusal_of(enum publish_fault fault)
{
	switch (fault) {
	case PUBLISH_OK:
		return REFUSAL_NONE;
	case PUBLISH_BAD_JSON:
		return REFUSAL_BAD_JSON;
	case PUBLISH_BAD_EVENT:
		return REFUSAL_BAD_EVENT;
	case PUBLISH_BAD_TOPIC:
		return REFUSAL_BAD_TOPIC;
	case PUBLISH_RESERVED_TYPE:
		return REFUSAL_RESERVED_TYPE;
	case PUBLISH_ID_FORM:
		return REFUSAL_ID_CONFLICT;
	case PUBLISH_TOO_LARGE:
		return REFUSAL_BODY_TOO_LARGE;
	case PUBLISH_NO_MEMORY:
		return REFUSAL_NO_MEMORY;
	}
	return REFUSAL_BAD_EVENT;
}

/* The body has been read whole: the connection may go on whatever the answer. */
static void body_is_read(struct exchange *x, const struct conn *c)
{
	x->linger_after = false;
	x->close_after = !x->req.keep_alive || c->draining;
}

static void refuse(struct engine *e, struct conn *c, enum refusal refusal, struct slice detail)
{
	c->state = CONN_ANSWER;
	answer_refusal(e, c, refusal, detail);
}

static void answer_ids(struct engine *e, struct conn *c, const struct publish_body *body,
		       const struct log_receipt *receipts)
{
	size_t cap = 64 + body->count * (2 * SSE_MAX_ID + 4);
	char *json = malloc(cap);
	uint64_t duplicates = 0;
	struct writer w;

	writer_init(&w, json, json ? cap : 0);
	put(&w, SLICE("{\"ids\":["));
	for (size_t i = 0; i < body->count; i++) {
		if (i > 0)
			put_char(&w, ',');
		put_json(&w, (struct slice){receipts[i].id, receipts[i].id_len});
		duplicates += receipts[i].duplicate;
	}
	put(&w, SLICE("],\"duplicates\":"));
	put_u64(&w, duplicates);
	put(&w, SLICE("}\n"));
	e->counters.published += body->count - duplicates;
	e->counters.duplicates += duplicates;
	if (w.overflow)
		refuse(e, c, REFUSAL_NO_MEMORY, SLICE_NONE);
	else
		answer_json(e, c, 200, writer_slice(&w));
	free(json);
}

static enum err append_all(struct engine *e, const struct publish_body *body,
			   struct log_receipt *receipts)
{
	enum err err = OK;

	for (size_t i = 0; !err && i < body->count; i++)
		err = log_publish(e->config.log, &body->events[i], e->now_ms, &receipts[i]);
	e->config.io.published(e->config.io.ctx);
	return err;
}

static void publish_events(struct engine *e, struct conn *c, const struct publish_body *body)
{
	if (!admit_publish(e->config.admit, c->x->ask.key_index, body->count, e->now_ms)) {
		refuse(e, c, REFUSAL_PUBLISH_RATE, SLICE_NONE);
		return;
	}
	struct log_receipt *receipts = calloc(body->count, sizeof(*receipts));
	enum err err = receipts ? append_all(e, body, receipts) : E_NOMEM;

	if (err == E_NOMEM || err == E_FULL)
		refuse(e, c, REFUSAL_NO_MEMORY, SLICE_NONE);
	else if (err)
		refuse(e, c, REFUSAL_BAD_EVENT, slice_of(err_text(err)));
	else
		answer_ids(e, c, body, receipts);
	free(receipts);
}

/* ?topic=, for publishers that keep it out of the body. */
static enum refusal query_topic(struct exchange *x, struct slice *ret_topic)
{
	struct slice value, again;

	*ret_topic = SLICE_NONE;
	if (url_query_get(x->req.query, SLICE("topic"), 0, &value))
		return REFUSAL_NONE;
	if (url_query_get(x->req.query, SLICE("topic"), 1, &again) == OK)
		return REFUSAL_BAD_QUERY;
	char *memory = arena_alloc(&x->arena, value.len + 1);
	struct writer w;
	if (!memory)
		return REFUSAL_NO_MEMORY;
	writer_init(&w, memory, value.len);
	if (url_decode(&w, value, true))
		return REFUSAL_BAD_QUERY;
	*ret_topic = writer_slice(&w);
	return topic_is_valid(*ret_topic) ? REFUSAL_NONE : REFUSAL_BAD_TOPIC;
}

static void finish(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	struct publish_options options = {
		.ndjson = decide_is_ndjson(&x->req),
		.max_event = e->settings->max_event,
	};
	char text[PUBLISH_MAX_DETAIL];
	struct publish_body body;
	struct writer detail;
	struct arena arena;

	body_is_read(x, c);
	enum refusal refusal = query_topic(x, &options.query_topic);
	if (refusal) {
		refuse(e, c, refusal, SLICE_NONE);
		return;
	}
	arena_init(&arena, ENGINE_EVENT_ARENA);
	writer_init(&detail, text, sizeof(text));
	enum publish_fault fault =
		publish_parse(buf_slice(&x->body), &options, &arena, &body, &detail);
	if (fault)
		refuse(e, c, refusal_of(fault), writer_slice(&detail));
	else
		publish_events(e, c, &body);
	arena_free(&arena);
}

static bool keep_body(struct engine *e, struct conn *c, struct slice data)
{
	enum refusal refusal = REFUSAL_NONE;

	if (e->body_bytes + data.len > ENGINE_MAX_BODIES)
		refusal = REFUSAL_NO_MEMORY;
	enum err err = refusal ? OK : buf_append(&c->x->body, data);
	if (err)
		refusal = err == E_TOO_BIG ? REFUSAL_BODY_TOO_LARGE : REFUSAL_NO_MEMORY;
	if (!refusal) {
		e->body_bytes += data.len;
		return true;
	}
	refuse(e, c, refusal, SLICE_NONE);
	return false;
}

static bool eat_length(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	struct slice data = slice_upto(buf_slice(&x->in), x->body_left);

	if (!keep_body(e, c, data))
		return true;
	x->body_left -= data.len;
	buf_consume(&x->in, data.len);
	if (x->body_left > 0)
		return false;
	finish(e, c);
	return true;
}

static bool eat_chunked(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	enum http_fault fault = HTTP_FAULT_NONE;
	struct slice data;
	size_t used;

	if (x->in.len == 0)
		return false;
	enum http_step step =
		http_chunked_eat(&x->chunked, buf_slice(&x->in), &used, &data, &fault);
	if (step == HTTP_REFUSED) {
		refuse(e, c, refusal_of_fault(fault), slice_of(http_fault_text(fault)));
		return true;
	}
	if (!keep_body(e, c, data))
		return true;
	buf_consume(&x->in, used);
	if (step == HTTP_DONE)
		finish(e, c);
	return true;
}

bool publish_body(struct engine *e, struct conn *c)
{
	return c->x->req.body == HTTP_BODY_CHUNKED ? eat_chunked(e, c) : eat_length(e, c);
}

/* A client that asked waits for this line before it sends the body (RFC 9110 10.1.1). */
static void say_continue(struct engine *e, struct conn *c)
{
	struct slice line = SLICE("HTTP/1.1 100 Continue\r\n\r\n");

	if (!c->x->req.expect_continue || c->x->in.len > 0 || c->x->req.minor == 0)
		return;
	if (e->config.io.send(e->config.io.ctx, c->io, &line, 1) != (ptrdiff_t)line.len)
		conn_close(e, c);
}

void publish_begin(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	enum refusal refusal = decide_publish(e->settings, &x->ask);

	if (refusal) {
		/* Who forgot the length may send a body all the same: it is no next request. */
		x->linger_after |= refusal == REFUSAL_LENGTH_REQUIRED;
		x->close_after |= x->linger_after;
		answer_refusal(e, c, refusal, SLICE_NONE);
		return;
	}
	c->state = CONN_BODY;
	x->body_left = x->req.content_length;
	http_chunked_init(&x->chunked);
	conn_deadline(e, c, e->settings->body_timeout_ms);
	say_continue(e, c);
}

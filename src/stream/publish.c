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
		post_refuse(e, c, REFUSAL_NO_MEMORY, SLICE_NONE);
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

/* Static keys have a bucket each; the others share buckets by the hash of their subject. */
static size_t bucket_of(const struct ask *ask)
{
	const char *hex = ask->principal->log_id;

	if (ask->principal->facts.method == METHOD_KEY)
		return ask->key_index;
	return (size_t)ascii_hex(hex[0]) << 4 | (size_t)ascii_hex(hex[1]);
}

/* One event without the right and none is published. */
static bool may_publish(const struct principal *p, const struct publish_body *body)
{
	for (size_t i = 0; i < body->count; i++) {
		const struct log_event *event = &body->events[i];

		if (!rights_allow_all(&p->facts.publish, event->topics, event->topic_count))
			return false;
	}
	return true;
}

static void publish_events(struct engine *e, struct conn *c, const struct publish_body *body)
{
	if (!may_publish(c->x->ask.principal, body)) {
		post_refuse(e, c, REFUSAL_TOPIC, SLICE_NONE);
		return;
	}
	if (!admit_publish(e->config.admit, bucket_of(&c->x->ask), body->count, e->now_ms)) {
		post_refuse(e, c, REFUSAL_PUBLISH_RATE, SLICE_NONE);
		return;
	}
	struct log_receipt *receipts = calloc(body->count, sizeof(*receipts));
	enum err err = receipts ? append_all(e, body, receipts) : E_NOMEM;

	if (err == E_NOMEM || err == E_FULL)
		post_refuse(e, c, REFUSAL_NO_MEMORY, SLICE_NONE);
	else if (err)
		post_refuse(e, c, REFUSAL_BAD_EVENT, slice_of(err_text(err)));
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

void publish_finish(struct engine *e, struct conn *c)
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

	enum refusal refusal = query_topic(x, &options.query_topic);
	if (refusal) {
		post_refuse(e, c, refusal, SLICE_NONE);
		return;
	}
	arena_init(&arena, ENGINE_EVENT_ARENA);
	writer_init(&detail, text, sizeof(text));
	enum publish_fault fault =
		publish_parse(buf_slice(&x->body), &options, &arena, &body, &detail);
	if (fault)
		post_refuse(e, c, refusal_of(fault), writer_slice(&detail));
	else
		publish_events(e, c, &body);
	arena_free(&arena);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/conn.h"

/* Where a new stream begins to read. */
struct resume {
	uint64_t cursor;
	bool behind;         /* there is history to replay */
	struct slice resync; /* why history cannot be had whole; ptr NULL: it can */
};

#define OPEN_BYTES (POLICY_MAX_HEAD + 3 * ENGINE_CONTROL_MAX) /* head and first events */

void open_refuse(struct engine *e, struct conn *c, enum refusal refusal)
{
	place_leave(e, c->x);
	if (!e->settings->head.guide && decide_softly(&c->x->ask, refusal))
		open_softly(e, c, refusal);
	else
		answer_refusal(e, c, refusal, SLICE_NONE);
}

/* A reader that another worker served may name an event that this view has not seen yet. */
static void catch_up_view(struct engine *e, uint64_t seq)
{
	while (seq >= e->view.next_seq && engine_turn_news(e))
		;
}

static struct resume resume_at(const struct engine *e, uint64_t cursor)
{
	const struct view *v = &e->view;

	if (cursor > v->next_seq)
		return (struct resume){v->next_seq, false, SLICE("unknown_id")};
	if (cursor < v->oldest_seq)
		return (struct resume){v->oldest_seq, true, SLICE("too_old")};
	return (struct resume){cursor, cursor < v->next_seq, SLICE_NONE};
}

static struct resume find_resume(struct engine *e, const struct subscriber *sub, struct slice id)
{
	uint64_t seq;

	if (!id.ptr)
		return (struct resume){e->view.next_seq, false, SLICE_NONE};
	switch (log_parse_id(e->config.log, id, &seq)) {
	case LOG_ID_OURS:
		catch_up_view(e, seq);
		return seq < UINT64_MAX ? resume_at(e, seq + 1) : resume_at(e, UINT64_MAX);
	case LOG_ID_EARLIER:
		return (struct resume){e->view.oldest_seq, true, SLICE("server_restarted")};
	case LOG_ID_FOREIGN:
		break;
	}
	if (view_find_own(&e->view, sub, id, &seq))
		return (struct resume){e->view.next_seq, false, SLICE("unknown_id")};
	catch_up_view(e, seq);
	return resume_at(e, seq + 1);
}

/* History that is too much for one reader is not sent in part without a word. */
static struct resume bounded(struct engine *e, const struct subscriber *sub, struct resume r)
{
	struct subscriber probe = *sub;

	probe.cursor = r.cursor;
	if (!r.behind || view_backlog_fits(&e->view, &probe, e->settings->replay_events,
					   e->settings->replay_bytes))
		return r;
	return (struct resume){e->view.next_seq, false, SLICE("too_many")};
}

static void put_connected(struct engine *e, const struct conn *c, struct writer *w, uint64_t cursor)
{
	bool guide = e->settings->head.guide;
	char json[2 * PRINCIPAL_MAX_SUBJECT + 64]; /* a name of quotes doubles */
	struct writer data;

	writer_init(&data, json, sizeof(json));
	put(&data, guide ? SLICE("{\"userId\":") : SLICE("{\"connected\":true,\"userId\":"));
	if (c->principal && c->principal->facts.subject.len > 0)
		put_json(&data, c->principal->facts.subject);
	else
		put(&data, SLICE("null"));
	put(&data, guide ? SLICE(",\"connected\":true}") : SLICE("}"));
	struct control retry = {.has_retry = true, .retry_ms = control_retry(e, e->draining)};
	struct control connected = {
		.type = guide ? SLICE("") : SLICE("connected"),
		.data = writer_slice(&data),
		.has_id = true,
		.id_seq = cursor - 1,
	};
	control_put(e, c, w, &retry);
	control_put(e, c, w, &connected);
}

static void put_resync(struct engine *e, const struct conn *c, struct writer *w,
		       struct slice reason)
{
	char json[ENGINE_CONTROL_MAX / 2];
	struct writer data;

	writer_init(&data, json, sizeof(json));
	put(&data, SLICE("{\"oldest\":\""));
	log_put_id(e->config.log, &data, e->view.oldest_seq);
	put(&data, SLICE("\",\"reason\":"));
	put_json(&data, reason);
	put(&data, SLICE("}"));
	struct control resync = {.type = SLICE("resync"), .data = writer_slice(&data)};
	control_put(e, c, w, &resync);
	e->counters.resyncs++;
}

/* What the record keeps of the request when the exchange goes. */
static void keep_identity(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;

	c->addr = x->addr;
	c->https = x->https;
	c->route = x->ask.route;
	c->request_id = x->request_id;
	c->auth = (uint8_t)x->ask.credential.source;
	c->cors_allowed = x->ask.cors.refusal == REFUSAL_NONE;
	c->origin = intern_get(&e->strings, http_field_get(&x->req, SLICE("Origin")));
	c->agent = intern_get(&e->strings, http_field_get(&x->req, SLICE("User-Agent")));
	principal_unref(c->principal);
	c->principal = x->ask.principal;
	x->ask.principal = NULL;
	c->opened_ms = e->now_ms;
	c->active_ms = e->now_ms;
}

static void put_head(struct engine *e, const struct conn *c, struct writer *w)
{
	struct head_facts facts = answer_facts(e, c);

	facts.set_cookie = c->x->set_cookie;
	head_stream(w, &e->settings->head, &facts);
}

static void begin_stream(struct engine *e, struct conn *c)
{
	struct resume r = bounded(e, &c->sub, find_resume(e, &c->sub, c->x->ask.last_event_id));
	char bytes[OPEN_BYTES];
	struct writer w;

	token_put_cookie(e, c);
	keep_identity(e, c);
	writer_init(&w, bytes, sizeof(bytes));
	put_head(e, c, &w);
	struct slice head = writer_slice(&w);
	put_connected(e, c, &w, r.cursor);
	if (r.resync.ptr)
		put_resync(e, c, &w, r.resync);
	record_connect(e, c, c->x->ask.last_event_id);
	e->counters.streams_opened++;
	e->streams++;
	c->state = CONN_STREAM;
	exchange_end(e, c);
	c->sub.cursor = r.cursor;
	c->sub.live = !r.behind;
	c->replaying = r.behind;
	conn_want(e, c, WANT_READ);
	timers_stream(e, c);
	if (w.overflow || !conn_send_head(e, c, 200, head, false))
		stop_quietly(e, c, CLOSE_NO_MEMORY);
	else
		deliver_own(e, c, slice_from(writer_slice(&w), conn_is_carried(c) ? head.len : 0));
	if (c->state == CONN_STREAM && !c->sub.live && !c->pending)
		deliver_writable(e, c);
}

/* The fields of a stream and no body (RFC 9110 9.3.2). */
static void answer_head(struct engine *e, struct conn *c)
{
	char bytes[POLICY_MAX_HEAD];
	struct writer w;

	writer_init(&w, bytes, sizeof(bytes));
	put_head(e, c, &w);
	if (w.overflow || buf_append(&c->x->out, writer_slice(&w))) {
		conn_close(e, c);
		return;
	}
	c->x->status = 200;
	c->x->out_head = w.len;
	c->x->close_after |= c->x->req.version == HTTP_1_0;
	answer_start(e, c);
}

static enum refusal subscribe(struct engine *e, struct conn *c)
{
	struct ask *ask = &c->x->ask;

	if (!pace_begin(e, c))
		return REFUSAL_NO_MEMORY;
	if (view_subscribe(&e->view, &c->sub, ask->patterns, ask->pattern_count,
			   ask->principal != NULL))
		return REFUSAL_NO_MEMORY;
	/* Finding where it resumes may hand out a round: nothing may go out before the head. */
	c->sub.live = false;
	return REFUSAL_NONE;
}

void open_stream(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	enum refusal refusal = e->draining ? REFUSAL_DRAINING : place_take(e, c);

	if (refusal) {
		open_refuse(e, c, refusal);
		return;
	}
	decide_query(e->settings, &x->ask, &x->arena);
	identify(e, c);
}

void open_identified(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	bool is_head = x->req.method == HTTP_HEAD;
	/* A drain or a reload may have come while the credential was being checked. */
	enum refusal refusal = e->draining            ? REFUSAL_DRAINING
			       : !reload_follow(e, x) ? REFUSAL_ROUTE
						      : decide_rights(e->settings, &x->ask);

	if (!refusal)
		refusal = place_hold(e, c);
	if (!refusal)
		refusal = decide_stream(&x->ask);
	if (!refusal && !is_head)
		refusal = subscribe(e, c);
	if (refusal) {
		open_refuse(e, c, refusal);
	} else if (is_head) {
		place_leave(e, x);
		answer_head(e, c);
	} else {
		place_keep(x);
		begin_stream(e, c);
	}
}

void open_softly(struct engine *e, struct conn *c, enum refusal refusal)
{
	char bytes[OPEN_BYTES];
	struct writer w;

	record_refusal(e, c, refusal, true, SLICE_NONE);
	writer_init(&w, bytes, sizeof(bytes));
	put_head(e, c, &w);
	c->x->status = 200;
	c->x->out_head = w.len;
	struct control control = {
		.has_retry = true,
		.retry_ms = control_retry(e, true),
		.type = decide_soft_event(refusal),
		.data = SLICE("{}"),
	};
	control_put(e, c, &w, &control);
	control_end(c, &w);
	c->x->close_after = true;
	if (w.overflow || buf_append(&c->x->out, writer_slice(&w)))
		conn_close(e, c);
	else
		answer_start(e, c);
}

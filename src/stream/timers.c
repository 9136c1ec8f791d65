/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/carrier.h"

/* Without heartbeats silence has no end: the timer then only looks after a stray reader. */
static uint64_t silent_since(const struct engine *e, const struct conn *c)
{
	return e->settings->heartbeat_mode == HEARTBEAT_OFF ? e->now_ms : c->active_ms;
}

/* When the credential wants a word next; UINT64_MAX: never. Monotonic. */
static uint64_t auth_due(const struct engine *e, const struct conn *c)
{
	uint64_t at_ms = c->principal ? c->principal->facts.expires_ms : 0;

	if (at_ms == 0)
		return UINT64_MAX;
	/* A blocked stream cannot be warned: a frame of it is half out. */
	if (!c->warned && c->blocked_ms == 0 && e->settings->expiring_ms > 0)
		at_ms -= e->settings->expiring_ms < at_ms ? e->settings->expiring_ms : at_ms;
	return at_ms > e->unix_ms ? e->now_ms + (at_ms - e->unix_ms) : e->now_ms;
}

static uint64_t silence_due(struct engine *e, struct conn *c)
{
	const struct stream_settings *s = e->settings;

	if (conn_is_paced(c))
		return pace_due(e, c);
	if (c->blocked_ms > 0)
		return c->blocked_ms + s->write_timeout_ms;
	return silent_since(e, c) +
	       rng_jitter(&e->rng, c->route->heartbeat_ms, s->heartbeat_jitter);
}

void timers_stream(struct engine *e, struct conn *c)
{
	/* The instant of a draining stream has been drawn: nothing moves it. */
	if (c->draining || c->state != CONN_STREAM)
		return;
	uint64_t due = silence_due(e, c);
	uint64_t auth = auth_due(e, c);
	wheel_set(&e->wheel, &c->timer, auth < due ? auth : due);
}

static void warn_expiring(struct engine *e, struct conn *c)
{
	uint64_t left_ms = c->principal->facts.expires_ms - e->unix_ms;
	char json[64], bytes[ENGINE_CONTROL_MAX];
	struct writer data, w;

	writer_init(&data, json, sizeof(json));
	put(&data, SLICE("{\"in\":"));
	put_u64(&data, (left_ms + 999) / 1000);
	put(&data, SLICE("}"));
	struct control control = {.type = SLICE("auth_expiring"), .data = writer_slice(&data)};
	writer_init(&w, bytes, sizeof(bytes));
	control_put(e, c, &w, &control);
	c->warned = true;
	e->counters.expirings++;
	deliver_own(e, c, writer_slice(&w));
}

/* Checked before anything else is written; true if the stream is over. */
static bool judge_credential(struct engine *e, struct conn *c)
{
	const struct principal *p = c->principal;

	if (!p)
		return false;
	if (principal_is_expired(p, e->unix_ms)) {
		stop_auth(e, c, CLOSE_AUTH_EXPIRED);
		return true;
	}
	if (identify_is_revoked(e, p)) {
		stop_auth(e, c, CLOSE_REVOKED);
		return true;
	}
	bool is_near = p->facts.expires_ms > 0 &&
		       p->facts.expires_ms - e->unix_ms <= e->settings->expiring_ms;
	if (is_near && !c->warned && c->blocked_ms == 0 && !c->pending)
		warn_expiring(e, c);
	return c->state != CONN_STREAM;
}

static void heartbeat(struct engine *e, struct conn *c)
{
	char bytes[ENGINE_CONTROL_MAX];
	struct writer w;

	writer_init(&w, bytes, sizeof(bytes));
	if (e->settings->heartbeat_mode == HEARTBEAT_EVENT) {
		struct control control = {.type = SLICE("heartbeat"), .data = SLICE("{}")};

		control_put(e, c, &w, &control);
	} else {
		control_comment(c, &w);
	}
	e->counters.heartbeats++;
	deliver_own(e, c, writer_slice(&w));
}

/* Shortest silence that a heartbeat may break: the period less its jitter, as rng_jitter has it. */
static uint64_t quiet_ms(const struct engine *e, const struct conn *c)
{
	uint64_t period = c->route->heartbeat_ms;
	unsigned percent = e->settings->heartbeat_jitter;

	return period - period / 100 * percent - period % 100 * percent / 100;
}

static void stream_timer(struct engine *e, struct conn *c)
{
	if (c->draining) {
		stop_draining(e, c, CLOSE_DRAINING);
		return;
	}
	if (judge_credential(e, c))
		return;
	if (c->blocked_ms > 0) {
		if (e->now_ms - c->blocked_ms >= e->settings->write_timeout_ms)
			stop_dropped(e, c, CLOSE_WRITE_TIMEOUT);
		else
			timers_stream(e, c);
		return;
	}
	if (!c->sub.live) {
		deliver_writable(e, c);
		return;
	}
	if (e->settings->heartbeat_mode != HEARTBEAT_OFF &&
	    e->now_ms - c->active_ms >= quiet_ms(e, c))
		heartbeat(e, c);
	if (c->state == CONN_STREAM && c->blocked_ms == 0)
		timers_stream(e, c);
}

static void request_timer(struct engine *e, struct conn *c)
{
	/* Between requests nobody waits for an answer; within one the peer is told. */
	if (!c->x) {
		conn_close(e, c);
		return;
	}
	c->x->close_after = true;
	c->x->linger_after = true;
	answer_refusal(e, c, REFUSAL_HEAD_TIMEOUT, SLICE_NONE);
}

static void fire(struct engine *e, struct conn *c)
{
	switch ((enum conn_state)c->state) {
	case CONN_AUTH:
		engine_authenticated(e, c, c->x->request_id, NULL, AUTH_INTROSPECTION_FAILED);
		break;
	case CONN_HEAD:
	case CONN_BODY:
		request_timer(e, c);
		break;
	case CONN_STREAM:
		stream_timer(e, c);
		break;
	case CONN_H2:
		carrier_timer(e, c);
		break;
	case CONN_HANDSHAKE:
		e->counters.handshakes_failed++;
		conn_close(e, c);
		break;
	case CONN_ANSWER:
	case CONN_LINGER:
		conn_close(e, c);
		break;
	case CONN_CLOSED:
		break;
	}
}

void timers_run(struct engine *e)
{
	for (struct timer *t = wheel_pop(&e->wheel, e->now_ms); t;
	     t = wheel_pop(&e->wheel, e->now_ms))
		fire(e, container_of(t, struct conn, timer));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "stream/carrier.h"

#include <stdlib.h>

static void bury(struct engine *e)
{
	while (!list_is_empty(&e->closed)) {
		struct conn *c = container_of(e->closed.next, struct conn, link);

		list_remove(&c->link);
		slab_release(&e->conns, c);
	}
}

struct engine *engine_new(const struct engine_config *config, uint64_t now_ms, uint64_t unix_ms)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->config = *config;
	reload_begin(e, config->settings);
	e->date_second = UINT64_MAX;
	engine_time(e, now_ms, unix_ms);
	e->rng.state = config->seed;
	e->next_request_id = config->seed & ~(uint64_t)0xffffffffu;
	list_init(&e->all);
	list_init(&e->closed);
	wheel_init(&e->wheel, now_ms);
	list_init(&e->touched);
	slab_init(&e->conns, sizeof(struct conn), config->max_connections + config->max_requests);
	intern_init(&e->strings, config->key, ENGINE_MAX_STRINGS, ENGINE_MAX_STRING);
	view_init(&e->view, config->log, config->key);
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	while (!list_is_empty(&e->all)) {
		struct conn *c = container_of(e->all.next, struct conn, link);

		if (c->state == CONN_STREAM)
			stop_quietly(e, c, CLOSE_STOPPED);
		else
			conn_close(e, c);
	}
	/* An open round may hold emptied groups: let it run out. */
	const struct batch *batch;
	while (view_round_next(&e->view, &batch))
		;
	bury(e);
	view_fini(&e->view);
	intern_fini(&e->strings);
	slab_fini(&e->conns);
	free(e);
}

void conn_want(struct engine *e, struct conn *c, unsigned interest)
{
	if (conn_is_carried(c)) {
		if ((interest & WANT_WRITE) && c->h2) {
			h2_stream_want(c->h2);
			carrier_touch(c->carrier);
		}
		return;
	}
	if (c->interest == interest)
		return;
	c->interest = (uint8_t)interest;
	e->config.io.want(e->config.io.ctx, c->io, c, interest);
}

void conn_deadline(struct engine *e, struct conn *c, uint64_t in_ms)
{
	wheel_set(&e->wheel, &c->timer, e->now_ms + in_ms);
}

/* The way is open: requests may come. */
static void arrive(struct engine *e, struct conn *c, const struct arrival *arrival)
{
	c->addr = arrival->addr;
	c->https = arrival->https;
	c->h2c = arrival->h2c;
	c->principal = arrival->principal;
	c->state = CONN_HEAD;
	conn_deadline(e, c, c->draining ? ENGINE_FRESH_MS : e->settings->head_timeout_ms);
	if (arrival->h2)
		carrier_begin(e, c, SLICE_NONE);
}

struct conn *engine_accept(struct engine *e, int io, const struct arrival *arrival)
{
	if (e->connections >= e->config.max_connections || !admit_connection(e->config.admit)) {
		record_no_room(e, arrival);
		return NULL;
	}
	struct conn *c = slab_alloc(&e->conns);
	if (!c) {
		record_no_room(e, arrival);
		admit_connection_end(e->config.admit);
		return NULL;
	}
	e->connections++;
	c->io = io;
	c->opened_ms = e->now_ms;
	c->interest = WANT_READ;
	list_append(&e->all, &c->link);
	e->counters.connections++;
	if (!arrival->handshake) {
		arrive(e, c, arrival);
		return c;
	}
	c->addr = arrival->addr;
	c->h2c = arrival->h2c;
	c->state = CONN_HANDSHAKE;
	conn_deadline(e, c, e->settings->handshake_timeout_ms);
	return c;
}

static void shake_hands(struct engine *e, struct conn *c)
{
	struct arrival arrival = {.addr = c->addr, .h2c = c->h2c};

	switch (e->config.io.handshake(e->config.io.ctx, c->io, &arrival)) {
	case HANDSHAKE_READ:
		c->addr = arrival.addr;
		conn_want(e, c, WANT_READ);
		break;
	case HANDSHAKE_WRITE:
		c->addr = arrival.addr;
		conn_want(e, c, WANT_WRITE);
		break;
	case HANDSHAKE_DONE:
		conn_want(e, c, WANT_READ);
		arrive(e, c, &arrival);
		break;
	case HANDSHAKE_PLAIN:
		e->counters.handshakes_failed++;
		request_refuse_plain(e, c);
		break;
	case HANDSHAKE_FAILED:
		e->counters.handshakes_failed++;
		conn_close(e, c);
		break;
	}
}

void conn_close(struct engine *e, struct conn *c)
{
	if (c->state == CONN_CLOSED)
		return;
	if (c->state == CONN_H2 && c->carrier) {
		carrier_end(e, c, CLOSE_STOPPED);
		return;
	}
	bool carried = conn_is_carried(c);
	if (carried)
		carrier_leave(c);
	c->state = CONN_CLOSED;
	exchange_end(e, c);
	wheel_clear(&e->wheel, &c->timer);
	view_unsubscribe(&e->view, &c->sub);
	free(c->pending);
	c->pending = NULL;
	free(c->pace);
	c->pace = NULL;
	intern_drop(&e->strings, c->origin);
	intern_drop(&e->strings, c->agent);
	principal_unref(c->principal);
	c->principal = NULL;
	if (!carried) {
		e->config.io.close(e->config.io.ctx, c->io);
		admit_connection_end(e->config.admit);
		e->connections--;
	}
	list_remove(&c->link);
	list_append(&e->closed, &c->link);
}

/* A stream takes no input; what comes is thrown away, within a bound. */
static void discard(struct engine *e, struct conn *c, uint32_t max)
{
	char scrap[4096];

	ptrdiff_t n = e->config.io.recv(e->config.io.ctx, c->io, scrap, sizeof(scrap));
	if (n == IO_BLOCKED)
		return;
	if (n > 0)
		c->unexpected += (uint32_t)n;
	if (n > 0 && c->unexpected <= max)
		return;
	if (c->state == CONN_STREAM)
		stop_quietly(e, c,
			     n > 0    ? CLOSE_UNEXPECTED_DATA
			     : n == 0 ? CLOSE_CLIENT_CLOSED
				      : CLOSE_CLIENT_GONE);
	else
		conn_close(e, c);
}

void engine_readable(struct engine *e, struct conn *c)
{
	switch ((enum conn_state)c->state) {
	case CONN_HANDSHAKE:
		shake_hands(e, c);
		break;
	case CONN_H2:
		carrier_readable(e, c);
		break;
	case CONN_HEAD:
	case CONN_BODY:
		request_readable(e, c);
		break;
	case CONN_STREAM:
		discard(e, c, ENGINE_MAX_UNEXPECTED);
		break;
	case CONN_LINGER:
		discard(e, c, ENGINE_MAX_LINGER);
		break;
	case CONN_AUTH: /* nothing is wanted: the connection broke */
		conn_close(e, c);
		break;
	case CONN_ANSWER: /* one answer at a time */
	case CONN_CLOSED:
		break;
	}
}

void engine_writable(struct engine *e, struct conn *c)
{
	if (c->state == CONN_ANSWER) {
		answer_writable(e, c);
		request_pump(e, c);
	} else if (c->state == CONN_STREAM) {
		deliver_writable(e, c);
	} else if (c->state == CONN_H2) {
		carrier_writable(e, c);
	} else if (c->state == CONN_HANDSHAKE) {
		shake_hands(e, c);
	}
}

int engine_handle(const struct conn *c)
{
	return c->io;
}

void engine_gone(struct engine *e, struct conn *c)
{
	if (c->state == CONN_STREAM)
		stop_quietly(e, c, CLOSE_CLIENT_GONE);
	else if (c->state == CONN_H2)
		carrier_end(e, c, CLOSE_CLIENT_GONE);
	else
		conn_close(e, c);
}

void engine_time(struct engine *e, uint64_t now_ms, uint64_t unix_ms)
{
	struct writer w;

	e->now_ms = now_ms;
	e->unix_ms = unix_ms;
	if (unix_ms / 1000 == e->date_second)
		return;
	e->date_second = unix_ms / 1000;
	writer_init(&w, e->date, sizeof(e->date));
	put_imf_date(&w, unix_ms);
}

/* Hands out news until the budget is spent; true if there is more. */
static bool fan_out(struct engine *e, size_t budget)
{
	while (budget > 0) {
		const struct batch *batch;
		struct subscriber *sub = view_round_next(&e->view, &batch);

		if (!sub) {
			/* A new round may let go of the memory of the last. */
			carriers_push(e);
			if (!view_has_news(&e->view) || !view_round_begin(&e->view))
				return false;
			continue;
		}
		deliver_batch(e, container_of(sub, struct conn, sub), batch);
		budget--;
	}
	return view_round_is_open(&e->view) || view_has_news(&e->view);
}

/* A revocation ends what it hits at once, on every worker. */
static void sweep_revoked(struct engine *e)
{
	uint64_t generation;
	struct list *next;

	if (!e->config.revocations)
		return;
	generation = revocations_generation(e->config.revocations);
	if (generation == e->revoked)
		return;
	e->revoked = generation;
	for (struct list *l = e->all.next; l != &e->all; l = next) {
		struct conn *c = container_of(l, struct conn, link);

		next = l->next;
		if (c->state == CONN_STREAM && identify_is_revoked(e, c->principal))
			stop_auth(e, c, CLOSE_REVOKED);
	}
}

bool engine_turn_news(struct engine *e)
{
	bool any = view_round_is_open(&e->view) || view_has_news(&e->view);

	(void)fan_out(e, SIZE_MAX);
	return any;
}

/*
 * Timers that are due have just run. What the wheel reports as due at once stands in this tick's
 * slot for a later turn of the wheel: without the tick's wait the host would spin until it ends.
 */
static uint64_t wait_ms(const struct engine *e)
{
	const uint64_t idle_ms = 60000;
	uint64_t ms = wheel_wait_ms(&e->wheel, e->now_ms, idle_ms);

	return ms > 0 ? ms : WHEEL_TICK_MS;
}

uint64_t engine_turn(struct engine *e, size_t budget)
{
	bury(e);
	sweep_revoked(e);
	/* Before the timers that end streams: what is published is not taken along. */
	if (e->draining)
		(void)engine_turn_news(e);
	timers_run(e);
	bool more = fan_out(e, budget);
	carriers_settle(e);
	if (more || !list_is_empty(&e->closed) || !list_is_empty(&e->touched))
		return 0;
	return wait_ms(e);
}

/*
 * What has been sent to us is read first: closing upon it would be a reset. One that has not asked
 * for anything yet came when the door was open; it is about to ask, and is told to come back.
 */
static void drain_idle(struct engine *e, struct conn *c)
{
	if (c->state == CONN_HEAD) {
		request_readable(e, c);
		if (c->state != CONN_HEAD || !c->x || c->x->in.len > 0)
			return;
		exchange_end(e, c);
	}
	if (c->asked)
		conn_close(e, c);
	else
		conn_deadline(e, c, ENGINE_FRESH_MS);
}

/* A connection between requests closes at once, one within a request after its answer. */
static void drain_conn(struct engine *e, struct conn *c, uint64_t window_ms)
{
	c->draining = true;
	if (c->state == CONN_STREAM)
		conn_deadline(e, c, rng_between(&e->rng, 0, window_ms));
	else if (c->state == CONN_H2)
		carrier_drain(e, c);
	else if (c->state == CONN_HANDSHAKE || (c->state == CONN_HEAD && !c->x))
		drain_idle(e, c);
}

void engine_leave(struct engine *e)
{
	e->leaving = true;
}

void engine_drain(struct engine *e, uint64_t window_ms)
{
	struct list *next;

	e->draining = true;
	for (struct list *l = e->all.next; l != &e->all; l = next) {
		next = l->next;
		drain_conn(e, container_of(l, struct conn, link), window_ms);
	}
}

void engine_stop(struct engine *e)
{
	struct list *next;

	e->draining = true;
	(void)engine_turn_news(e);
	for (struct list *l = e->all.next; l != &e->all; l = next) {
		struct conn *c = container_of(l, struct conn, link);

		next = l->next;
		if (c->state == CONN_STREAM)
			stop_draining(e, c, CLOSE_STOPPED);
	}
	carriers_push(e);
	while (!list_is_empty(&e->all))
		conn_close(e, container_of(e->all.next, struct conn, link));
}

size_t engine_connections(const struct engine *e)
{
	return e->conns.count;
}

size_t engine_streams(const struct engine *e)
{
	return e->streams;
}

size_t engine_spare(const struct engine *e)
{
	return slab_spare(&e->conns);
}

bool engine_has_news(const struct engine *e)
{
	return view_has_news(&e->view);
}

const struct engine_counters *engine_counters(const struct engine *e)
{
	return &e->counters;
}

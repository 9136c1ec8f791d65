/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/carrier.h"

#include <stdlib.h>

#define H2_INTERNAL_ERROR 2u /* RFC 9113 7 */
#define H2_NO_ERROR       0u

void carrier_touch(struct carrier *k)
{
	if (k->ending || list_is_linked(&k->touched))
		return;
	list_append(&k->e->touched, &k->touched);
	k->e->touched_count++;
}

static void untouch(struct carrier *k)
{
	k->e->touched_count -= list_is_linked(&k->touched);
	list_remove(&k->touched);
}

void carrier_cork(struct carrier *k)
{
	h2_session_cork(k->session);
}

void carrier_push(struct carrier *k)
{
	if (!h2_session_flush(k->session))
		k->broken = true;
}

/* What the session tells. */

static void *on_request(void *ctx, struct h2_stream *stream, const struct http_request *req,
			enum http_fault fault, bool ended)
{
	struct carrier *k = ctx;
	struct engine *e = k->e;
	struct conn *c = slab_alloc(&e->conns);

	if (!c)
		return NULL;
	c->io = -1;
	c->carrier = k;
	c->h2 = stream;
	c->version = HTTP_2;
	c->addr = k->conn->addr;
	c->https = k->conn->https;
	c->draining = k->conn->draining;
	c->principal = k->conn->principal ? principal_ref(k->conn->principal) : NULL;
	c->opened_ms = e->now_ms;
	c->state = CONN_HEAD;
	list_append(&e->all, &c->link);
	k->streams++;
	k->asked = true;
	e->counters.requests++;
	if (!request_take(e, c, req, fault, ended)) {
		c->h2 = NULL;
		conn_close(e, c);
		return NULL;
	}
	list_append(&k->ready, &c->x->ready);
	return c;
}

static void be_ready(struct carrier *k, struct conn *c)
{
	if (c->x && !list_is_linked(&c->x->ready))
		list_append(&k->ready, &c->x->ready);
}

static void on_body(void *ctx, void *owner, struct slice data)
{
	struct carrier *k = ctx;
	struct conn *c = owner;

	/* The window has kept it within the bound of `in`. */
	if (!c->x || buf_append(&c->x->in, data)) {
		h2_stream_reset(c->h2, H2_INTERNAL_ERROR);
		c->h2 = NULL;
		conn_close(k->e, c);
		return;
	}
	be_ready(k, c);
}

static void on_ended(void *ctx, void *owner)
{
	struct carrier *k = ctx;
	struct conn *c = owner;

	if (c->x)
		c->x->in_ended = true;
	be_ready(k, c);
}

static void on_writable(void *ctx, void *owner)
{
	const struct carrier *k = ctx;

	if (((struct conn *)owner)->state == CONN_STREAM)
		deliver_writable(k->e, owner);
}

static void on_gone(void *ctx, void *owner)
{
	const struct carrier *k = ctx;
	struct conn *c = owner;

	c->h2 = NULL;
	if (c->state == CONN_STREAM)
		stop_quietly(k->e, c, k->close);
	else
		conn_close(k->e, c);
}

static ptrdiff_t on_send(void *ctx, const struct slice *parts, size_t n)
{
	struct carrier *k = ctx;
	const struct engine_io *io = &k->e->config.io;
	ptrdiff_t sent = io->send(io->ctx, k->conn->io, parts, n);

	if (sent > 0)
		k->progress_ms = k->e->now_ms;
	if (sent == IO_GONE)
		k->broken = true;
	return sent;
}

/* The connection. */

void carrier_end(struct engine *e, struct conn *c, enum stream_close close)
{
	struct carrier *k = c->carrier;

	k->ending = true;
	k->close = close;
	untouch(k);
	e->counters.h2_ends[h2_session_end(k->session)]++;
	h2_session_free(k->session);
	c->carrier = NULL;
	free(k);
	conn_close(e, c);
}

/* In good order: the peer is told that nothing more comes. */
static void say_goodbye(struct engine *e, struct carrier *k)
{
	h2_session_goaway(k->session, H2_NO_ERROR);
	carrier_push(k);
	carrier_end(e, k->conn, CLOSE_CLIENT_CLOSED);
}

static uint64_t idle_due(const struct engine *e, const struct carrier *k)
{
	const struct stream_settings *s = e->settings;

	if (k->idle_ms == 0)
		return UINT64_MAX;
	return k->idle_ms + (k->asked ? s->idle_timeout_ms : s->head_timeout_ms);
}

static uint64_t write_due(const struct engine *e, const struct carrier *k)
{
	if (!h2_session_is_blocked(k->session))
		return UINT64_MAX;
	return k->progress_ms + e->settings->write_timeout_ms;
}

/* Last words whose stream nobody owns any more: a closed window must not keep them for ever. */
static uint64_t lasts_due(const struct engine *e, const struct carrier *k)
{
	return k->lasts_ms == 0 ? UINT64_MAX : k->lasts_ms + e->settings->write_timeout_ms;
}

static uint64_t next_due(const struct engine *e, const struct carrier *k)
{
	uint64_t due = idle_due(e, k);

	if (write_due(e, k) < due)
		due = write_due(e, k);
	return lasts_due(e, k) < due ? lasts_due(e, k) : due;
}

static void note_times(const struct engine *e, struct carrier *k)
{
	if (k->streams > 0)
		k->idle_ms = 0;
	else if (k->idle_ms == 0)
		k->idle_ms = e->now_ms;
	if (h2_session_streams(k->session) <= k->streams)
		k->lasts_ms = 0;
	else if (k->lasts_ms == 0)
		k->lasts_ms = e->now_ms;
}

/* After anything has happened: whether it goes on, what it waits for, and how long. */
static void settle(struct engine *e, struct carrier *k)
{
	struct conn *c = k->conn;
	bool blocked = h2_session_is_blocked(k->session);

	if (k->broken) {
		carrier_end(e, c, CLOSE_CLIENT_GONE);
		return;
	}
	if (c->draining && h2_session_streams(k->session) == 0 && !blocked) {
		say_goodbye(e, k);
		return;
	}
	note_times(e, k);
	conn_want(e, c, blocked ? WANT_READ | WANT_WRITE : WANT_READ);
	if (h2_session_is_ready(k->session))
		carrier_touch(k);
	uint64_t due = next_due(e, k);
	if (due == UINT64_MAX)
		wheel_clear(&e->wheel, &c->timer);
	else
		wheel_set(&e->wheel, &c->timer, due);
}

static void run_ready(struct engine *e, struct carrier *k)
{
	while (!list_is_empty(&k->ready)) {
		struct exchange *x = container_of(k->ready.next, struct exchange, ready);

		list_remove(&x->ready);
		request_go_on(e, x->conn);
	}
}

/* False: the session is over, and the carrier gone. */
static bool feed(struct engine *e, struct carrier *k, struct slice bytes)
{
	bool open = h2_session_receive(k->session, bytes, e->now_ms);

	run_ready(e, k);
	carrier_push(k);
	if (!open)
		carrier_end(e, k->conn, CLOSE_PROTOCOL_ERROR);
	return open;
}

void carrier_readable(struct engine *e, struct conn *c)
{
	const struct engine_io *io = &e->config.io;
	char bytes[ENGINE_READ_CHUNK];

	for (unsigned i = 0; i < ENGINE_READS; i++) {
		ptrdiff_t n = io->recv(io->ctx, c->io, bytes, sizeof(bytes));

		if (n == IO_BLOCKED)
			break;
		if (n <= 0) {
			carrier_end(e, c, n == 0 ? CLOSE_CLIENT_CLOSED : CLOSE_CLIENT_GONE);
			return;
		}
		if (!feed(e, c->carrier, (struct slice){bytes, (size_t)n}))
			return;
	}
	settle(e, c->carrier);
}

void carrier_writable(struct engine *e, struct conn *c)
{
	carrier_push(c->carrier);
	settle(e, c->carrier);
}

static void give_up(struct engine *e, struct carrier *k)
{
	h2_session_give_up(k->session);
	k->lasts_ms = e->now_ms;
	carrier_push(k);
	settle(e, k);
}

void carrier_timer(struct engine *e, struct conn *c)
{
	struct carrier *k = c->carrier;

	if (write_due(e, k) <= e->now_ms)
		carrier_end(e, c, CLOSE_WRITE_TIMEOUT);
	else if (idle_due(e, k) <= e->now_ms)
		say_goodbye(e, k);
	else if (lasts_due(e, k) <= e->now_ms)
		give_up(e, k);
	else
		settle(e, k);
}

void carrier_drain(struct engine *e, struct conn *c)
{
	(void)e;
	h2_session_shutdown(c->carrier->session);
	carrier_touch(c->carrier);
}

void carrier_leave(struct conn *c)
{
	struct carrier *k = c->carrier;

	if (c->h2)
		h2_stream_reset(c->h2, H2_INTERNAL_ERROR);
	c->h2 = NULL;
	c->carrier = NULL;
	k->streams--;
	carrier_touch(k);
}

void carriers_push(struct engine *e)
{
	for (struct list *l = e->touched.next; l != &e->touched; l = l->next)
		carrier_push(container_of(l, struct carrier, touched));
}

/* Those that are touched meanwhile wait for the next turn. */
void carriers_settle(struct engine *e)
{
	carriers_push(e);
	for (size_t n = e->touched_count; n > 0 && !list_is_empty(&e->touched); n--) {
		struct carrier *k = container_of(e->touched.next, struct carrier, touched);

		untouch(k);
		settle(e, k);
	}
}

void carrier_begin(struct engine *e, struct conn *c, struct slice bytes)
{
	struct carrier *k = calloc(1, sizeof(*k));
	struct h2_config config = {
		.max_streams = e->settings->h2_streams,
		.events = {.ctx = k,
			   .request = on_request,
			   .body = on_body,
			   .ended = on_ended,
			   .writable = on_writable,
			   .gone = on_gone,
			   .send = on_send},
	};

	if (k)
		k->session = h2_session_new(&config, e->now_ms);
	if (!k || !k->session) {
		free(k);
		conn_close(e, c);
		return;
	}
	k->e = e;
	k->conn = c;
	k->progress_ms = e->now_ms;
	k->idle_ms = e->now_ms;
	list_init(&k->ready);
	e->counters.h2_connections++;
	c->carrier = k;
	c->version = HTTP_2;
	k->close = CLOSE_CLIENT_CLOSED;
	c->state = CONN_H2;
	conn_deadline(e, c, e->settings->head_timeout_ms);
	if (c->draining)
		h2_session_shutdown(k->session);
	if (feed(e, k, bytes))
		settle(e, k);
}

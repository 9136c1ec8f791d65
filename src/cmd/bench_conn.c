/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/bench_conn.h"

#include <errno.h>
#include <string.h>

enum phase {
	CLOSED,
	CONNECTING,
	GREETING,
	READY,
};

/* Waiting. */

static const char *await(struct bench_conn *c, unsigned flags)
{
	if (flags == c->flags)
		return NULL;
	c->flags = flags;
	return waitset_change(c->route->set, c->wire.fd, c, flags)
		       ? "the descriptor cannot be waited for"
		       : NULL;
}

static unsigned flags_of(long step)
{
	return step == WIRE_WANT_WRITE ? WAITSET_WRITE : WAITSET_READ;
}

/* HTTP/2. */

static void on_head(void *ctx, void *owner, unsigned status)
{
	const struct bench_route *route = ((struct bench_conn *)ctx)->route;
	struct bench_stream *s = owner;

	if (s->state != BENCH_ENDED)
		route->on_stream(route->ctx, s, bench_stream_answer(s, status), status);
}

static void on_body(void *ctx, void *owner, struct slice data)
{
	const struct bench_route *route = ((struct bench_conn *)ctx)->route;
	struct bench_stream *s = owner;
	enum bench_fault fault = s->state == BENCH_OPEN ? bench_stream_body(s, data) : BENCH_FINE;

	if (fault)
		route->on_stream(route->ctx, s, fault, 0);
}

static void on_closed(void *ctx, void *owner, uint32_t error)
{
	const struct bench_route *route = ((struct bench_conn *)ctx)->route;
	struct bench_stream *s = owner;

	(void)error;
	if (s->state != BENCH_ENDED)
		route->on_stream(route->ctx, s, BENCH_COMPLETE, 0);
}

static const char *ask_h2(struct bench_conn *c, struct bench_stream *s)
{
	static const struct http_field fields[] = {
		{SLICE_INIT("user-agent"), SLICE_INIT("sluice-bench")},
		{SLICE_INIT("accept"), SLICE_INIT("text/event-stream")},
	};
	const struct url *url = c->route->url;
	const struct h2_get get = {
		.scheme = url->https ? SLICE("https") : SLICE("http"),
		.authority = url->authority,
		.path = url->target,
		.fields = fields,
		.field_count = sizeof(fields) / sizeof(fields[0]),
	};

	return h2_client_get(c->h2, &get, s) ? "the request could not be made" : NULL;
}

static const char *flush(struct bench_conn *c)
{
	for (;;) {
		struct slice out = h2_client_output(c->h2);
		long n = out.len > 0 ? wire_send(&c->wire, out) : WIRE_WANT_READ;

		if (n == WIRE_FAILED)
			return c->wire.why;
		if (n == 0)
			return "the server closed it";
		if (n < 0)
			return await(c, WAITSET_READ | (n == WIRE_WANT_WRITE ? WAITSET_WRITE : 0));
		h2_client_sent(c->h2, (size_t)n);
	}
}

/* HTTP/1.1. */

/* A GET fits into the buffer of a fresh socket. */
static const char *ask_h1(struct bench_conn *c)
{
	struct slice request = c->route->request;

	return wire_send(&c->wire, request) == (long)request.len ? NULL
								 : "the request could not be sent";
}

static void feed_h1(struct bench_conn *c, struct slice bytes)
{
	const struct bench_route *route = c->route;
	struct bench_stream *s = c->streams;
	bool was_open = s->state == BENCH_OPEN;
	unsigned status = 0;
	enum bench_fault fault = bench_stream_feed(s, bytes, &status);

	if (!was_open && s->state == BENCH_OPEN)
		route->on_stream(route->ctx, s, BENCH_FINE, 0);
	if (fault)
		route->on_stream(route->ctx, s, fault, status);
}

/* Both. */

/* HTTP/2 waits for what the server allows: a stream too many would only be refused. */
static bool may_ask(const struct bench_conn *c)
{
	return c->asked < c->begun && (!c->h2 || h2_client_is_told(c->h2));
}

static const char *ask_all(struct bench_conn *c)
{
	const char *why = NULL;

	while (!why && may_ask(c)) {
		struct bench_stream *s = &c->streams[c->asked++];

		s->state = BENCH_AWAITING_HEAD;
		why = c->h2 ? ask_h2(c, s) : ask_h1(c);
	}
	if (why)
		return why;
	return c->h2 ? flush(c) : await(c, WAITSET_READ);
}

static const char *feed_h2(struct bench_conn *c, struct slice bytes)
{
	if (!h2_client_receive(c->h2, bytes))
		return h2_client_why(c->h2);
	if (h2_client_max_streams(c->h2) < c->route->per_conn && h2_client_is_told(c->h2))
		return "the server allows fewer streams on one connection";
	return ask_all(c);
}

static const char *begin_h2(struct bench_conn *c)
{
	const struct h2_client_events events = {c, on_head, on_body, on_closed};

	if (c->wire.tls.ssl && !tls_client_agreed(&c->wire.tls))
		return "the server does not agree to HTTP/2";
	c->h2 = h2_client_new(&events);
	return c->h2 ? NULL : "out of memory";
}

static const char *greet(struct bench_conn *c)
{
	long step = wire_greet(&c->wire);
	const char *why = NULL;

	if (step == WIRE_FAILED)
		return c->wire.why;
	if (step < 0)
		return await(c, flags_of(step));
	c->phase = READY;
	if (c->route->http2)
		why = begin_h2(c);
	return why ? why : ask_all(c);
}

static const char *connected(struct bench_conn *c)
{
	const struct url *url = c->route->url;
	int error = tcp_error(c->wire.fd);

	if (error != 0)
		return strerror(error);
	c->phase = GREETING;
	if (url->https && wire_secure(&c->wire, c->route->trust, url->host,
				      c->route->http2 ? SLICE("h2") : SLICE("http/1.1")))
		return "out of memory, or the host name is too long";
	return greet(c);
}

static const char *receive(struct bench_conn *c)
{
	struct bench_route *route = c->route;
	long n = wire_receive(&c->wire, route->room, sizeof(route->room));

	if (n == WIRE_FAILED)
		return c->wire.why;
	if (n == 0)
		return "the server closed it";
	if (n < 0)
		return c->h2 ? flush(c) : await(c, flags_of(n));
	route->on_bytes(route->ctx);
	struct slice bytes = {route->room, (size_t)n};
	if (c->h2)
		return feed_h2(c, bytes);
	feed_h1(c, bytes);
	return NULL;
}

const char *bench_conn_open(struct bench_conn *c, struct bench_route *route,
			    struct bench_stream *streams, uint32_t source)
{
	int fd;

	*c = (struct bench_conn){.route = route, .streams = streams, .phase = CONNECTING};
	wire_init(&c->wire, -1);
	if (tcp_connect(route->address, source, &fd))
		return strerror(errno);
	wire_init(&c->wire, fd);
	c->flags = WAITSET_WRITE;
	return waitset_add(route->set, fd, c, c->flags) ? "the descriptor cannot be waited for"
							: NULL;
}

const char *bench_conn_begin(struct bench_conn *c)
{
	c->begun++;
	return c->phase == READY ? ask_all(c) : NULL;
}

const char *bench_conn_handle(struct bench_conn *c)
{
	switch ((enum phase)c->phase) {
	case CONNECTING:
		return connected(c);
	case GREETING:
		return greet(c);
	case READY:
		return receive(c);
	case CLOSED:
		break;
	}
	return NULL;
}

void bench_conn_close(struct bench_conn *c)
{
	if (c->phase == CLOSED)
		return;
	c->phase = CLOSED;
	wire_close(&c->wire);
	h2_client_free(c->h2);
	c->h2 = NULL;
}

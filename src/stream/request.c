/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/carrier.h"

#include <stdlib.h>

static bool exchange_begin(struct engine *e, struct conn *c)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return false;
	buf_init(&x->in, conn_is_carried(c) ? H2_STREAM_WINDOW : HTTP_MAX_HEAD + ENGINE_READ_CHUNK);
	buf_init(&x->body, e->settings->max_body);
	buf_init(&x->out, ENGINE_MAX_ANSWER);
	arena_init(&x->arena, ENGINE_ANSWER_ARENA);
	x->request_id = ++e->next_request_id;
	x->addr = c->addr;
	x->https = c->https;
	x->conn = c;
	c->x = x;
	return true;
}

void exchange_end(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;

	if (!x)
		return;
	place_leave(e, x);
	list_remove(&x->ready);
	reload_release(x);
	principal_unref(x->ask.principal);
	e->body_bytes -= x->body.len;
	buf_free(&x->in);
	buf_free(&x->body);
	buf_free(&x->out);
	arena_free(&x->arena);
	free(x);
	c->x = NULL;
}

/* Ready for the next request; pipelined bytes stay. */
static void exchange_reset(struct engine *e, struct exchange *x)
{
	e->body_bytes -= x->body.len;
	buf_free(&x->body);
	buf_free(&x->out);
	arena_free(&x->arena);
	x->out_sent = 0;
	x->scan = (struct http_scan){0};
	/* A fault in the next head must not be answered by what this one asked for. */
	x->req = (struct http_request){0};
	principal_unref(x->ask.principal);
	x->ask = (struct ask){0};
	x->addr = x->conn->addr;
	x->https = x->conn->https;
	x->resume = SLICE_NONE;
	x->set_cookie = SLICE_NONE;
	x->request_id = ++e->next_request_id;
}

static void linger(struct engine *e, struct conn *c)
{
	exchange_end(e, c);
	c->state = CONN_LINGER;
	c->unexpected = 0;
	e->config.io.shut(e->config.io.ctx, c->io);
	conn_want(e, c, WANT_READ);
	conn_deadline(e, c, ENGINE_LINGER_MS);
}

void request_done(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;

	if (x->linger_after) {
		linger(e, c);
		return;
	}
	if (x->close_after || e->draining) {
		conn_close(e, c);
		return;
	}
	c->state = CONN_HEAD;
	conn_want(e, c, WANT_READ);
	if (x->in.len > 0) {
		exchange_reset(e, x);
		conn_deadline(e, c, e->settings->head_timeout_ms);
	} else {
		exchange_end(e, c);
		conn_deadline(e, c, e->settings->idle_timeout_ms);
	}
}

/* One connection of a proxy brings requests of many clients. */
static void find_client(struct engine *e, const struct conn *c)
{
	struct exchange *x = c->x;
	struct forwarded client = forwarded_read(&e->settings->proxies, x->req.fields,
						 x->req.field_count, &c->addr, c->https);

	x->addr = client.addr;
	x->https = client.https;
	e->counters.forwarded_faults += client.malformed;
}

static void serve(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;

	c->asked = true;
	find_client(e, c);
	reload_hold(e, x);
	enum refusal refusal = decide_route(e->settings, &x->req, x->https, &x->ask);
	c->version = (uint8_t)x->req.version;
	if (refusal) {
		open_refuse(e, c, refusal);
		return;
	}
	if (x->req.method == HTTP_OPTIONS) {
		answer_options(e, c);
		return;
	}
	switch (x->ask.route->kind) {
	case ROUTE_STREAM:
		open_stream(e, c);
		break;
	case ROUTE_PUBLISH:
	case ROUTE_TOKEN:
	case ROUTE_REVOKE:
		post_begin(e, c);
		break;
	case ROUTE_HEALTH:
		answer_health(e, c);
		break;
	case ROUTE_ASSET:
		answer_asset(e, c);
		break;
	case ROUTE_DYNAMIC:
		answer_dynamic(e, c);
		break;
	}
}

static void refuse_fault(struct engine *e, struct conn *c, enum http_fault fault)
{
	c->x->close_after = true;
	c->x->linger_after = true;
	answer_refusal(e, c, refusal_of_fault(fault), slice_of(http_fault_text(fault)));
}

/* The head moves to the arena: `in` may move while a body is read. */
static void begin_request(struct engine *e, struct conn *c, size_t head_len)
{
	struct exchange *x = c->x;
	struct slice head = arena_copy(&x->arena, slice_upto(buf_slice(&x->in), head_len));

	buf_consume(&x->in, head_len);
	e->counters.requests++;
	if (!head.ptr) {
		conn_close(e, c);
		return;
	}
	enum http_fault fault = http_request_parse(head, &x->req);
	if (fault) {
		refuse_fault(e, c, fault);
		return;
	}
	x->close_after = !x->req.keep_alive || c->draining;
	/* A body that nobody reads must not be taken for the next request. */
	x->linger_after = x->req.body != HTTP_BODY_NONE;
	x->close_after |= x->linger_after;
	serve(e, c);
}

static bool step_head(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	enum http_fault fault;
	size_t head_len;

	if (!x || x->in.len == 0 || conn_is_carried(c))
		return false;
	switch (http_scan(&x->scan, buf_slice(&x->in), &head_len, &fault)) {
	case HTTP_MORE:
		return false;
	case HTTP_REFUSED:
		refuse_fault(e, c, fault);
		break;
	case HTTP_DONE:
		begin_request(e, c, head_len);
		break;
	}
	return true;
}

void request_pump(struct engine *e, struct conn *c)
{
	bool moved;

	do {
		moved = c->state == CONN_HEAD   ? step_head(e, c)
			: c->state == CONN_BODY ? post_body(e, c)
						: false;
	} while (moved);
}

static ptrdiff_t fill(struct engine *e, struct conn *c)
{
	struct buf *in = &c->x->in;

	if (buf_reserve(in, ENGINE_READ_CHUNK))
		return IO_GONE;
	ptrdiff_t n =
		e->config.io.recv(e->config.io.ctx, c->io, in->ptr + in->len, ENGINE_READ_CHUNK);
	if (n > 0)
		in->len += (size_t)n;
	return n;
}

bool request_take(struct engine *e, struct conn *c, const struct http_request *req,
		  enum http_fault fault, bool ended)
{
	if (!exchange_begin(e, c))
		return false;
	c->x->fault = fault;
	c->x->in_ended = ended;
	return http_request_copy(&c->x->arena, req, &c->x->req);
}

void request_go_on(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;

	if (!x->served) {
		x->served = true;
		if (x->fault)
			refuse_fault(e, c, x->fault);
		else
			serve(e, c);
	}
	request_pump(e, c);
}

void request_refuse_plain(struct engine *e, struct conn *c)
{
	if (!exchange_begin(e, c)) {
		conn_close(e, c);
		return;
	}
	c->x->close_after = true;
	c->x->linger_after = true;
	c->x->req.version = HTTP_1_1;
	answer_refusal(e, c, REFUSAL_PLAINTEXT, SLICE_NONE);
}

enum preface { PREFACE_NONE, PREFACE_PART, PREFACE_WHOLE };

/* HTTP/2 by prior knowledge (RFC 9113 3.3): only as the first bytes of a connection. */
static enum preface find_preface(const struct conn *c)
{
	struct slice in = buf_slice(&c->x->in);
	struct slice preface = slice_upto(SLICE(H2_PREFACE), in.len);

	if (!c->h2c || in.len == 0 || !slice_starts(in, preface))
		return PREFACE_NONE;
	return preface.len < H2_PREFACE_LEN ? PREFACE_PART : PREFACE_WHOLE;
}

/* True where what is there belongs to HTTP/2, or may yet. */
static bool try_h2(struct engine *e, struct conn *c)
{
	enum preface found = find_preface(c);
	struct buf in;

	if (found == PREFACE_NONE) {
		c->h2c = false;
		return false;
	}
	if (found == PREFACE_PART)
		return true;
	in = c->x->in;
	buf_init(&c->x->in, 0);
	exchange_end(e, c);
	carrier_begin(e, c, buf_slice(&in));
	buf_free(&in);
	return true;
}

/* One read and what it leads to; false where nothing more is to be read now. */
static bool read_once(struct engine *e, struct conn *c)
{
	ptrdiff_t n = fill(e, c);

	if (n == IO_BLOCKED)
		return false;
	if (n == IO_GONE || n == 0) {
		conn_close(e, c);
		return false;
	}
	if (!c->h2c || !try_h2(e, c))
		request_pump(e, c);
	return c->x && (c->state == CONN_HEAD || c->state == CONN_BODY);
}

void request_readable(struct engine *e, struct conn *c)
{
	if (!c->x) {
		if (!exchange_begin(e, c)) {
			conn_close(e, c);
			return;
		}
		conn_deadline(e, c, e->settings->head_timeout_ms);
	}
	for (unsigned i = 0; i < ENGINE_READS && read_once(e, c); i++)
		;
}

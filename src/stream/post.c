/* SPDX-License-Identifier: Apache-2.0 */
/* post.c - the requests with a body: publish, ticket, revoke. */
#include "stream/conn.h"

void post_refuse(struct engine *e, struct conn *c, enum refusal refusal, struct slice detail)
{
	c->state = CONN_ANSWER;
	answer_refusal(e, c, refusal, detail);
}

/* The body has been read whole: the connection may go on whatever the answer. */
static void finish(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;

	x->linger_after = false;
	x->close_after = !x->req.keep_alive || c->draining;
	if (x->ask.route->kind == ROUTE_PUBLISH)
		publish_finish(e, c);
	else if (x->ask.route->kind == ROUTE_TOKEN)
		token_finish(e, c);
	else
		revoke_finish(e, c);
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
	post_refuse(e, c, refusal, SLICE_NONE);
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
		post_refuse(e, c, refusal_of_fault(fault), slice_of(http_fault_text(fault)));
		return true;
	}
	if (!keep_body(e, c, data))
		return true;
	buf_consume(&x->in, used);
	if (step == HTTP_DONE)
		finish(e, c);
	return true;
}

/* By HTTP/2: the end of the stream is the end of the body, of whatever length it was told. */
static bool eat_stream(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	struct slice data = buf_slice(&x->in);

	if (data.len > 0 && !keep_body(e, c, data))
		return true;
	h2_stream_consume(c->h2, data.len);
	buf_consume(&x->in, data.len);
	if (!x->in_ended)
		return false;
	finish(e, c);
	return true;
}

bool post_body(struct engine *e, struct conn *c)
{
	if (conn_is_carried(c))
		return eat_stream(e, c);
	return c->x->req.body == HTTP_BODY_CHUNKED ? eat_chunked(e, c) : eat_length(e, c);
}

/* A client that asked waits for this line before it sends the body (RFC 9110 10.1.1). */
static void say_continue(struct engine *e, struct conn *c)
{
	struct slice line = SLICE("HTTP/1.1 100 Continue\r\n\r\n");

	if (!c->x->req.expect_continue || c->x->in.len > 0 || c->x->req.version == HTTP_1_0)
		return;
	if (conn_is_carried(c)) {
		h2_stream_continue(c->h2);
		return;
	}
	if (conn_send(e, c, &line, 1) != (ptrdiff_t)line.len)
		conn_close(e, c);
}

void post_begin(struct engine *e, struct conn *c)
{
	/* What is taken back is taken back also when memory is short. */
	if (c->x->ask.route->kind == ROUTE_PUBLISH && admit_is_short(e->config.admit)) {
		post_refuse(e, c, REFUSAL_MEMORY, SLICE_NONE);
		return;
	}
	/* Nothing of the body is read before it is known whose it is. */
	identify(e, c);
}

void post_identified(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	enum refusal refusal = decide_post(e->settings, &x->ask);

	if (refusal) {
		/* Who forgot the length may send a body all the same: it is no next request. */
		x->linger_after |= refusal == REFUSAL_LENGTH_REQUIRED;
		x->close_after |= x->linger_after;
		post_refuse(e, c, refusal, SLICE_NONE);
		return;
	}
	c->state = CONN_BODY;
	conn_want(e, c, WANT_READ);
	x->body_left = x->req.body == HTTP_BODY_LENGTH ? x->req.content_length : 0;
	http_chunked_init(&x->chunked);
	conn_deadline(e, c, e->settings->body_timeout_ms);
	say_continue(e, c);
}

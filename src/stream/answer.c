/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/conn.h"

struct head_facts answer_facts(const struct engine *e, const struct conn *c)
{
	const struct exchange *x = c->x;
	const struct route *route = x->ask.route;

	return (struct head_facts){
		.version = x->req.version,
		.date = (struct slice){e->date, sizeof(e->date)},
		.https = x->https,
		.keep_alive = !x->close_after && !e->draining,
		.vary_accept = route && route->kind == ROUTE_STREAM && route->accept != ACCEPT_ANY,
		.cors = x->ask.req ? &x->ask.cors : NULL,
	};
}

/* What the stream's window does not take now is the session's to send. */
static void answer_carried(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	struct slice head = slice_upto(buf_slice(&x->out), x->out_head);
	struct slice body = slice_from(buf_slice(&x->out), x->out_head);

	if (conn_send_head(e, c, x->status, head, body.len == 0))
		conn_send_last(e, c, body);
	conn_close(e, c);
}

void answer_start(struct engine *e, struct conn *c)
{
	if (conn_is_carried(c)) {
		answer_carried(e, c);
		return;
	}
	c->state = CONN_ANSWER;
	/* Bytes alone are left: a slow reader must not keep old settings alive. */
	reload_release(c->x);
	answer_writable(e, c);
}

void answer_writable(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;

	while (x->out_sent < x->out.len) {
		struct slice rest = slice_from(buf_slice(&x->out), x->out_sent);
		ptrdiff_t n = conn_send(e, c, &rest, 1);

		if (n == IO_GONE) {
			conn_close(e, c);
			return;
		}
		if (n == IO_BLOCKED) {
			conn_want(e, c, WANT_WRITE);
			conn_deadline(e, c, e->settings->write_timeout_ms);
			return;
		}
		x->out_sent += (size_t)n;
	}
	request_done(e, c);
}

static void answer(struct engine *e, struct conn *c, const struct short_answer *answer,
		   struct slice body)
{
	struct exchange *x = c->x;
	struct head_facts facts = answer_facts(e, c);
	char head[POLICY_MAX_HEAD];
	struct writer w;

	writer_init(&w, head, sizeof(head));
	head_short(&w, &e->settings->head, &facts, answer);
	x->status = head_status(answer);
	x->out_head = w.len;
	if (x->req.method == HTTP_HEAD)
		body = SLICE_NONE;
	if (w.overflow || buf_append(&x->out, writer_slice(&w)) || buf_append(&x->out, body)) {
		conn_close(e, c);
		return;
	}
	answer_start(e, c);
}

void answer_json(struct engine *e, struct conn *c, unsigned status, struct slice body)
{
	struct short_answer a = {
		.status = status,
		.content_type = SLICE("application/json"),
		.content_length = body.len,
	};

	answer(e, c, &a, body);
}

/* Spread, so that the refused do not come back in one instant. */
static unsigned retry_after(struct engine *e, unsigned status)
{
	if (status != 429 && status != 503)
		return 0;
	return (unsigned)(control_retry(e, true) / 1000) + 1;
}

void answer_refusal(struct engine *e, struct conn *c, enum refusal refusal, struct slice detail)
{
	const struct refusal_row *row = refusal_row(refusal);
	char body[ENGINE_CONTROL_MAX];
	struct writer w;

	record_refusal(e, c, refusal, false, detail);
	writer_init(&w, body, sizeof(body));
	refusal_body(&w, refusal, detail);
	struct short_answer a = {
		.status = row->status,
		.content_type = SLICE("application/json"),
		.content_length = w.len,
		.refusal = refusal,
		.allow = row->status == 405 ? c->x->ask.allow : SLICE_NONE,
		.retry_after_s = retry_after(e, row->status),
	};
	answer(e, c, &a, writer_slice(&w));
}

void answer_options(struct engine *e, struct conn *c)
{
	struct short_answer a = {
		.status = 204,
		.allow = c->x->ask.allow,
		.preflight =
			http_field_count(&c->x->req, SLICE("Access-Control-Request-Method")) > 0,
	};

	answer(e, c, &a, SLICE_NONE);
}

void answer_asset(struct engine *e, struct conn *c)
{
	const struct route *route = c->x->ask.route;
	struct short_answer a = {
		.status = 200,
		.content_type = route->content_type,
		.csp = route->csp,
		.content_length = route->body.len,
		.cacheable = true,
	};

	answer(e, c, &a, route->body);
}

void answer_dynamic(struct engine *e, struct conn *c)
{
	const struct route *route = c->x->ask.route;
	struct buf body;

	buf_init(&body, ENGINE_MAX_CONTENT);
	struct short_answer a = {
		.status = e->config.io.content(e->config.io.ctx, route, &body),
		.content_type = route->content_type,
		.content_length = body.len,
	};
	answer(e, c, &a, buf_slice(&body));
	buf_free(&body);
}

void answer_health(struct engine *e, struct conn *c)
{
	if (e->draining || e->leaving)
		answer_json(e, c, 503, SLICE("{\"status\":\"draining\"}\n"));
	else
		answer_json(e, c, 200, SLICE("{\"status\":\"ok\"}\n"));
}

void engine_put_refusal(struct engine *e, struct writer *w)
{
	struct head_facts facts = {.version = HTTP_1_1, .date = {e->date, sizeof(e->date)}};
	char text[ENGINE_CONTROL_MAX];
	struct writer body;

	writer_init(&body, text, sizeof(text));
	refusal_body(&body, REFUSAL_FULL, SLICE_NONE);
	struct short_answer a = {
		.content_type = SLICE("application/json"),
		.content_length = body.len,
		.refusal = REFUSAL_FULL,
		.retry_after_s = retry_after(e, 503),
	};
	head_short(w, &e->settings->head, &facts, &a);
	put(w, writer_slice(&body));
}

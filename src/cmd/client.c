/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/client.h"

#include <string.h>

#define READ_SIZE 65536u /* bytes taken from the socket at once */

enum phase {
	FAILED_TO_START,
	DIALING,
	GREETING, /* the handshake of TLS */
	SENDING,
	HEAD,
	BODY,
};

void client_init(struct client *c, struct client_sink sink, const struct tls_trust *trust)
{
	*c = (struct client){.sink = sink, .trust = trust, .dial.fd = -1};
	wire_init(&c->wire, -1);
	buf_init(&c->in, HTTP_MAX_RESPONSE_HEAD + READ_SIZE);
}

void client_fini(struct client *c)
{
	dial_close(&c->dial);
	wire_close(&c->wire);
	buf_free(&c->in);
}

void client_start(struct client *c, const struct url *url, struct slice request, uint64_t now_ms)
{
	client_fini(c);
	c->url = url;
	c->unsent = request;
	c->due_ms = now_ms + CLIENT_OPEN_MS;
	c->why = NULL;
	c->detail = NULL;
	c->untrusted = false;
	c->phase = dial_start(&c->dial, url->host, url->port, &c->why) ? FAILED_TO_START : DIALING;
}

static enum client_step fail(struct client *c, const char *why, const char *detail)
{
	c->why = why;
	c->detail = detail;
	return CLIENT_FAILED;
}

static enum client_step feed_chunked(struct client *c, struct slice in)
{
	enum http_step step = HTTP_MORE;

	while (step == HTTP_MORE && in.len > 0) {
		enum http_fault fault = HTTP_FAULT_NONE;
		struct slice data = SLICE_NONE;
		size_t used = 0;

		step = http_chunked_eat(&c->chunked, in, &used, &data, &fault);
		if (step == HTTP_REFUSED)
			return fail(c, http_fault_text(fault), NULL);
		if (data.len > 0 && !c->sink.on_body(c->sink.ctx, data))
			return CLIENT_STOPPED;
		in = slice_from(in, used);
	}
	return step == HTTP_DONE ? CLIENT_DONE : CLIENT_WAIT;
}

static enum client_step feed_body(struct client *c, struct slice in)
{
	if (c->body == HTTP_BODY_CHUNKED)
		return feed_chunked(c, in);
	if (c->body == HTTP_BODY_LENGTH && in.len > c->left)
		in = slice_upto(in, (size_t)c->left);
	if (in.len > 0 && !c->sink.on_body(c->sink.ctx, in))
		return CLIENT_STOPPED;
	if (c->body != HTTP_BODY_LENGTH)
		return CLIENT_WAIT;
	c->left -= in.len;
	return c->left == 0 ? CLIENT_DONE : CLIENT_WAIT;
}

static enum client_step take_head(struct client *c, const struct http_response *res,
				  struct slice behind)
{
	c->phase = BODY;
	c->body = res->body;
	c->left = res->content_length;
	http_chunked_init(&c->chunked);
	if (!c->sink.on_head(c->sink.ctx, res))
		return CLIENT_STOPPED;
	return feed_body(c, behind);
}

/* Interim responses (1xx) are read over. */
static enum client_step feed_head(struct client *c, struct slice in)
{
	if (buf_append(&c->in, in))
		return fail(c, err_text(E_NOMEM), NULL);
	for (;;) {
		enum http_fault fault = HTTP_FAULT_NONE;
		struct http_response res;
		size_t len = 0;

		switch (http_response_parse(buf_slice(&c->in), &res, &len, &fault)) {
		case HTTP_MORE:
			return CLIENT_WAIT;
		case HTTP_REFUSED:
			return fail(c, http_fault_text(fault), NULL);
		case HTTP_DONE:
			break;
		}
		if (res.status >= 200)
			return take_head(c, &res, slice_from(buf_slice(&c->in), len));
		buf_consume(&c->in, len);
	}
}

static enum client_step end_of_stream(struct client *c)
{
	if (c->phase == HEAD)
		return fail(c, "the connection closed before an answer came", NULL);
	if (c->body != HTTP_BODY_NONE)
		return fail(c, "the connection closed in the middle of the body", NULL);
	return CLIENT_DONE;
}

static enum client_step fail_wire(struct client *c)
{
	c->untrusted = c->wire.tls.untrusted;
	return fail(c, c->wire.tls.ssl ? "TLS failed" : "the connection broke", c->wire.why);
}

static void await(struct client *c, long step)
{
	c->events = step == WIRE_WANT_WRITE ? POLLOUT : POLLIN;
}

static enum client_step receive(struct client *c)
{
	char room[READ_SIZE];
	long n = wire_receive(&c->wire, room, sizeof(room));

	if (n == WIRE_FAILED)
		return fail_wire(c);
	if (n < 0) {
		await(c, n);
		return CLIENT_WAIT;
	}
	/* An answer that comes early is the answer: the rest of the request has no reader. */
	if (c->phase == SENDING)
		c->phase = HEAD;
	c->events = POLLIN;
	if (n == 0)
		return end_of_stream(c);

	struct slice in = {room, (size_t)n};
	return c->phase == HEAD ? feed_head(c, in) : feed_body(c, in);
}

/* A peer that refuses early may have closed: what it said is read before that counts. */
static void send_request(struct client *c)
{
	while (c->unsent.len > 0) {
		long n = wire_send(&c->wire, c->unsent);

		if (n == WIRE_WANT_READ || n == WIRE_WANT_WRITE)
			return;
		if (n <= 0)
			break;
		c->unsent = slice_from(c->unsent, (size_t)n);
	}
	c->phase = HEAD;
}

static enum client_step dial(struct client *c, uint64_t now_ms)
{
	const struct url *url = c->url;
	enum dial_step step = dial_step(&c->dial, now_ms);

	if (step == DIAL_WAIT)
		return CLIENT_WAIT;
	if (step == DIAL_FAILED)
		return fail(c, "cannot connect", strerror(c->dial.error));
	wire_init(&c->wire, dial_take(&c->dial));
	c->phase = GREETING;
	if (!url->https)
		return CLIENT_WAIT;
	if (!c->trust)
		return fail(c, "TLS failed", "nobody is trusted");
	if (wire_secure(&c->wire, c->trust, url->host, SLICE("http/1.1")))
		return fail(c, "TLS failed", "out of memory, or the host name is too long");
	return CLIENT_WAIT;
}

static enum client_step greet(struct client *c)
{
	long n = wire_greet(&c->wire);

	if (n == WIRE_FAILED)
		return fail_wire(c);
	if (n > 0)
		c->phase = SENDING;
	else
		await(c, n);
	return CLIENT_WAIT;
}

enum client_step client_step(struct client *c, uint64_t now_ms)
{
	enum client_step step = CLIENT_WAIT;

	if (c->phase == FAILED_TO_START)
		return CLIENT_FAILED;
	if (c->phase != BODY && now_ms >= c->due_ms)
		return fail(c, "no answer in time", NULL);
	if (c->phase == DIALING)
		step = dial(c, now_ms);
	if (step == CLIENT_WAIT && c->phase == GREETING)
		step = greet(c);
	if (step != CLIENT_WAIT || c->phase < SENDING)
		return step;
	if (c->phase == SENDING)
		send_request(c);
	return receive(c);
}

struct pollfd client_poll(const struct client *c)
{
	switch ((enum phase)c->phase) {
	case FAILED_TO_START:
		break;
	case DIALING:
		return (struct pollfd){.fd = c->dial.fd, .events = POLLOUT};
	case SENDING:
		return (struct pollfd){.fd = c->wire.fd, .events = POLLIN | POLLOUT};
	case GREETING:
	case HEAD:
	case BODY:
		return (struct pollfd){.fd = c->wire.fd, .events = c->events};
	}
	return (struct pollfd){.fd = -1};
}

uint64_t client_due_ms(const struct client *c)
{
	switch ((enum phase)c->phase) {
	case FAILED_TO_START:
		return 0;
	case DIALING:
		return c->dial.due_ms < c->due_ms ? c->dial.due_ms : c->due_ms;
	case GREETING:
	case SENDING:
	case HEAD:
		return c->due_ms;
	case BODY:
		break;
	}
	return UINT64_MAX;
}

void client_put_why(const struct client *c, struct writer *w)
{
	put(w, slice_of(c->why));
	if (c->detail) {
		put(w, SLICE(": "));
		put(w, slice_of(c->detail));
	}
}

void client_put_field(struct writer *w, struct slice name, struct slice value)
{
	put(w, name);
	put(w, SLICE(": "));
	put(w, value);
	put(w, SLICE("\r\n"));
}

void client_put_head(struct writer *w, struct slice method, const struct url *url)
{
	put(w, method);
	put_char(w, ' ');
	put(w, url->target);
	put(w, SLICE(" HTTP/1.1\r\n"));
	client_put_field(w, SLICE("Host"), url->authority);
	client_put_field(w, SLICE("User-Agent"), SLICE("sluice/" SLUICE_VERSION));
}

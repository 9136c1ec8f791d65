/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/bench_publish.h"

#include "base/require.h"
#include "http/chunked.h"
#include "http/response.h"

#include <errno.h>
#include <string.h>

#define READ_MAX 16384u /* bytes at once */

static enum err put_body(struct buf *body, const struct bench_publish_to *to, size_t *ret_marker_at)
{
	static const struct marker none = {0};
	enum err err = buf_reserve(body, BENCH_MAX_REQUEST / 2);
	struct writer w;

	if (err)
		return err;
	writer_init(&w, body->ptr, BENCH_MAX_REQUEST / 2);
	put(&w, SLICE("{\"topic\":"));
	put_json(&w, to->topic);
	put(&w, SLICE(",\"data\":\""));
	*ret_marker_at = w.len;
	marker_put(&w, &none, to->event_bytes);
	put(&w, SLICE("\"}"));
	body->len = w.len;
	return w.overflow ? E_TOO_BIG : OK;
}

static enum err put_request(struct buf *request, const struct bench_publish_to *to, size_t body_len)
{
	enum err err = buf_reserve(request, BENCH_MAX_REQUEST / 2);
	struct writer w;

	if (err)
		return err;
	writer_init(&w, request->ptr, BENCH_MAX_REQUEST / 2);
	put(&w, SLICE("POST "));
	put(&w, to->url.target);
	put(&w, SLICE(" HTTP/1.1\r\nHost: "));
	put(&w, to->url.authority);
	put(&w, SLICE("\r\nUser-Agent: sluice-bench\r\nContent-Type: application/json\r\n"));
	if (to->key.ptr) {
		put(&w, SLICE("Authorization: Bearer "));
		put(&w, to->key);
		put(&w, SLICE("\r\n"));
	}
	put(&w, SLICE("Content-Length: "));
	put_u64(&w, body_len);
	put(&w, SLICE("\r\n\r\n"));
	request->len = w.len;
	return w.overflow ? E_TOO_BIG : OK;
}

enum err bench_publisher_init(struct bench_publisher *p, struct waitset *set,
			      const struct tcp_target *target, const struct bench_publish_to *to,
			      const struct tls_trust *trust)
{
	struct buf body;

	*p = (struct bench_publisher){
		.set = set, .target = *target, .url = &to->url, .trust = trust};
	wire_init(&p->wire, -1);
	buf_init(&p->request, BENCH_MAX_REQUEST);
	buf_init(&p->answer, BENCH_MAX_ANSWER);
	buf_init(&body, BENCH_MAX_REQUEST);
	enum err err = put_body(&body, to, &p->marker_at);
	if (!err)
		err = put_request(&p->request, to, body.len);
	p->marker_at += p->request.len;
	if (!err)
		err = buf_append(&p->request, buf_slice(&body));
	buf_free(&body);
	return err;
}

static void hang_up(struct bench_publisher *p)
{
	wire_close(&p->wire);
	p->ready = false;
}

void bench_publisher_fini(struct bench_publisher *p)
{
	hang_up(p);
	buf_free(&p->request);
	buf_free(&p->answer);
}

static enum bench_publish failed(struct bench_publisher *p, const char *why)
{
	hang_up(p);
	p->busy = false;
	p->why = why;
	return BENCH_PUBLISH_FAILED;
}

static enum bench_publish await(struct bench_publisher *p, unsigned flags)
{
	if (waitset_change(p->set, p->wire.fd, p, flags))
		return failed(p, "cannot wait for the connection");
	return BENCH_PUBLISH_PENDING;
}

static enum bench_publish send_rest(struct bench_publisher *p)
{
	long n = wire_send(&p->wire, slice_from(buf_slice(&p->request), p->sent));

	if (n == WIRE_FAILED)
		return failed(p, p->wire.why);
	if (n > 0)
		p->sent += (size_t)n;
	return await(p, p->sent < p->request.len ? WAITSET_WRITE : WAITSET_READ);
}

static enum bench_publish greet(struct bench_publisher *p)
{
	long step = wire_greet(&p->wire);

	if (step == WIRE_FAILED)
		return failed(p, p->wire.why);
	if (step < 0)
		return await(p, step == WIRE_WANT_WRITE ? WAITSET_WRITE : WAITSET_READ);
	p->ready = true;
	return send_rest(p);
}

static enum bench_publish connected(struct bench_publisher *p)
{
	int error = tcp_error(p->wire.fd);

	if (error != 0)
		return failed(p, strerror(error));
	if (p->url->https && !p->wire.tls.ssl &&
	    wire_secure(&p->wire, p->trust, p->url->host, SLICE("http/1.1")))
		return failed(p, "out of memory, or the host name is too long");
	return greet(p);
}

static enum bench_publish connect_first(struct bench_publisher *p)
{
	int fd;

	if (tcp_connect(&p->target, 0, &fd))
		return failed(p, strerror(errno));
	wire_init(&p->wire, fd);
	if (waitset_add(p->set, fd, p, WAITSET_WRITE))
		return failed(p, "cannot wait for the connection");
	return BENCH_PUBLISH_PENDING;
}

enum bench_publish bench_publisher_send(struct bench_publisher *p, const struct marker *m)
{
	struct writer w;

	require(!p->busy);
	p->busy = true;
	p->sent = 0;
	buf_reset(&p->answer);
	writer_init(&w, p->request.ptr + p->marker_at, MARKER_LEN);
	marker_put(&w, m, MARKER_LEN);
	return p->ready ? send_rest(p) : connect_first(p);
}

/* Where the answer's body ends is known without its content. */
static enum http_step body_step(const struct http_response *res, struct slice body)
{
	struct http_chunked chunked;
	enum http_step step = HTTP_MORE;

	if (res->body == HTTP_BODY_LENGTH)
		return body.len >= res->content_length ? HTTP_DONE : HTTP_MORE;
	if (res->body != HTTP_BODY_CHUNKED)
		return HTTP_REFUSED;
	http_chunked_init(&chunked);
	while (step == HTTP_MORE && body.len > 0) {
		enum http_fault fault;
		struct slice data;
		size_t used;

		step = http_chunked_eat(&chunked, body, &used, &data, &fault);
		body = slice_from(body, used);
	}
	return step;
}

static enum bench_publish take_answer(struct bench_publisher *p)
{
	struct http_response res;
	enum http_fault fault;
	struct slice in = buf_slice(&p->answer);
	size_t len;
	enum http_step step = http_response_parse(in, &res, &len, &fault);

	if (step == HTTP_DONE)
		step = body_step(&res, slice_from(in, len));
	if (step == HTTP_MORE)
		return BENCH_PUBLISH_PENDING;
	if (step == HTTP_REFUSED)
		return failed(p, "the answer is not HTTP that can be kept alive");
	p->busy = false;
	p->status = res.status;
	if (!res.keep_alive)
		hang_up(p);
	return res.status / 100 == 2 ? BENCH_PUBLISH_DONE : BENCH_PUBLISH_REFUSED;
}

static enum bench_publish receive(struct bench_publisher *p)
{
	char room[READ_MAX];
	long n = wire_receive(&p->wire, room, sizeof(room));

	if (n == WIRE_WANT_READ || n == WIRE_WANT_WRITE)
		return BENCH_PUBLISH_PENDING;
	/* An idle connection may be closed at any time; the next event makes a new one. */
	if (n <= 0 && !p->busy) {
		hang_up(p);
		return BENCH_PUBLISH_PENDING;
	}
	if (n == WIRE_FAILED)
		return failed(p, p->wire.why);
	if (n == 0)
		return failed(p, "the server closed the connection without an answer");
	if (!p->busy)
		return failed(p, "an answer came that nothing asked for");
	if (buf_append(&p->answer, (struct slice){room, (size_t)n}))
		return failed(p, "the answer is too long");
	return take_answer(p);
}

enum bench_publish bench_publisher_handle(struct bench_publisher *p)
{
	if (!p->ready)
		return connected(p);
	return p->busy && p->sent < p->request.len ? send_rest(p) : receive(p);
}

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
			      const struct tcp_target *target, const struct bench_publish_to *to)
{
	struct buf body;

	*p = (struct bench_publisher){.set = set, .target = *target, .fd = -1};
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

void bench_publisher_fini(struct bench_publisher *p)
{
	tcp_close(p->fd);
	p->fd = -1;
	buf_free(&p->request);
	buf_free(&p->answer);
}

static enum bench_publish failed(struct bench_publisher *p, const char *why)
{
	tcp_close(p->fd);
	p->fd = -1;
	p->busy = false;
	p->why = why;
	return BENCH_PUBLISH_FAILED;
}

static enum bench_publish send_rest(struct bench_publisher *p)
{
	long n = tcp_send(p->fd, slice_from(buf_slice(&p->request), p->sent));

	if (n == TCP_FAILED)
		return failed(p, strerror(errno));
	if (n > 0)
		p->sent += (size_t)n;
	unsigned flags = p->sent < p->request.len ? WAITSET_WRITE : WAITSET_READ;
	if (waitset_change(p->set, p->fd, p, flags))
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
	if (p->fd >= 0)
		return send_rest(p);
	if (tcp_connect(&p->target, 0, &p->fd))
		return failed(p, strerror(errno));
	if (waitset_add(p->set, p->fd, p, WAITSET_WRITE))
		return failed(p, "cannot wait for the connection");
	return BENCH_PUBLISH_PENDING;
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
	if (!res.keep_alive) {
		tcp_close(p->fd);
		p->fd = -1;
	}
	return res.status / 100 == 2 ? BENCH_PUBLISH_DONE : BENCH_PUBLISH_REFUSED;
}

static enum bench_publish receive(struct bench_publisher *p)
{
	char room[READ_MAX];
	long n = tcp_receive(p->fd, room, sizeof(room));

	if (n == TCP_AGAIN)
		return BENCH_PUBLISH_PENDING;
	/* An idle connection may be closed at any time; the next event makes a new one. */
	if (n <= 0 && !p->busy) {
		tcp_close(p->fd);
		p->fd = -1;
		return BENCH_PUBLISH_PENDING;
	}
	if (n == TCP_FAILED)
		return failed(p, strerror(errno));
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
	if (p->busy && p->sent < p->request.len) {
		int error = tcp_error(p->fd);

		return error != 0 ? failed(p, strerror(error)) : send_rest(p);
	}
	return receive(p);
}

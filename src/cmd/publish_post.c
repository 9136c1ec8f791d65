/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/publish_post.h"

#include "cmd/answer.h"
#include "os/monotonic.h"

static bool on_head(void *ctx, const struct http_response *res)
{
	struct post *p = ctx;

	p->status = res->status;
	return true;
}

/* An answer that is too large ends the exchange; what was published stays published. */
static bool on_body(void *ctx, struct slice piece)
{
	struct post *p = ctx;

	return buf_append(&p->answer, piece) == OK;
}

void post_init(struct post *p, size_t max_body, const struct tls_trust *trust)
{
	const struct client_sink sink = {.ctx = p, .on_head = on_head, .on_body = on_body};

	*p = (struct post){0};
	client_init(&p->client, sink, trust);
	buf_init(&p->request, POST_MAX_HEAD + max_body);
	buf_init(&p->answer, POST_MAX_ANSWER);
}

void post_fini(struct post *p)
{
	client_fini(&p->client);
	buf_free(&p->request);
	buf_free(&p->answer);
}

static void put_head(struct writer *w, const struct post *p, size_t body_len)
{
	client_put_head(w, SLICE("POST"), p->url);
	client_put_field(w, SLICE("Content-Type"), p->type);
	client_put_field(w, SLICE("Accept"), SLICE("application/json"));
	client_put_field(w, SLICE("Connection"), SLICE("close"));
	if (p->key.ptr) {
		put(w, SLICE("Authorization: Bearer "));
		put(w, p->key);
		put(w, SLICE("\r\n"));
	}
	put(w, SLICE("Content-Length: "));
	put_u64(w, body_len);
	put(w, SLICE("\r\n\r\n"));
}

static enum err build(struct post *p, struct slice body)
{
	struct writer w;

	buf_reset(&p->request);
	enum err err = buf_reserve(&p->request, POST_MAX_HEAD + body.len);
	if (err)
		return err;
	writer_init(&w, p->request.ptr, POST_MAX_HEAD);
	put_head(&w, p, body.len);
	if (w.overflow)
		return E_TOO_BIG;
	p->request.len = w.len;
	return buf_append(&p->request, body);
}

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000u;
}

static enum client_step run(struct post *p)
{
	uint64_t start = now_ms();

	client_start(&p->client, p->url, buf_slice(&p->request), start);
	for (;;) {
		uint64_t now = now_ms();
		enum client_step step = client_step(&p->client, now);
		uint64_t due = client_due_ms(&p->client);

		if (step != CLIENT_WAIT)
			return step;
		if (now >= start + POST_MS)
			return CLIENT_STOPPED;
		due = due < start + POST_MS ? due : start + POST_MS;
		struct pollfd wait = client_poll(&p->client);
		(void)poll(&wait, 1, due > now ? (int)(due - now) : 0);
	}
}

enum exit_code post_send(struct post *p, struct slice body, struct writer *fault)
{
	enum err err = build(p, body);

	if (err) {
		put(fault, slice_of(err_text(err)));
		return EXIT_UNREACHABLE;
	}
	buf_reset(&p->answer);
	p->status = 0;
	enum client_step step = run(p);
	if (p->status == 0 && step == CLIENT_FAILED) {
		put(fault, p->url->authority);
		put(fault, SLICE(": "));
		client_put_why(&p->client, fault);
	} else if (p->status >= 300) {
		answer_put_refusal(fault, p->status, buf_slice(&p->answer));
		return EXIT_FINDINGS;
	} else if (step != CLIENT_DONE) {
		put(fault, SLICE("the answer is incomplete: it is not known what was published"));
	} else {
		return EXIT_OK;
	}
	return EXIT_UNREACHABLE;
}

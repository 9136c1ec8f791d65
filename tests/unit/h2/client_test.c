/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "h2/client.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ASKED 256

/* A server in memory: nghttp2's own other side. */
struct server {
	nghttp2_session *session;
	size_t asked; /* requests whose head came */
	int32_t streams[MAX_ASKED];
	char head[256]; /* of the last request: "name=value " */
	struct slice rest;
	bool end; /* of the body, behind `rest` */
};

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *user)
{
	struct server *s = user;
	size_t at = strlen(s->head);

	(void)session;
	(void)frame;
	(void)flags;
	assert_true(at + name_len + value_len + 3 < sizeof(s->head));
	memcpy(s->head + at, name, name_len);
	s->head[at + name_len] = '=';
	memcpy(s->head + at + name_len + 1, value, value_len);
	memcpy(s->head + at + name_len + 1 + value_len, " ", 2);
	return 0;
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct server *s = user;

	(void)session;
	(void)frame;
	s->head[0] = '\0';
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct server *s = user;

	(void)session;
	if (frame->hd.type == NGHTTP2_HEADERS && s->asked < MAX_ASKED)
		s->streams[s->asked++] = frame->hd.stream_id;
	return 0;
}

static void server_init(struct server *s, uint32_t max_streams)
{
	const nghttp2_settings_entry setting = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
						max_streams};
	nghttp2_session_callbacks *cb;

	*s = (struct server){0};
	assert_int_equal(nghttp2_session_callbacks_new(&cb), 0);
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	assert_int_equal(nghttp2_session_server_new(&s->session, cb, s), 0);
	nghttp2_session_callbacks_del(cb);
	assert_int_equal(nghttp2_submit_settings(s->session, 0, &setting, 1), 0);
}

static ssize_t give_rest(nghttp2_session *session, int32_t stream, uint8_t *room, size_t cap,
			 uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct server *s = user;
	size_t n = s->rest.len < cap ? s->rest.len : cap;

	(void)session;
	(void)stream;
	(void)source;
	if (n > 0)
		memcpy(room, s->rest.ptr, n);
	s->rest = slice_from(s->rest, n);
	if (s->rest.len == 0 && s->end)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	else if (n == 0)
		return NGHTTP2_ERR_DEFERRED;
	return (ssize_t)n;
}

static nghttp2_nv pair(char *name, char *value)
{
	return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), 0};
}

static void respond(struct server *s, int32_t stream, const char *status, struct slice body,
		    bool end)
{
	char text[4];
	char name[] = ":status";
	const nghttp2_data_provider data = {.read_callback = give_rest};

	memcpy(text, status, sizeof(text));
	nghttp2_nv nv = pair(name, text);
	s->rest = body;
	s->end = end;
	assert_int_equal(nghttp2_submit_response(s->session, stream, &nv, 1, &data), 0);
}

/* What the owner of one request heard, in order: "200 body(abc) closed(0) ". */
struct owner {
	char heard[512];
	size_t bytes;
};

static void hear(struct owner *o, const char *what, struct slice text)
{
	size_t at = strlen(o->heard);

	(void)snprintf(o->heard + at, sizeof(o->heard) - at, "%s%.*s ", what, SLICE_ARG(text));
}

static void on_head(void *ctx, void *owner, unsigned status)
{
	char text[8];

	assert_non_null(ctx);
	(void)snprintf(text, sizeof(text), "%u", status);
	hear(owner, text, SLICE(""));
}

static void on_body(void *ctx, void *owner, struct slice data)
{
	struct owner *o = owner;

	assert_non_null(ctx);
	if (o->bytes < 64)
		hear(o, "body:", data);
	o->bytes += data.len;
}

static void on_closed(void *ctx, void *owner, uint32_t error)
{
	char text[32];

	assert_non_null(ctx);
	(void)snprintf(text, sizeof(text), "closed:%u", error);
	hear(owner, text, SLICE(""));
}

static struct h2_client *new_client(void)
{
	static int ctx;
	const struct h2_client_events events = {&ctx, on_head, on_body, on_closed};
	struct h2_client *c = h2_client_new(&events);

	assert_non_null(c);
	return c;
}

static void ask(struct h2_client *c, struct owner *o)
{
	const struct http_field accept = {SLICE("Accept"), SLICE("text/event-stream")};
	const struct h2_get get = {SLICE("https"), SLICE("a.example"), SLICE("/s?t=1"), &accept, 1};

	*o = (struct owner){0};
	assert_int_equal(h2_client_get(c, &get, o), OK);
}

/* Carries bytes of `step` length until neither side has any. False: the client has given up. */
static bool carry(struct h2_client *c, struct server *s, size_t step)
{
	for (;;) {
		struct slice out = slice_upto(h2_client_output(c), step);
		const uint8_t *data = NULL;

		if (out.len > 0) {
			assert_true(nghttp2_session_mem_recv(s->session, (const uint8_t *)out.ptr,
							     out.len) == (ssize_t)out.len);
			h2_client_sent(c, out.len);
		}
		ssize_t n = nghttp2_session_mem_send(s->session, &data);
		for (ssize_t at = 0; at < n;) {
			struct slice in =
				slice_upto(slice_from((struct slice){(const char *)data, (size_t)n},
						      (size_t)at),
					   step);

			if (!h2_client_receive(c, place_at_edge(in)))
				return false;
			at += (ssize_t)in.len;
		}
		if (out.len == 0 && n <= 0)
			return true;
	}
}

static const size_t steps[] = {1, 7, SIZE_MAX};

static void a_request_and_its_answer_in_any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct h2_client *c = new_client();
		struct server s;
		struct owner o;

		server_init(&s, 100);
		ask(c, &o);
		assert_true(carry(c, &s, steps[i]));
		assert_int_equal(s.asked, 1);
		assert_string_equal(s.head, ":method=GET :scheme=https :authority=a.example "
					    ":path=/s?t=1 accept=text/event-stream ");
		respond(&s, s.streams[0], "200", SLICE("abc"), false);
		assert_true(carry(c, &s, SIZE_MAX));
		assert_string_equal(o.heard, "200 body:abc ");
		s.rest = SLICE("de");
		s.end = true;
		assert_int_equal(nghttp2_session_resume_data(s.session, s.streams[0]), 0);
		assert_true(carry(c, &s, SIZE_MAX));
		assert_string_equal(o.heard, "200 body:abc body:de closed:0 ");
		assert_null(h2_client_why(c));
		nghttp2_session_del(s.session);
		h2_client_free(c);
	}
}

static void interim_answers_are_read_over(void **state)
{
	(void)state;
	struct h2_client *c = new_client();
	struct server s;
	struct owner o;
	char name[] = ":status", value[] = "103";
	const nghttp2_nv nv = pair(name, value);

	server_init(&s, 100);
	ask(c, &o);
	assert_true(carry(c, &s, SIZE_MAX));
	assert_int_equal(nghttp2_submit_headers(s.session, 0, s.streams[0], NULL, &nv, 1, NULL), 0);
	respond(&s, s.streams[0], "404", SLICE(""), true);
	assert_true(carry(c, &s, SIZE_MAX));
	assert_string_equal(o.heard, "404 closed:0 ");
	nghttp2_session_del(s.session);
	h2_client_free(c);
}

static void a_reset_and_a_goodbye_reach_the_owners(void **state)
{
	(void)state;
	struct h2_client *c = new_client();
	struct server s;
	struct owner reset, late;

	server_init(&s, 100);
	ask(c, &reset);
	ask(c, &late);
	assert_true(carry(c, &s, SIZE_MAX));
	assert_int_equal(nghttp2_submit_rst_stream(s.session, 0, s.streams[0], NGHTTP2_CANCEL), 0);
	assert_true(carry(c, &s, SIZE_MAX));
	assert_string_equal(reset.heard, "closed:8 ");
	/* A server that has not looked at the second stream: its owner hears that too. */
	assert_int_equal(
		nghttp2_submit_goaway(s.session, 0, s.streams[0], NGHTTP2_NO_ERROR, NULL, 0), 0);
	(void)carry(c, &s, SIZE_MAX);
	assert_string_equal(late.heard, "closed:7 ");
	assert_string_equal(h2_client_why(c), "the server goes away");
	nghttp2_session_del(s.session);
	h2_client_free(c);
}

static void more_streams_than_the_server_allows_wait(void **state)
{
	(void)state;
	struct h2_client *c = new_client();
	struct server s;
	struct owner owners[5];

	server_init(&s, 3);
	assert_int_equal(h2_client_max_streams(c), 100);
	assert_false(h2_client_is_told(c));
	assert_true(carry(c, &s, SIZE_MAX));
	assert_true(h2_client_is_told(c));
	assert_int_equal(h2_client_max_streams(c), 3);
	for (size_t i = 0; i < COUNT_OF(owners); i++)
		ask(c, &owners[i]);
	assert_true(carry(c, &s, SIZE_MAX));
	assert_int_equal(s.asked, 3);
	respond(&s, s.streams[1], "200", SLICE(""), true);
	assert_true(carry(c, &s, SIZE_MAX));
	assert_int_equal(s.asked, 4);
	nghttp2_session_del(s.session);
	h2_client_free(c);
}

/* Past all windows, both of the stream and of the connection: they open again by themselves. */
static void a_long_body_never_stalls(void **state)
{
	(void)state;
	const size_t len = 2 * H2_CLIENT_WINDOW_ALL;
	struct h2_client *c = new_client();
	char *body = calloc(1, len);
	struct server s;
	struct owner o;

	assert_non_null(body);
	memset(body, 'x', len);
	server_init(&s, 100);
	ask(c, &o);
	assert_true(carry(c, &s, SIZE_MAX));
	respond(&s, s.streams[0], "200", (struct slice){body, len}, true);
	while (s.rest.len > 0)
		assert_true(carry(c, &s, SIZE_MAX));
	assert_int_equal(o.bytes, len);
	nghttp2_session_del(s.session);
	h2_client_free(c);
	free(body);
}

static const struct {
	const char *name;
	struct slice in;
} broken[] = {
	{"an answer of HTTP/1.1", SLICE_INIT("HTTP/1.1 400 Bad Request\r\n\r\n")},
	{"a frame that is too long", SLICE_INIT("\xff\xff\xff\x04\x00\x00\x00\x00\x00")},
	{"DATA before SETTINGS", SLICE_INIT("\x00\x00\x01\x00\x00\x00\x00\x00\x01x")},
	{"SETTINGS of a strange length",
	 SLICE_INIT("\x00\x00\x01\x04\x00\x00\x00\x00\x00x\x00\x00\x00\x04\x00\x00\x00\x00\x00")},
};

static void what_is_not_http2_ends_the_connection_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct h2_client *c = new_client();
		struct owner o;
		bool good = true;

		ask(c, &o);
		good = h2_client_receive(c, place_at_edge(broken[i].in));
		/* nghttp2 answers some of them with GOAWAY, and then reads no more. */
		for (struct slice out; good && (out = h2_client_output(c)).len > 0;)
			h2_client_sent(c, out.len);
		good = good && h2_client_receive(c, SLICE("x"));
		check(broken[i].name, !good);
		check(broken[i].name, h2_client_why(c) != NULL);
		h2_client_free(c);
	}
}

static void output_stays_until_it_is_sent(void **state)
{
	(void)state;
	struct h2_client *c = new_client();
	struct owner o[2];
	char all[512];

	ask(c, &o[0]);
	ask(c, &o[1]);
	/* The preface, SETTINGS, the window and both requests in one piece. */
	struct slice out = h2_client_output(c);
	assert_true(out.len > 80 && out.len < sizeof(all));
	memcpy(all, out.ptr, out.len);
	assert_memory_equal(all, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
	h2_client_sent(c, 10);
	check_slice("the rest", h2_client_output(c), slice_from((struct slice){all, out.len}, 10));
	h2_client_sent(c, out.len - 10);
	assert_int_equal(h2_client_output(c).len, 0);
	h2_client_free(c);
	h2_client_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_and_its_answer_in_any_pieces),
		cmocka_unit_test(interim_answers_are_read_over),
		cmocka_unit_test(a_reset_and_a_goodbye_reach_the_owners),
		cmocka_unit_test(more_streams_than_the_server_allows_wait),
		cmocka_unit_test(a_long_body_never_stalls),
		cmocka_unit_test(what_is_not_http2_ends_the_connection_with_a_reason),
		cmocka_unit_test(output_stays_until_it_is_sent),
	};

	return cmocka_run_group_tests_name("h2-client", tests, NULL, NULL);
}

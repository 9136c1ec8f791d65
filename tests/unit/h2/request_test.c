/* SPDX-License-Identifier: Apache-2.0 */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define END     NGHTTP2_FLAG_END_STREAM
#define WHOLE   NGHTTP2_FLAG_END_HEADERS
#define GET     ":method: GET\n:scheme: https\n"
#define A       ":authority: a.example\n"
#define POST    ":method: POST\n:scheme: https\n:path: /p\n:authority: a.example\n"
#define GET_ALL GET ":path: /\n" A

static struct lab lab;

/* What the host hears of one request, and the code of the reset that answers it; 0: none. */
static void ask(const char *name, const char *lines, uint8_t flags, const char *told, uint32_t code,
		size_t piece)
{
	struct lab_reply reply;

	lab_init(&lab);
	lab_headers(&lab, 1, flags | WHOLE, lines);
	check(name, lab_feed(&lab, piece));
	check_slice(name, buf_slice(&lab.told), slice_of(told));
	bool reset = lab_find(&lab, NGHTTP2_RST_STREAM, &reply);
	check(name, reset == (code != 0));
	check(name, !reset || lab_code(&reply) == code);
	lab_fini(&lab);
}

static const struct {
	const char *name;
	const char *lines;
	uint8_t flags;
	const char *told;
} good[] = {
	{"path, query and authority become a request", GET ":path: /a/b?c=d\n" A, END,
	 "GET /a/b?c=d @a.example body=0 fault=no fault\n"},
	{"a field keeps its name and value", GET_ALL "accept: text/event-stream\n", END,
	 "GET /? @a.example body=0 fault=no fault\n accept=text/event-stream\n"},
	{"crumbs of a cookie are joined where the first stood",
	 GET_ALL "cookie: a=1\nx: y\ncookie: b=2\ncookie: c=3\n", END,
	 "GET /? @a.example body=0 fault=no fault\n cookie=a=1; b=2; c=3\n x=y\n"},
	{"one crumb is a cookie", GET_ALL "cookie: a=1\n", END,
	 "GET /? @a.example body=0 fault=no fault\n cookie=a=1\n"},
	{"Host may say the same", GET_ALL "host: A.example:443\n", END,
	 "GET /? @a.example body=0 fault=no fault\n host=A.example:443\n"},
	{"Host may stand for the authority", GET ":path: /\nhost: b.example\n", END,
	 "GET /? @b.example body=0 fault=no fault\n host=b.example\n"},
	{"te may be trailers", GET_ALL "te: trailers\n", END,
	 "GET /? @a.example body=0 fault=no fault\n te=trailers\n"},
	{"OPTIONS * is a target", ":method: OPTIONS\n:scheme: http\n:path: *\n" A, END,
	 "OPTIONS *? @a.example body=0 fault=no fault\n"},
	{"a body whose length is told", POST "content-length: 5\n", 0,
	 "POST /p? @a.example body=1 fault=no fault\n content-length=5\n"},
	{"a body until the end of the stream", POST, 0,
	 "POST /p? @a.example body=3 fault=no fault\n"},
	{"a POST without a body", POST, END, "POST /p? @a.example body=0 fault=no fault\n"},
};

static void requests_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		ask(good[i].name, good[i].lines, good[i].flags, good[i].told, 0, SIZE_MAX);
		ask(good[i].name, good[i].lines, good[i].flags, good[i].told, 0, 1);
	}
}

/* The host hears nothing; the stream is reset with PROTOCOL_ERROR, and the connection goes on. */
static const struct {
	const char *name;
	const char *lines;
} malformed[] = {
	{"a name in upper case", GET_ALL "Accept: x\n"},
	{"a space in a name", GET_ALL "a b: x\n"},
	{"a colon in a name", GET_ALL "a:b: x\n"},
	{"a control in a name", GET_ALL "a\x01: x\n"},
	{"a byte of 0x80 in a name", GET_ALL "a\x80: x\n"},
	{"CR in a value", GET_ALL "a: x\ry\n"},
	{"a control in a value", GET_ALL "a: x\x01y\n"},
	{"DEL in a value", GET_ALL "a: x\x7f\n"},
	{"a space before a value", GET_ALL "a:  x\n"},
	{"a space behind a value", GET_ALL "a: x \n"},
	{"a tab behind a value", GET_ALL "a: x\t\n"},
	{"connection", GET_ALL "connection: close\n"},
	{"keep-alive", GET_ALL "keep-alive: timeout=5\n"},
	{"proxy-connection", GET_ALL "proxy-connection: close\n"},
	{"transfer-encoding", GET_ALL "transfer-encoding: chunked\n"},
	{"upgrade", GET_ALL "upgrade: h2c\n"},
	{"te other than trailers", GET_ALL "te: gzip\n"},
	{"no method", ":scheme: http\n:path: /\n" A},
	{"no scheme", ":method: GET\n:path: /\n" A},
	{"no path", GET A},
	{"neither authority nor Host", GET ":path: /\n"},
	{"an empty authority", GET ":path: /\n:authority: \n"},
	{"an empty path", GET ":path: \n" A},
	{"a path that does not begin with a slash", GET ":path: a\n" A},
	{"an absolute URL for a path", GET ":path: http://a.example/\n" A},
	{"* for a GET", GET ":path: *\n" A},
	{"two paths", GET ":path: /\n:path: /\n" A},
	{"two methods", ":method: GET\n" GET_ALL},
	{"two authorities", GET_ALL A},
	{"two Hosts", GET_ALL "host: a.example\nhost: a.example\n"},
	{"a pseudo field behind a field", GET ":path: /\nx: y\n" A},
	{"a pseudo field that nobody knows", GET_ALL ":x: y\n"},
	{"a pseudo field of responses", GET_ALL ":status: 200\n"},
	{"a method that is no token", ":method: G T\n:scheme: http\n:path: /\n" A},
	{"Host that names another host", GET_ALL "host: b.example\n"},
	{"Host that names another port", GET_ALL "host: a.example:80\n"},
	{"extended CONNECT, which was not offered",
	 ":method: CONNECT\n:protocol: websocket\n:scheme: https\n:path: /\n" A},
	{"CONNECT with a path", ":method: CONNECT\n:path: /\n" A},
	{"two lengths", POST "content-length: 0\ncontent-length: 0\n"},
	{"a length that is no number", POST "content-length: +0\n"},
	{"a length of a body that does not come", POST "content-length: 1\n"},
};

static void a_malformed_field_makes_the_request_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		ask(malformed[i].name, malformed[i].lines, END, "", NGHTTP2_PROTOCOL_ERROR,
		    SIZE_MAX);
		ask(malformed[i].name, malformed[i].lines, END, "", NGHTTP2_PROTOCOL_ERROR, 1);
	}
}

/* Well-formed HTTP/2, but not a request that we take. */
static const struct {
	const char *name;
	const char *lines;
	enum http_fault fault;
} faulty[] = {
	{"CONNECT", ":method: CONNECT\n" A, HTTP_FAULT_CONNECT},
	{"a fragment in the path", GET ":path: /a#b\n" A, HTTP_FAULT_TARGET},
	{"a byte of 0x80 in the path", GET ":path: /\x80\n" A, HTTP_FAULT_TARGET},
	{"another scheme", ":method: GET\n:scheme: ftp\n:path: /\n" A, HTTP_FAULT_TARGET},
	{"user information in the authority", GET ":path: /\n:authority: u@a.example\n",
	 HTTP_FAULT_HOST},
	{"an authority with a port too large", GET ":path: /\n:authority: a:65536\n",
	 HTTP_FAULT_HOST},
	{"a Host that is none", GET ":path: /\nhost: a..b\n", HTTP_FAULT_HOST},
};

static void what_is_no_request_of_ours_is_told_with_its_fault(void **state)
{
	struct lab_reply reply;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(faulty); i++) {
		lab_init(&lab);
		lab_headers(&lab, 1, END | WHOLE, faulty[i].lines);
		check(faulty[i].name, lab_send(&lab));
		check(faulty[i].name, lab.asked == 1);
		check(faulty[i].name, lab.fault == faulty[i].fault);
		check(faulty[i].name, !lab_find(&lab, NGHTTP2_RST_STREAM, &reply));
		lab_fini(&lab);
	}
}

/* `count` fields, each of `size` bytes as RFC 9113 6.5.2 counts. Two bytes are the name. */
static void ask_large(const char *name, size_t count, size_t size, size_t path,
		      enum http_fault want)
{
	struct buf lines;
	char *value = malloc(HTTP_MAX_HEAD + 1);

	memset(value, 'v', HTTP_MAX_HEAD);
	buf_init(&lines, 1u << 20);
	assert_int_equal(buf_append(&lines, SLICE(GET A ":path: /")), OK);
	assert_int_equal(buf_append(&lines, (struct slice){value, path}), OK);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(buf_append(&lines, SLICE("\nxy: ")), OK);
		assert_int_equal(buf_append(&lines, (struct slice){value, size - 34}), OK);
	}
	assert_int_equal(buf_append(&lines, (struct slice){"\n", 2}), OK);
	lab_init(&lab);
	/* In pieces: one frame of so many bytes would be a fault of its own. */
	struct buf block;
	buf_init(&block, 1u << 20);
	lab_block(&lab, lines.ptr, &block);
	struct slice rest = buf_slice(&block);
	lab_frame(&lab, NGHTTP2_HEADERS, END, 1, slice_upto(rest, 8000));
	for (rest = slice_from(rest, 8000); rest.len > 0; rest = slice_from(rest, 8000))
		lab_frame(&lab, NGHTTP2_CONTINUATION, 0, 1, slice_upto(rest, 8000));
	lab_frame(&lab, NGHTTP2_CONTINUATION, WHOLE, 1, SLICE_NONE);
	check(name, lab_send(&lab));
	check(name, lab.asked == 1);
	if (lab.fault != want)
		fail_msg("%s: %s", name, http_fault_text(lab.fault));
	buf_free(&block);
	buf_free(&lines);
	free(value);
	lab_fini(&lab);
}

static void a_large_head_is_a_fault_and_no_end(void **state)
{
	/* :method GET, :scheme https, :authority a.example, :path / as they count. */
	const size_t pseudo = 42 + 44 + 51 + 38;

	(void)state;
	ask_large("as many fields as we take", HTTP_MAX_FIELDS, 40, 0, HTTP_FAULT_NONE);
	ask_large("one more", HTTP_MAX_FIELDS + 1, 40, 0, HTTP_FAULT_TOO_MANY_FIELDS);
	ask_large("far more", 100, 40, 0, HTTP_FAULT_TOO_MANY_FIELDS);
	ask_large("as many bytes as we take", 1, HTTP_MAX_HEAD - pseudo, 0, HTTP_FAULT_NONE);
	ask_large("one byte more", 1, HTTP_MAX_HEAD - pseudo + 1, 0, HTTP_FAULT_HEAD_TOO_LONG);
	ask_large("far more bytes", 4, 10000, 0, HTTP_FAULT_HEAD_TOO_LONG);
	ask_large("the longest path", 0, 0, HTTP_MAX_LINE - 1, HTTP_FAULT_NONE);
	ask_large("a longer path", 0, 0, HTTP_MAX_LINE, HTTP_FAULT_LINE_TOO_LONG);
}

static void data(uint32_t id, uint8_t flags, struct slice bytes)
{
	lab_frame(&lab, NGHTTP2_DATA, flags, id, bytes);
}

/* `pieces` DATA frames of five bytes, the last one with END_STREAM. */
static const struct {
	const char *name;
	const char *lines;
	size_t pieces;
	bool trailers;
	const char *told;
	uint32_t code; /* of the reset; 0: none */
} bodies[] = {
	{"a body of the length told", POST "content-length: 10\n", 2, false,
	 "POST /p? @a.example body=1 fault=no fault\n content-length=10\nended 1 with 10\n", 0},
	{"a body of no length", POST, 3, false,
	 "POST /p? @a.example body=3 fault=no fault\nended 1 with 15\n", 0},
	{"a body with trailers", POST, 1, true,
	 "POST /p? @a.example body=3 fault=no fault\nended 1 with 5\n", 0},
	{"a body that is shorter than told", POST "content-length: 11\n", 2, false,
	 "POST /p? @a.example body=1 fault=no fault\n content-length=11\ngone\n",
	 NGHTTP2_PROTOCOL_ERROR},
	{"a body that is longer than told", POST "content-length: 9\n", 2, false,
	 "POST /p? @a.example body=1 fault=no fault\n content-length=9\ngone\n",
	 NGHTTP2_PROTOCOL_ERROR},
};

static void bodies_are_told(void **state)
{
	struct lab_reply reply;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(bodies); i++) {
		size_t at = i / 2;

		lab_init(&lab);
		lab_headers(&lab, 1, WHOLE, bodies[at].lines);
		for (size_t p = 1; p <= bodies[at].pieces; p++) {
			bool last = p == bodies[at].pieces && !bodies[at].trailers;

			data(1, last ? END : 0, SLICE("12345"));
		}
		if (bodies[at].trailers)
			lab_headers(&lab, 1, END | WHOLE, "x: y\n");
		check(bodies[at].name, lab_feed(&lab, i % 2 ? 1 : SIZE_MAX));
		check_slice(bodies[at].name, buf_slice(&lab.told), slice_of(bodies[at].told));
		bool reset = lab_find(&lab, NGHTTP2_RST_STREAM, &reply);
		check(bodies[at].name, reset == (bodies[at].code != 0));
		check(bodies[at].name, !reset || lab_code(&reply) == bodies[at].code);
		lab_fini(&lab);
	}
}

static void a_body_waits_for_its_owner(void **state)
{
	static const char bytes[16000];
	struct lab_reply reply;

	(void)state;
	lab_init(&lab);
	lab.consume = false;
	lab_headers(&lab, 1, WHOLE, POST);
	lab_headers(&lab, 3, WHOLE, POST);
	for (size_t i = 0; i < 4; i++) {
		data(1, 0, (struct slice){bytes, sizeof(bytes)});
		data(3, 0, (struct slice){bytes, sizeof(bytes)});
	}
	/* More than the window of the connection: streams wait for their owners, not for others. */
	assert_true(lab_feed(&lab, 9000));
	assert_int_equal(lab.streams[0].body, 64000);
	assert_int_equal(lab.streams[1].body, 64000);
	while (lab_find(&lab, NGHTTP2_WINDOW_UPDATE, &reply))
		assert_int_equal(reply.id, 0);
	h2_stream_consume(lab.streams[0].stream, 64000);
	assert_true(h2_session_flush(lab.session));
	assert_true(lab_find(&lab, NGHTTP2_WINDOW_UPDATE, &reply));
	assert_int_equal(reply.id, 1);
	assert_int_equal(lab_code(&reply), 64000);
	/* Past the window the stream is at fault. */
	data(3, 0, (struct slice){bytes, sizeof(bytes)});
	assert_true(lab_send(&lab));
	assert_true(lab_find(&lab, NGHTTP2_RST_STREAM, &reply));
	assert_int_equal(lab_code(&reply), NGHTTP2_FLOW_CONTROL_ERROR);
	assert_true(lab.streams[1].gone);
	lab_fini(&lab);
}

static void a_request_that_nobody_wants_is_refused(void **state)
{
	struct lab_reply reply;

	(void)state;
	lab_init(&lab);
	lab.refuse = true;
	lab_get(&lab, 1);
	assert_true(lab_send(&lab));
	assert_true(lab_find(&lab, NGHTTP2_RST_STREAM, &reply));
	assert_int_equal(lab_code(&reply), NGHTTP2_REFUSED_STREAM);
	assert_int_equal(h2_session_streams(lab.session), 0);
	lab_fini(&lab);
}

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
} broken[] = {
	{"a preface of HTTP/1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27},
	{"no SETTINGS behind the preface",
	 H2_PREFACE "\0\0\x08\6\0\0\0\0\0"
		    "12345678",
	 41},
	{"a frame larger than we take",
	 H2_PREFACE "\0\0\0\4\0\0\0\0\0"
		    "\0\x40\1\0\0\0\0\0\1",
	 42},
	{"DATA on no stream",
	 H2_PREFACE "\0\0\0\4\0\0\0\0\0"
		    "\0\0\1\0\0\0\0\0\0x",
	 43},
	{"a stream with an even number",
	 H2_PREFACE "\0\0\0\4\0\0\0\0\0"
		    "\0\0\1\1\5\0\0\0\2\x82",
	 43},
	{"a header block that is none",
	 H2_PREFACE "\0\0\0\4\0\0\0\0\0"
		    "\0\0\1\1\5\0\0\0\1\xff",
	 43},
	{"PUSH_PROMISE of a client",
	 H2_PREFACE "\0\0\0\4\0\0\0\0\0"
		    "\0\0\4\5\4\0\0\0\1\0\0\0\2",
	 46},
	{"a PING of seven bytes",
	 H2_PREFACE "\0\0\0\4\0\0\0\0\0"
		    "\0\0\7\6\0\0\0\0\0"
		    "1234567",
	 49},
	{"CONTINUATION of nothing",
	 H2_PREFACE "\0\0\0\4\0\0\0\0\0"
		    "\0\0\1\11\4\0\0\0\1\x82",
	 43},
};

static void a_broken_protocol_ends_the_connection(void **state)
{
	struct lab_reply reply;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(broken); i++) {
		size_t at = i / 2;

		lab_init(&lab);
		buf_reset(&lab.out);
		assert_int_equal(
			buf_append(&lab.out, (struct slice){broken[at].bytes, broken[at].len}), OK);
		check(broken[at].name, !lab_feed(&lab, i % 2 ? 1 : SIZE_MAX));
		check(broken[at].name, h2_session_end(lab.session) == H2_END_PROTOCOL);
		check(broken[at].name, lab_find(&lab, NGHTTP2_GOAWAY, &reply));
		check(broken[at].name, lab_code(&reply) != NGHTTP2_NO_ERROR);
		check(broken[at].name, !h2_session_receive(lab.session, SLICE("more"), lab.now_ms));
		check(broken[at].name, lab.asked == 0);
		lab_fini(&lab);
	}
}

static void every_prefix_is_harmless(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < 200; cut++) {
		lab_init(&lab);
		lab_headers(&lab, 1, WHOLE, POST "content-length: 5\nx: y\n");
		data(1, END, SLICE("12345"));
		lab_get(&lab, 3);
		if (cut < lab.out.len)
			lab.out.len = cut;
		assert_true(lab_feed(&lab, 7));
		lab_fini(&lab);
	}
}

/* What is heard and answered does not depend on how the bytes came. */
static void pieces_change_nothing(void **state)
{
	struct buf told, wire;

	(void)state;
	buf_init(&told, 1u << 20);
	buf_init(&wire, 1u << 20);
	for (size_t piece = 1; piece < 100; piece += 7) {
		lab_init(&lab);
		lab_headers(&lab, 1, WHOLE, POST "cookie: a=b\ncookie: c=d\n");
		lab_headers(&lab, 3, END | WHOLE, GET_ALL "X: y\n");
		data(1, 0, SLICE("12345"));
		lab_frame(&lab, NGHTTP2_PING, 0, 0, SLICE("12345678"));
		lab_reset(&lab, 1);
		lab_get(&lab, 5);
		lab_frame(&lab, 0xbb, 0, 0, SLICE("unknown"));
		lab_get(&lab, 7);
		assert_true(lab_feed(&lab, piece));
		if (piece == 1) {
			assert_int_equal(buf_append(&told, buf_slice(&lab.told)), OK);
			assert_int_equal(buf_append(&wire, buf_slice(&lab.wire)), OK);
		}
		check_slice("told", buf_slice(&lab.told), buf_slice(&told));
		check("as many bytes out", lab.wire.len == wire.len);
		lab_fini(&lab);
	}
	buf_free(&told);
	buf_free(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_told),
		cmocka_unit_test(a_malformed_field_makes_the_request_malformed),
		cmocka_unit_test(what_is_no_request_of_ours_is_told_with_its_fault),
		cmocka_unit_test(a_large_head_is_a_fault_and_no_end),
		cmocka_unit_test(bodies_are_told),
		cmocka_unit_test(a_body_waits_for_its_owner),
		cmocka_unit_test(a_request_that_nobody_wants_is_refused),
		cmocka_unit_test(a_broken_protocol_ends_the_connection),
		cmocka_unit_test(every_prefix_is_harmless),
		cmocka_unit_test(pieces_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

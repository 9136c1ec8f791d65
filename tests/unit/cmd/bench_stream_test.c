/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "cmd/bench_stream.h"

#include <string.h>

#define HEAD    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define CLOSED  HEAD "\r\n"
#define MARK(n) "~sluice-bench 0000000000000001 0000000" n " 0000000000000002~"
/* 64 bytes of data: the marker and 7 of fill. */
#define EVENT(n)       "data: " MARK(n) "xxxxxxx\n\n"
#define EVENT_BYTES    64
#define EVENT_CHUNK(n) "48\r\n" EVENT(n) "\r\n"

/* What a stream has told. */
struct heard {
	unsigned events;
	unsigned bad;
	uint32_t last; /* sequence number */
};

static const struct {
	const char *name;
	struct slice in;
	enum bench_fault fault;
	unsigned status;
	unsigned events; /* before the fault */
	unsigned bad;    /* only a full check finds them */
	bool open;
} cases[] = {
	{"a stream of chunks", SLICE_INIT(CHUNKED EVENT_CHUNK("0") EVENT_CHUNK("1")), BENCH_FINE, 0,
	 2, 0, true},
	{"a stream that ends with its connection", SLICE_INIT(CLOSED EVENT("0") EVENT("1")),
	 BENCH_FINE, 0, 2, 0, true},
	{"only the head", SLICE_INIT(CHUNKED), BENCH_FINE, 0, 0, 0, true},
	{"half a head", SLICE_INIT(HEAD), BENCH_FINE, 0, 0, 0, false},
	{"comments and named events are not ours",
	 SLICE_INIT(CLOSED ":\n\nevent: connected\ndata: {}\n\n" EVENT("0")), BENCH_FINE, 0, 1, 0,
	 true},
	{"a message that is not ours is damage", SLICE_INIT(CLOSED "data: x\n\n" EVENT("0")),
	 BENCH_FINE, 0, 1, 1, true},
	{"the end of the body", SLICE_INIT(CHUNKED EVENT_CHUNK("0") "0\r\n\r\n"), BENCH_COMPLETE, 0,
	 1, 0, true},
	{"a broken chunk", SLICE_INIT(CHUNKED EVENT_CHUNK("0") "x"), BENCH_NOT_HTTP, 0, 1, 0, true},
	{"a refusal", SLICE_INIT("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
	 BENCH_REFUSED, 403, 0, 0, false},
	{"a page of known length", SLICE_INIT("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"),
	 BENCH_REFUSED, 200, 0, 0, false},
	{"another protocol", SLICE_INIT("SSH-2.0-x\r\n\r\n"), BENCH_NOT_HTTP, 0, 0, 0, false},
};

static void on_event(void *ctx, struct tally_stream *stream, const struct marker *m)
{
	struct heard *heard = ctx;

	assert_non_null(stream);
	assert_int_equal(m->seq, heard->events);
	heard->events++;
	heard->last = m->seq;
}

static void on_bad_event(void *ctx)
{
	struct heard *heard = ctx;

	heard->bad++;
}

/* Feeds `in` in pieces of `piece` bytes up to its end or the first fault. */
static enum bench_fault feed(struct bench_stream *s, struct slice in, size_t piece,
			     unsigned *ret_status)
{
	enum bench_fault fault = BENCH_FINE;

	for (size_t at = 0; at < in.len && !fault; at += piece)
		fault = bench_stream_feed(s, slice_upto(slice_from(in, at), piece), ret_status);
	return fault;
}

static void run_case(size_t i, size_t piece, bool full)
{
	struct heard heard = {0};
	const struct bench_listener listener = {&heard, on_event, on_bad_event, EVENT_BYTES};
	struct bench_stream s;
	unsigned status = 0;

	assert_int_equal(bench_stream_init(&s, &listener, full), OK);
	enum bench_fault fault = feed(&s, place_at_edge(cases[i].in), piece, &status);
	check(cases[i].name, fault == cases[i].fault);
	check(cases[i].name, status == cases[i].status);
	check(cases[i].name, heard.events == cases[i].events);
	check(cases[i].name, heard.bad == (full ? cases[i].bad : 0));
	check(cases[i].name, (s.state == BENCH_OPEN) == cases[i].open);
	bench_stream_fini(&s);
	bench_stream_fini(&s);
}

static void a_stream_is_understood_in_any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t piece = 1; piece <= cases[i].in.len; piece++) {
			run_case(i, piece, false);
			run_case(i, piece, true);
		}
	}
}

static void no_prefix_of_a_sound_stream_is_a_fault(void **state)
{
	(void)state;
	for (size_t len = 0; len <= cases[0].in.len; len++) {
		struct heard heard = {0};
		const struct bench_listener listener = {&heard, on_event, on_bad_event,
							EVENT_BYTES};
		struct bench_stream s;
		unsigned status = 0;
		struct slice in = place_at_edge(slice_upto(cases[0].in, len));

		assert_int_equal(bench_stream_init(&s, &listener, true), OK);
		assert_int_equal(bench_stream_feed(&s, in, &status), BENCH_FINE);
		bench_stream_fini(&s);
	}
}

static void a_head_past_its_maximum_is_refused(void **state)
{
	(void)state;
	struct heard heard = {0};
	const struct bench_listener listener = {&heard, on_event, on_bad_event, EVENT_BYTES};
	struct bench_stream s;
	unsigned status = 0;
	static char value[BENCH_MAX_HEAD];

	assert_int_equal(bench_stream_init(&s, &listener, false), OK);
	memset(value, 'x', sizeof(value));
	assert_int_equal(bench_stream_feed(&s, SLICE("HTTP/1.1 200 OK\r\nX: "), &status),
			 BENCH_FINE);
	struct slice rest = slice_from((struct slice){value, sizeof(value)}, s.head.len);
	assert_int_equal(bench_stream_feed(&s, rest, &status), BENCH_FINE);
	assert_int_equal(bench_stream_feed(&s, SLICE("x"), &status), BENCH_NOT_HTTP);
	bench_stream_fini(&s);
}

/* HTTP/2: the framing is read by others. */
static void a_status_and_a_body_are_enough(void **state)
{
	(void)state;
	const struct slice body = SLICE(":\n\n" EVENT("0") EVENT("1"));

	for (size_t piece = 1; piece <= body.len; piece++) {
		struct heard heard = {0};
		const struct bench_listener listener = {&heard, on_event, on_bad_event,
							EVENT_BYTES};
		struct bench_stream s;

		assert_int_equal(bench_stream_init(&s, &listener, piece % 2 == 0), OK);
		assert_int_equal(bench_stream_answer(&s, 200), BENCH_FINE);
		assert_int_equal(s.state, BENCH_OPEN);
		for (size_t at = 0; at < body.len; at += piece)
			assert_int_equal(
				bench_stream_body(&s, slice_upto(slice_from(body, at), piece)),
				BENCH_FINE);
		assert_int_equal(heard.events, 2);
		bench_stream_fini(&s);
		assert_int_equal(bench_stream_init(&s, &listener, false), OK);
		assert_int_equal(bench_stream_answer(&s, 204), BENCH_REFUSED);
		assert_int_not_equal(s.state, BENCH_OPEN);
		bench_stream_fini(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_understood_in_any_pieces),
		cmocka_unit_test(no_prefix_of_a_sound_stream_is_a_fault),
		cmocka_unit_test(a_head_past_its_maximum_is_refused),
		cmocka_unit_test(a_status_and_a_body_are_enough),
	};

	return cmocka_run_group_tests_name("bench_stream", tests, NULL, NULL);
}

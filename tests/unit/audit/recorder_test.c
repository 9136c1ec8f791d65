/* SPDX-License-Identifier: Apache-2.0 */
#include "play.h"

#include "base/writer.h"

#include "../test.h"

#define STREAM  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
#define CHUNKED STREAM "Transfer-Encoding: chunked\r\n\r\n"

static const struct recorder_secrets no_secrets = {.count = 0};

static const struct {
	const char *name;
	const char *in;
	enum outcome outcome;
	unsigned status;
	size_t fields;
	const char *body;
	size_t records;
	enum ending ending;
} cases[] = {
	{"nothing at all", "", OUTCOME_CUT, 0, 0, "", 0, ENDING_NONE},
	{"half a head", "HTTP/1.1 200 O", OUTCOME_CUT, 0, 0, "", 0, ENDING_NONE},
	{"no HTTP", "SSH-2.0-x\r\n", OUTCOME_MALFORMED, 0, 0, "", 0, ENDING_NONE},
	{"a status that is none", "HTTP/1.1 2xx OK\r\n\r\n", OUTCOME_MALFORMED, 0, 0, "", 0,
	 ENDING_NONE},
	{"a stream until close", STREAM "\r\ndata: a\n\n", OUTCOME_ANSWERED, 200, 1, "data: a\n\n",
	 1, ENDING_CLOSED},
	{"lines that end in LF alone", "HTTP/1.0 200 OK\nA: b\n\nx", OUTCOME_ANSWERED, 200, 1, "x",
	 0, ENDING_CLOSED},
	{"chunks to their end", CHUNKED "3\r\n:a\n\r\n0\r\n\r\n", OUTCOME_ANSWERED, 200, 2, ":a\n",
	 1, ENDING_COMPLETE},
	{"chunks without their end", CHUNKED "3\r\n:a\n\r\n", OUTCOME_ANSWERED, 200, 2, ":a\n", 1,
	 ENDING_TRUNCATED},
	{"chunks that are none", CHUNKED "3\r\n:a\n\r\nzz\r\n", OUTCOME_ANSWERED, 200, 2, ":a\n", 1,
	 ENDING_BAD_FRAMING},
	{"a length that is kept", "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno",
	 OUTCOME_ANSWERED, 401, 1, "no", 0, ENDING_COMPLETE},
	{"a length that is not kept", "HTTP/1.1 401 No\r\nContent-Length: 3\r\n\r\nno",
	 OUTCOME_ANSWERED, 401, 1, "no", 0, ENDING_TRUNCATED},
	{"bytes behind the length are nobody's", "HTTP/1.1 401 No\r\nContent-Length: 1\r\n\r\nno",
	 OUTCOME_ANSWERED, 401, 1, "n", 0, ENDING_COMPLETE},
	{"no body by the status", "HTTP/1.1 204 No\r\n\r\n", OUTCOME_ANSWERED, 204, 0, "", 0,
	 ENDING_COMPLETE},
	{"heads before the head", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
	 OUTCOME_ANSWERED, 204, 0, "", 0, ENDING_COMPLETE},
	{"fields twice, in their case", "HTTP/1.1 204 No\r\nvary: A\r\nVARY: B\r\n\r\n",
	 OUTCOME_ANSWERED, 204, 2, "", 0, ENDING_COMPLETE},
	{"both framings", STREAM "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	 OUTCOME_ANSWERED, 200, 3, "", 0, ENDING_COMPLETE},
	{"a stream in a coding that is not known is kept and not read",
	 STREAM "Content-Encoding: br\r\n\r\ndata: a\n\n", OUTCOME_ANSWERED, 200, 2, "data: a\n\n",
	 0, ENDING_CLOSED},
	{"identity is no coding", STREAM "Content-Encoding: Identity\r\n\r\ndata: a\n\n",
	 OUTCOME_ANSWERED, 200, 2, "data: a\n\n", 1, ENDING_CLOSED},
	{"a stream that is not in the coding that it names",
	 STREAM "Content-Encoding: gzip\r\n\r\ndata: a\n\n", OUTCOME_ANSWERED, 200, 2, "", 0,
	 ENDING_CLOSED},
	{"two codings", STREAM "Content-Encoding: gzip, gzip\r\n\r\n\x1f\x8b", OUTCOME_ANSWERED,
	 200, 2, "\x1f\x8b", 0, ENDING_CLOSED},
	{"two codings in two lines",
	 STREAM "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b",
	 OUTCOME_ANSWERED, 200, 3, "\x1f\x8b", 0, ENDING_CLOSED},
	{"retry, comment, id, event", STREAM "\r\nretry: 5\n\n:c\n\nid: 7\n\ndata: a\n\n",
	 OUTCOME_ANSWERED, 200, 1, "retry: 5\n\n:c\n\nid: 7\n\ndata: a\n\n", 4, ENDING_CLOSED},
};

static void an_answer_becomes_a_transcript(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = cases[i].name;
		struct transcript t;

		play(&t, slice_of(cases[i].in), SIZE_MAX, 0, false, ENDING_CLOSED, &no_secrets);
		check(name, t.outcome == cases[i].outcome);
		check(name, t.status == cases[i].status);
		check(name, t.field_count == cases[i].fields);
		check_slice(name, t.body, slice_of(cases[i].body));
		check(name, t.record_count == cases[i].records);
		check(name, t.ending == cases[i].ending);
		arena_free(&t.arena);
	}
}

static void pieces_make_no_difference(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (uint64_t seed = 1; seed < 20; seed++)
			check(cases[i].name, pieces_do_not_matter(slice_of(cases[i].in), seed));
	}
}

static void every_prefix_is_an_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice in = slice_of(cases[i].in);

		for (size_t n = 0; n < in.len; n++)
			check(cases[i].name, pieces_do_not_matter(slice_upto(in, n), n + 1));
	}
}

static void what_we_cut_is_not_blamed_on_the_server(void **state)
{
	struct transcript t;

	(void)state;
	play(&t, slice_of(CHUNKED "8\r\ndata: a\n\r\n"), SIZE_MAX, 0, false, ENDING_WE_CUT,
	     &no_secrets);
	assert_int_equal(t.ending, ENDING_WE_CUT);
	assert_int_equal(t.grammar[GRAMMAR_TRUNCATED].count, 0);
	arena_free(&t.arena);
}

static void what_answers_head_has_no_body(void **state)
{
	struct transcript t;

	(void)state;
	play(&t, slice_of(CHUNKED), SIZE_MAX, 0, true, ENDING_WE_CUT, &no_secrets);
	assert_int_equal(t.ending, ENDING_COMPLETE);
	arena_free(&t.arena);
	play(&t, slice_of(CHUNKED "data"), SIZE_MAX, 0, true, ENDING_WE_CUT, &no_secrets);
	assert_int_equal(t.ending, ENDING_WE_CUT);
	assert_int_equal(t.body_len, 4);
	arena_free(&t.arena);
}

static void reads_are_stamped(void **state)
{
	struct transcript t = {.status = 0};
	struct recorder r;

	(void)state;
	recorder_init(&r, &t, false);
	(void)recorder_feed(&r, slice_of(CHUNKED "8\r\ndata: a\n\r\n"), 5);
	(void)recorder_feed(&r, SLICE("1\r\n\n\r\n"), 9);
	recorder_finish(&r, ENDING_WE_CUT, 12, &no_secrets);
	assert_int_equal(t.head_ns, 5);
	assert_int_equal(t.body_ns, 5);
	assert_int_equal(t.end_ns, 12);
	assert_int_equal(t.read_count, 2);
	assert_int_equal(t.reads[0].body, 8);
	assert_int_equal(t.reads[1].t_ns, 9);
	assert_int_equal(t.reads[1].wire, 6);
	assert_int_equal(t.records[0].t_ns, 9);
	assert_int_equal(t.records[0].read, 1);
	arena_free(&t.arena);
}

static void a_head_ends_at_its_maximum(void **state)
{
	static char in[TRANSCRIPT_MAX_HEAD + 100];
	struct transcript t;

	(void)state;
	memset(in, 'x', sizeof(in));
	memcpy(in, STREAM "X: ", sizeof(STREAM "X: ") - 1);
	memcpy(in + TRANSCRIPT_MAX_HEAD - 4, "\r\n\r\n", 4);
	play(&t, (struct slice){in, TRANSCRIPT_MAX_HEAD}, SIZE_MAX, 0, false, ENDING_CLOSED,
	     &no_secrets);
	assert_int_equal(t.outcome, OUTCOME_ANSWERED);
	arena_free(&t.arena);
	memset(in + TRANSCRIPT_MAX_HEAD - 4, 'x', 4);
	memcpy(in + TRANSCRIPT_MAX_HEAD - 3, "\r\n\r\n", 4);
	play(&t, (struct slice){in, sizeof(in)}, SIZE_MAX, 0, false, ENDING_CLOSED, &no_secrets);
	assert_int_equal(t.outcome, OUTCOME_ENDLESS_HEAD);
	arena_free(&t.arena);
}

static void a_body_past_its_maximum_is_counted(void **state)
{
	static char in[sizeof(STREAM "\r\n") - 1 + TRANSCRIPT_MAX_BODY + 7];
	struct transcript t;

	(void)state;
	memset(in, ':', sizeof(in));
	memcpy(in, STREAM "\r\n", sizeof(STREAM "\r\n") - 1);
	play(&t, (struct slice){in, sizeof(in)}, SIZE_MAX, 0, false, ENDING_CLOSED, &no_secrets);
	assert_int_equal(t.body.len, TRANSCRIPT_MAX_BODY);
	assert_int_equal(t.body_len, TRANSCRIPT_MAX_BODY + 7);
	arena_free(&t.arena);
}

static void events_past_their_maximum_are_counted(void **state)
{
	struct transcript t = {.status = 0};
	struct recorder r;

	(void)state;
	recorder_init(&r, &t, false);
	(void)recorder_feed(&r, SLICE(STREAM "\r\n"), 1);
	for (size_t i = 0; i < TRANSCRIPT_MAX_RECORDS + 5; i++)
		(void)recorder_feed(&r, SLICE(":\n"), 2 + i);
	recorder_finish(&r, ENDING_WE_CUT, 9, &no_secrets);
	assert_int_equal(t.record_count, TRANSCRIPT_MAX_RECORDS);
	assert_int_equal(t.records_dropped, 5);
	assert_int_equal(t.read_count, TRANSCRIPT_MAX_RECORDS + 5);
	arena_free(&t.arena);
}

static void secrets_leave_and_are_told(void **state)
{
	static const struct recorder_secrets secrets = {{SLICE_INIT("s3cr3t-token")}, 1};
	static const char in[] =
		STREAM "Location: /?t=s3cr3t-token\r\nSet-Cookie: a=s3cr3t-token\r\n"
		       "Link: x\r\n\r\ndata: s3cr3t-token\n\n";
	struct transcript t;

	(void)state;
	play(&t, slice_of(in), 5, 7, false, ENDING_CLOSED, &secrets);
	assert_int_equal(t.leaks, LEAK_LOCATION | LEAK_SET_COOKIE | LEAK_BODY);
	check_slice("field", transcript_field(&t, SLICE("location")), SLICE("/?t=************"));
	check_slice("event", t.records[0].data, SLICE("************"));
	check_slice("body", t.body, SLICE("data: ************\n\n"));
	for (size_t i = 0; i + 12 <= t.head.len; i++)
		assert_false(slice_starts(slice_from(t.head, i), SLICE("s3cr3t-token")));
	arena_free(&t.arena);
}

static void a_cookie_that_is_given_keeps_its_value_to_itself(void **state)
{
	static const struct {
		const char *name;
		const char *in;
		const char *out;
	} cookies[] = {
		{"a session", "sid=abc==; Path=/; Secure", "sid=*****; Path=/; Secure"},
		{"one without attributes", "sid=abc", "sid=***"},
		{"one without a value", "sid=; Path=/a=b", "sid=; Path=/a=b"},
		{"one without a name", "abc; Path=/", "***; Path=/"},
		{"nothing", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cookies); i++) {
		char in[256];
		struct transcript t;
		struct writer w;

		writer_init(&w, in, sizeof(in));
		put(&w, SLICE("HTTP/1.1 200 OK\r\nset-cookie: "));
		put(&w, slice_of(cookies[i].in));
		put(&w, SLICE("\r\nContent-Length: 0\r\n\r\n"));
		play(&t, writer_slice(&w), SIZE_MAX, 0, false, ENDING_CLOSED, &no_secrets);
		check_slice(cookies[i].name, transcript_field(&t, SLICE("Set-Cookie")),
			    slice_of(cookies[i].out));
		arena_free(&t.arena);
	}
}

static void http2_gives_fields_and_data(void **state)
{
	struct transcript t = {.status = 0};
	struct recorder r;

	(void)state;
	recorder_init(&r, &t, false);
	recorder_field(&r, SLICE("link"), SLICE("x"));
	recorder_head(&r, 103, 1);
	recorder_field(&r, SLICE("content-type"), SLICE("text/event-stream"));
	recorder_field(&r, SLICE("connection"), SLICE("keep-alive"));
	recorder_head(&r, 200, 2);
	recorder_data(&r, SLICE("data: a\n\n"), 3);
	recorder_finish(&r, ENDING_CLOSED, 4, &no_secrets);
	assert_true(t.h2);
	assert_int_equal(t.interim, 1);
	assert_int_equal(t.field_count, 2);
	check_slice("field", transcript_field(&t, SLICE("connection")), SLICE("keep-alive"));
	assert_int_equal(transcript_count(&t, RECORD_EVENT), 1);
	assert_int_equal(t.ending, ENDING_TRUNCATED);
	arena_free(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_becomes_a_transcript),
		cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(every_prefix_is_an_outcome),
		cmocka_unit_test(what_we_cut_is_not_blamed_on_the_server),
		cmocka_unit_test(what_answers_head_has_no_body),
		cmocka_unit_test(reads_are_stamped),
		cmocka_unit_test(a_head_ends_at_its_maximum),
		cmocka_unit_test(a_body_past_its_maximum_is_counted),
		cmocka_unit_test(events_past_their_maximum_are_counted),
		cmocka_unit_test(secrets_leave_and_are_told),
		cmocka_unit_test(a_cookie_that_is_given_keeps_its_value_to_itself),
		cmocka_unit_test(http2_gives_fields_and_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

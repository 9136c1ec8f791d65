/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "cmd/fetch_response.h"

#define MAX_BODY 8u

enum end {
	DONE, /* by its framing, or by the end of the connection */
	BAD,  /* refused while it comes */
	CUT,  /* refused at the end of the connection */
};

#define HEAD    "HTTP/1.1 200 OK\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define INTERIM "HTTP/1.1 103 x\r\n\r\n"

static const struct {
	const char *name;
	struct slice in;
	enum end end;
	enum fetch_fault fault;
	unsigned status;
	struct slice body;
	struct slice type;
	bool has_max_age;
	uint64_t max_age_s;
} cases[] = {
	{"a length of zero ends at the head", SLICE_INIT(HEAD "Content-Length: 0\r\n\r\n"), DONE,
	 .status = 200},
	{"a body as long as it says", SLICE_INIT(HEAD "Content-Length: 3\r\n\r\nabc"), DONE,
	 .status = 200, .body = SLICE_INIT("abc")},
	{"bytes behind the length are not read", SLICE_INIT(HEAD "Content-Length: 1\r\n\r\nabc"),
	 DONE, .status = 200, .body = SLICE_INIT("a")},
	{"a body of the maximum", SLICE_INIT(HEAD "Content-Length: 8\r\n\r\n12345678"), DONE,
	 .status = 200, .body = SLICE_INIT("12345678")},
	{"a length past the maximum is refused at the head",
	 SLICE_INIT(HEAD "Content-Length: 9\r\n\r\n"), BAD, FETCH_BODY_TOO_BIG},
	{"a body until close past the maximum", SLICE_INIT(HEAD "\r\n123456789"), BAD,
	 FETCH_BODY_TOO_BIG},
	{"chunks past the maximum", SLICE_INIT(CHUNKED "5\r\n12345\r\n4\r\n6789\r\n"), BAD,
	 FETCH_BODY_TOO_BIG},
	{"chunks", SLICE_INIT(CHUNKED "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), DONE, .status = 200,
	 .body = SLICE_INIT("abc")},
	{"a chunk that is none", SLICE_INIT(CHUNKED "x\r\n"), BAD, FETCH_NOT_HTTP},
	{"a body until close", SLICE_INIT(HEAD "\r\nabc"), DONE, .status = 200,
	 .body = SLICE_INIT("abc")},
	{"a length that is cut short", SLICE_INIT(HEAD "Content-Length: 3\r\n\r\nab"), CUT,
	 FETCH_CUT},
	{"chunks without their end", SLICE_INIT(CHUNKED "1\r\na\r\n"), CUT, FETCH_CUT},
	{"a head without its end", SLICE_INIT(HEAD "A: b\r\n"), CUT, FETCH_CUT},
	{"nothing at all", SLICE_INIT(""), CUT, FETCH_CUT},
	{"a redirect", SLICE_INIT("HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n"), BAD,
	 FETCH_REDIRECT},
	{"not modified, though nobody asked", SLICE_INIT("HTTP/1.1 304 x\r\n\r\n"), BAD,
	 FETCH_REDIRECT},
	{"an error is an answer", SLICE_INIT("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"), DONE,
	 .status = 500},
	{"another protocol is not spoken", SLICE_INIT("HTTP/1.1 101 x\r\n\r\n"), BAD,
	 FETCH_NOT_HTTP},
	{"not HTTP", SLICE_INIT("SSH-2.0-x\r\n\r\n"), BAD, FETCH_NOT_HTTP},
	{"eight interim answers",
	 SLICE_INIT(INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM HEAD
		    "Content-Length: 1\r\n\r\na"),
	 DONE, .status = 200, .body = SLICE_INIT("a")},
	{"nine interim answers",
	 SLICE_INIT(INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM), BAD,
	 FETCH_NOT_HTTP},
	{"the media type without parameters, in lower case",
	 SLICE_INIT(HEAD "Content-Type: Application/JSON ; charset=x\r\nContent-Length: 0\r\n\r\n"),
	 DONE, .status = 200, .type = SLICE_INIT("application/json")},
	{"the shortest max-age",
	 SLICE_INIT(HEAD "Cache-Control: max-age=9, MAX-AGE=5\r\n"
			 "Cache-Control: max-age=7\r\n"
			 "Content-Length: 0\r\n\r\n"),
	 DONE, .status = 200, .has_max_age = true, .max_age_s = 5},
	{"no-store is a max-age of zero",
	 SLICE_INIT(HEAD "Cache-Control: max-age=9, no-store\r\nContent-Length: 0\r\n\r\n"), DONE,
	 .status = 200, .has_max_age = true},
	{"a max-age that is no number",
	 SLICE_INIT(HEAD "Cache-Control: max-age=-1, s-maxage=3\r\nContent-Length: 0\r\n\r\n"),
	 DONE, .status = 200},
};

/* In pieces of `step` bytes; the last fault, or that of the end. */
static enum fetch_fault eat_all(struct fetch_response *r, struct slice in, size_t step)
{
	enum fetch_fault fault = FETCH_OK;

	while (!fault && !r->done && in.len > 0) {
		fault = fetch_response_eat(r, slice_upto(in, step));
		in = slice_from(in, step);
	}
	return fault || r->done ? fault : fetch_response_end(r);
}

static void check_case(size_t i, size_t step)
{
	struct fetch_response r;

	fetch_response_init(&r, MAX_BODY);
	check(cases[i].name, eat_all(&r, place_at_edge(cases[i].in), step) == cases[i].fault);
	if (cases[i].end == DONE) {
		check(cases[i].name, r.done && r.status == cases[i].status);
		check_slice(cases[i].name, buf_slice(&r.body), cases[i].body);
		check_slice(cases[i].name, fetch_response_type(&r), cases[i].type);
		check(cases[i].name,
		      r.has_max_age == cases[i].has_max_age && r.max_age_s == cases[i].max_age_s);
	}
	fetch_response_fini(&r);
}

static void answers_are_read_whole_and_in_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t step = 1; step <= cases[i].in.len + 1; step++)
			check_case(i, step);
	}
}

static void no_prefix_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t n = 0; cases[i].end != BAD && n < cases[i].in.len; n++) {
			struct slice in = place_at_edge(slice_upto(cases[i].in, n));
			struct fetch_response r;

			fetch_response_init(&r, MAX_BODY);
			check(cases[i].name, fetch_response_eat(&r, in) == FETCH_OK);
			fetch_response_fini(&r);
		}
	}
}

static void a_head_has_a_maximum(void **state)
{
	(void)state;
	static char head[FETCH_MAX_HEAD + 1] = HEAD "A: ";
	struct fetch_response r;

	memset(head + sizeof(HEAD "A: ") - 1, 'x', sizeof(head) - sizeof(HEAD "A: ") + 1);
	fetch_response_init(&r, MAX_BODY);
	assert_int_equal(fetch_response_eat(&r, (struct slice){head, FETCH_MAX_HEAD - 1}),
			 FETCH_OK);
	assert_int_equal(fetch_response_eat(&r, (struct slice){head, 1}), FETCH_HEAD_TOO_BIG);
	fetch_response_fini(&r);
	memcpy(head + FETCH_MAX_HEAD - 4, "\r\n\r\n", 4);
	fetch_response_init(&r, MAX_BODY);
	assert_int_equal(fetch_response_eat(&r, (struct slice){head, FETCH_MAX_HEAD}), FETCH_OK);
	assert_int_equal(r.status, 200);
	fetch_response_fini(&r);
}

static void a_type_has_a_maximum(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t len, want;
	} types[] = {
		{"the longest type is kept", FETCH_MAX_TYPE, FETCH_MAX_TYPE},
		{"a longer one counts as none", FETCH_MAX_TYPE + 1, 0},
	};

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		char x[FETCH_MAX_TYPE + 1];
		struct fetch_response r;

		memset(x, 'x', sizeof(x));
		fetch_response_init(&r, MAX_BODY);
		(void)fetch_response_eat(&r, SLICE(HEAD "Content-Type: "));
		(void)fetch_response_eat(&r, (struct slice){x, types[i].len});
		(void)fetch_response_eat(&r, SLICE("\r\n\r\n"));
		check(types[i].name, fetch_response_type(&r).len == types[i].want);
		fetch_response_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_read_whole_and_in_pieces),
		cmocka_unit_test(no_prefix_is_refused),
		cmocka_unit_test(a_head_has_a_maximum),
		cmocka_unit_test(a_type_has_a_maximum),
	};

	return cmocka_run_group_tests_name("cmd fetch_response", tests, NULL, NULL);
}

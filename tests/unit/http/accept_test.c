/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "base/buf.h"
#include "http/accept.h"

static enum accept_match match(struct slice value)
{
	return accept_match(value, SLICE("text"), SLICE("event-stream"));
}

static const struct {
	const char *name;
	struct slice in;
	enum accept_match match;
} cases[] = {
	{"EventSource", SLICE_INIT("text/event-stream"), ACCEPT_NAMED},
	{"any case", SLICE_INIT("Text/EVENT-Stream"), ACCEPT_NAMED},
	{"MCP clients name two", SLICE_INIT("application/json, text/event-stream"), ACCEPT_NAMED},
	{"no white space", SLICE_INIT("application/json,text/event-stream"), ACCEPT_NAMED},
	{"empty members", SLICE_INIT(", ,\ttext/event-stream,,"), ACCEPT_NAMED},
	{"parameter", SLICE_INIT("text/event-stream;charset=utf-8"), ACCEPT_NAMED},
	{"quoted parameter with separators", SLICE_INIT("a/b;c=\"d,e;f\\\"\" , text/event-stream"),
	 ACCEPT_NAMED},
	{"named inside a quoted string is not named", SLICE_INIT("a/b;c=\", text/event-stream\""),
	 ACCEPT_NO},
	{"empty parameter", SLICE_INIT("text/event-stream; ; q=1"), ACCEPT_NAMED},
	{"smallest weight", SLICE_INIT("text/event-stream;q=0.001"), ACCEPT_NAMED},
	{"weight in upper case", SLICE_INIT("text/event-stream ; Q=0.5"), ACCEPT_NAMED},
	{"weight with a dot alone", SLICE_INIT("text/event-stream;q=1."), ACCEPT_NAMED},
	{"refused by weight", SLICE_INIT("text/event-stream;q=0"), ACCEPT_NO},
	{"refused by a long zero", SLICE_INIT("text/event-stream;q=0.000"), ACCEPT_NO},
	{"the most specific range decides against", SLICE_INIT("*/*, text/event-stream;q=0"),
	 ACCEPT_NO},
	{"the most specific range decides for", SLICE_INIT("text/event-stream, */*;q=0"),
	 ACCEPT_NAMED},
	{"type range against all", SLICE_INIT("*/*;q=1, text/*;q=0"), ACCEPT_NO},
	{"all", SLICE_INIT("*/*"), ACCEPT_WILDCARD},
	{"a browser that navigates",
	 SLICE_INIT(
		 "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;"
		 "q=0.8"),
	 ACCEPT_WILDCARD},
	{"type range", SLICE_INIT("text/*"), ACCEPT_WILDCARD},
	{"another type", SLICE_INIT("application/json"), ACCEPT_NO},
	{"another type range", SLICE_INIT("application/*"), ACCEPT_NO},
	{"a type that begins alike", SLICE_INIT("text/event-stream2, text/event"), ACCEPT_NO},
	{"absent", {NULL, 0}, ACCEPT_ABSENT},
	{"empty", SLICE_INIT(""), ACCEPT_ABSENT},
	{"only commas", SLICE_INIT(" , ,"), ACCEPT_ABSENT},
	{"no subtype", SLICE_INIT("text"), ACCEPT_MALFORMED},
	{"empty subtype", SLICE_INIT("text/"), ACCEPT_MALFORMED},
	{"empty type", SLICE_INIT("/event-stream"), ACCEPT_MALFORMED},
	{"two slashes", SLICE_INIT("text/event/stream"), ACCEPT_MALFORMED},
	{"space in a range", SLICE_INIT("text /event-stream"), ACCEPT_MALFORMED},
	{"wildcard type with a subtype", SLICE_INIT("*/event-stream"), ACCEPT_MALFORMED},
	{"malformed after the match", SLICE_INIT("text/event-stream, ("), ACCEPT_MALFORMED},
	{"weight above one", SLICE_INIT("text/event-stream;q=1.001"), ACCEPT_MALFORMED},
	{"weight of two", SLICE_INIT("text/event-stream;q=2"), ACCEPT_MALFORMED},
	{"weight below zero", SLICE_INIT("text/event-stream;q=-1"), ACCEPT_MALFORMED},
	{"weight with four decimals", SLICE_INIT("text/event-stream;q=0.0001"), ACCEPT_MALFORMED},
	{"weight without a zero", SLICE_INIT("text/event-stream;q=.5"), ACCEPT_MALFORMED},
	{"empty weight", SLICE_INIT("text/event-stream;q="), ACCEPT_MALFORMED},
	{"weight without a value", SLICE_INIT("text/event-stream;q"), ACCEPT_MALFORMED},
	{"parameter without a value", SLICE_INIT("text/event-stream;a"), ACCEPT_MALFORMED},
	{"parameter without a name", SLICE_INIT("text/event-stream;=a"), ACCEPT_MALFORMED},
	{"quoted string without an end", SLICE_INIT("text/event-stream;a=\"b"), ACCEPT_MALFORMED},
	{"quoted string that ends in a backslash", SLICE_INIT("text/event-stream;a=\"b\\"),
	 ACCEPT_MALFORMED},
	{"bytes behind a quoted string", SLICE_INIT("text/event-stream;a=\"b\"c"),
	 ACCEPT_MALFORMED},
	{"control in a quoted string", SLICE_INIT("text/event-stream;a=\"\x01\""),
	 ACCEPT_MALFORMED},
};

static void the_most_specific_range_decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		enum accept_match got =
			cases[i].in.ptr ? match(place_at_edge(cases[i].in)) : match(SLICE_NONE);

		check(cases[i].name, got == cases[i].match);
	}
}

static void every_prefix_is_judged_without_reading_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t n = 0; n < cases[i].in.len; n++)
			(void)match(place_at_edge(slice_upto(cases[i].in, n)));
	}
}

static void lines_count_as_one_list(void **state)
{
	(void)state;
	struct slice values[] = {SLICE("*/*"), SLICE(""), SLICE("text/event-stream;q=0")};
	struct slice text = SLICE("text"), stream = SLICE("event-stream");

	assert_int_equal(accept_match_lines(values, 0, text, stream), ACCEPT_ABSENT);
	assert_int_equal(accept_match_lines(values, 2, text, stream), ACCEPT_WILDCARD);
	assert_int_equal(accept_match_lines(values, 3, text, stream), ACCEPT_NO);
}

static void a_list_stops_at_its_maximum(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < ACCEPT_MAX_RANGES; i++)
		assert_int_equal(buf_append(&b, SLICE("*/*,")), OK);
	assert_int_equal(match(buf_slice(&b)), ACCEPT_WILDCARD);
	assert_int_equal(buf_append(&b, SLICE("*/*")), OK);
	assert_int_equal(match(buf_slice(&b)), ACCEPT_MALFORMED);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_specific_range_decides),
		cmocka_unit_test(every_prefix_is_judged_without_reading_on),
		cmocka_unit_test(lines_count_as_one_list),
		cmocka_unit_test(a_list_stops_at_its_maximum),
	};

	return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "load/marker.h"

static const struct marker mark = {0x0123456789abcdef, 0xfedc, 77};

#define TEXT "~sluice-bench 0123456789abcdef 0000fedc 000000000000004d~"

static const struct {
	const char *name;
	struct slice in;
	unsigned found;
} cases[] = {
	{"a marker alone", SLICE_INIT(TEXT), 1},
	{"two in a row", SLICE_INIT(TEXT TEXT), 2},
	{"framing around it", SLICE_INIT("id: 1\ndata: " TEXT "xxx\n\n"), 1},
	{"a heartbeat", SLICE_INIT(":\n\n"), 0},
	{"nothing", SLICE_INIT(""), 0},
	{"a start that is the start of the next", SLICE_INIT("~" TEXT), 1},
	{"one broken off in the middle by another", SLICE_INIT("~sluice-bench 0123" TEXT), 1},
	{"a digit that is none", SLICE_INIT("~sluice-bench 0123456789abcdeg 0000fedc "), 0},
	{"the end is missing",
	 SLICE_INIT("~sluice-bench 0123456789abcdef 0000fedc 000000000000004d"), 0},
	{"the end of one cannot begin the next", SLICE_INIT(TEXT "sluice-bench 0123456789abcdef"),
	 1},
};

static unsigned count(struct marker_scan *scan, struct slice in)
{
	struct marker m;
	size_t used;
	unsigned n = 0;

	while (marker_next(scan, in, &used, &m)) {
		assert_true(m.run == mark.run && m.seq == mark.seq && m.due_ns == mark.due_ns);
		in = slice_from(in, used);
		n++;
	}
	assert_int_equal(used, in.len);
	return n;
}

static void markers_are_found_in_any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice in = place_at_edge(cases[i].in);

		for (size_t cut = 0; cut <= in.len; cut++) {
			struct marker_scan scan = {0};
			unsigned n = count(&scan, slice_upto(in, cut));

			n += count(&scan, slice_from(in, cut));
			check(cases[i].name, n == cases[i].found);
		}
		struct marker_scan scan = {0};
		unsigned n = 0;
		for (size_t at = 0; at < in.len; at++)
			n += count(&scan, slice_upto(slice_from(in, at), 1));
		check(cases[i].name, n == cases[i].found);
	}
}

static void a_marker_is_written_in_full_or_not_at_all(void **state)
{
	(void)state;
	char out[100];
	struct writer w;

	for (size_t cap = 0; cap < MARKER_LEN; cap++) {
		writer_init(&w, out, cap);
		marker_put(&w, &mark, 0);
		assert_true(w.overflow);
	}
	writer_init(&w, out, MARKER_LEN);
	marker_put(&w, &mark, 0);
	assert_false(w.overflow);
	check_slice("no fill", writer_slice(&w), SLICE(TEXT));
	writer_init(&w, out, sizeof(out));
	marker_put(&w, &mark, MARKER_LEN + 3);
	check_slice("fill", writer_slice(&w), SLICE(TEXT "xxx"));
}

static const struct {
	const char *name;
	struct slice in;
	size_t size;
	bool exact;
} exact_cases[] = {
	{"as written", SLICE_INIT(TEXT), MARKER_LEN, true},
	{"a size below the least", SLICE_INIT(TEXT), 1, true},
	{"with its fill", SLICE_INIT(TEXT "xx"), MARKER_LEN + 2, true},
	{"a byte too many", SLICE_INIT(TEXT "xx"), MARKER_LEN + 1, false},
	{"a byte too few", SLICE_INIT(TEXT "xx"), MARKER_LEN + 3, false},
	{"a strange byte in the fill", SLICE_INIT(TEXT "xy"), MARKER_LEN + 2, false},
	{"not at the start", SLICE_INIT("x" TEXT "x"), MARKER_LEN + 2, false},
	{"empty", SLICE_INIT(""), MARKER_LEN, false},
};

static void only_what_was_written_is_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(exact_cases); i++) {
		struct marker m = {.seq = 5};
		struct slice in = place_at_edge(exact_cases[i].in);
		bool exact = marker_parse_exact(in, exact_cases[i].size, &m);

		check(exact_cases[i].name, exact == exact_cases[i].exact);
		check(exact_cases[i].name, m.seq == (exact ? mark.seq : 5));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markers_are_found_in_any_pieces),
		cmocka_unit_test(a_marker_is_written_in_full_or_not_at_all),
		cmocka_unit_test(only_what_was_written_is_exact),
	};

	return cmocka_run_group_tests_name("marker", tests, NULL, NULL);
}

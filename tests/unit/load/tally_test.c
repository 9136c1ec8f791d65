/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "load/tally.h"

static const struct {
	const char *name;
	size_t n;
	uint32_t seq[8];
	struct tally want; /* delivered, duplicate, out of order */
} cases[] = {
	{"in order", 3, {0, 1, 2}, {3, 0, 0}},
	{"the first twice", 2, {0, 0}, {1, 1, 0}},
	{"the last twice", 4, {0, 1, 2, 2}, {3, 1, 0}},
	{"one left out", 3, {0, 1, 3}, {3, 0, 0}},
	{"swapped", 4, {0, 2, 1, 3}, {4, 0, 1}},
	{"late, and then again", 5, {0, 2, 1, 3, 1}, {4, 1, 1}},
	{"the first one late", 4, {3, 0, 2, 1}, {4, 0, 3}},
	{"late by the whole window", 2, {TALLY_WINDOW - 1, 0}, {2, 0, 1}},
	{"late by more than the window", 2, {TALLY_WINDOW, 0}, {1, 1, 0}},
	{"a gap as wide as the window is remembered", 3, {0, TALLY_WINDOW, 1}, {3, 0, 1}},
	{"a gap past the window", 3, {0, 1000, 999}, {3, 0, 1}},
	{"a repeat behind a wide gap", 3, {0, 63, 0}, {2, 1, 0}},
	{"the largest number", 2, {UINT32_MAX - 1, UINT32_MAX - 1}, {1, 1, 0}},
};

static void each_event_counts_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct tally t = {0};
		struct tally_stream s = {0};

		for (size_t k = 0; k < cases[i].n; k++)
			(void)tally_take(&t, &s, cases[i].seq[k]);
		check(cases[i].name, t.delivered == cases[i].want.delivered);
		check(cases[i].name, t.duplicate == cases[i].want.duplicate);
		check(cases[i].name, t.out_of_order == cases[i].want.out_of_order);
		check(cases[i].name, s.distinct == t.delivered);
	}
}

static void streams_are_counted_apart(void **state)
{
	(void)state;
	struct tally t = {0};
	struct tally_stream a = {0}, b = {0};

	assert_int_equal(tally_take(&t, &a, 0), TALLY_IN_ORDER);
	assert_int_equal(tally_take(&t, &b, 0), TALLY_IN_ORDER);
	assert_int_equal(tally_take(&t, &a, 2), TALLY_IN_ORDER);
	assert_int_equal(tally_take(&t, &b, 1), TALLY_IN_ORDER);
	assert_int_equal(tally_take(&t, &a, 1), TALLY_OUT_OF_ORDER);
	assert_int_equal(tally_take(&t, &b, 1), TALLY_DUPLICATE);
	assert_true(t.delivered == 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_counts_once),
		cmocka_unit_test(streams_are_counted_apart),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "load/pacing.h"

#define S UINT64_C(1000000000)

static const struct {
	const char *name;
	uint64_t rate;
	uint64_t total;
	uint64_t after_ns;
	uint64_t due;
} cases[] = {
	{"the first is due at the start", 10, 100, 0, 1},
	{"one more after a tenth of a second", 10, 100, S / 10, 2},
	{"not a nanosecond before", 10, 100, S / 10 - 1, 1},
	{"a late caller finds all that were due", 10, 100, 5 * S, 51},
	{"never more than there are", 10, 100, 1000 * S, 100},
	{"the last one", 10, 100, 99 * S / 10, 100},
	{"no rate: everything at once", 0, 100, 0, 100},
	{"nothing to do", 10, 0, 5 * S, 0},
	{"thirds of a second do not drift", 3, 1000000, 1000 * S, 3001},
	{"the largest rate", PACING_MAX_RATE, UINT64_MAX, 7, 8},
	{"past the largest rate is the largest", PACING_MAX_RATE + UINT64_C(1), UINT64_MAX, 7, 8},
	{"the end of time", 1, UINT64_MAX, UINT64_MAX - S, UINT64_MAX / S},
};

static void a_schedule_counts_what_is_due(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct pacing p;

		pacing_init(&p, cases[i].rate, S);
		uint64_t due = pacing_due_count(&p, cases[i].total, S + cases[i].after_ns);
		if (due != cases[i].due)
			fail_msg("%s: got %ju", cases[i].name, (uintmax_t)due);
	}
}

static void nothing_is_due_before_the_start(void **state)
{
	(void)state;
	struct pacing p;

	pacing_init(&p, 0, S);
	assert_true(pacing_due_count(&p, 5, S - 1) == 0);
	assert_true(pacing_due_count(&p, 5, S) == 5);
}

static void each_is_counted_at_the_nanosecond_that_it_is_due(void **state)
{
	(void)state;
	static const uint64_t rates[] = {1, 3, 7, 10, 999, 1000, 65537, PACING_MAX_RATE};

	for (size_t i = 0; i < COUNT_OF(rates); i++) {
		struct pacing p;

		pacing_init(&p, rates[i], 12345);
		for (uint64_t n = 1; n < 3000; n++) {
			uint64_t due = pacing_due_ns(&p, n);

			assert_true(pacing_due_count(&p, UINT64_MAX, due) == n + 1);
			assert_true(pacing_due_count(&p, UINT64_MAX, due - 1) == n);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_schedule_counts_what_is_due),
		cmocka_unit_test(nothing_is_due_before_the_start),
		cmocka_unit_test(each_is_counted_at_the_nanosecond_that_it_is_due),
	};

	return cmocka_run_group_tests_name("pacing", tests, NULL, NULL);
}

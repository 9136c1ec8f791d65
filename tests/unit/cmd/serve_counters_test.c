/* SPDX-License-Identifier: Apache-2.0 */
/* What a scrape sees of a worker's counters, and how soon. */
#include "../test.h"

#include "cmd/serve_counters.h"

static uint64_t seen(struct serve_counters *c)
{
	struct engine_counters sum = {0};

	serve_counters_add(c, &sum);
	return sum.published;
}

static void counters_are_copied_once_in_a_while(void **state)
{
	(void)state;
	struct engine_counters now = {0};
	struct serve_counters c;

	serve_counters_init(&c);
	check("nothing has changed", serve_counters_note(&c, &now, 1000) == UINT64_MAX);
	now.published = 1;
	check("the first change is copied", serve_counters_note(&c, &now, 1000) == UINT64_MAX);
	assert_int_equal(seen(&c), 1);
	now.published = 2;
	check("the next one waits", serve_counters_note(&c, &now, 1001) == SERVE_COUNTERS_MS - 1);
	assert_int_equal(seen(&c), 1);
	check("to the last millisecond",
	      serve_counters_note(&c, &now, 1000 + SERVE_COUNTERS_MS - 1) == 1);
	assert_int_equal(seen(&c), 1);
	check("and is copied in its time",
	      serve_counters_note(&c, &now, 1000 + SERVE_COUNTERS_MS) == UINT64_MAX);
	assert_int_equal(seen(&c), 2);
	serve_counters_fini(&c);
}

static void the_last_copy_does_not_wait(void **state)
{
	(void)state;
	struct engine_counters now = {.published = 1};
	struct serve_counters c;

	serve_counters_init(&c);
	(void)serve_counters_note(&c, &now, 1000);
	now.published = 2;
	serve_counters_keep(&c, &now);
	assert_int_equal(seen(&c), 2);
	serve_counters_fini(&c);
}

static void workers_add_up(void **state)
{
	(void)state;
	struct engine_counters now = {.published = 5};
	struct engine_counters sum = {0};
	struct serve_counters c[2];

	for (size_t i = 0; i < COUNT_OF(c); i++) {
		serve_counters_init(&c[i]);
		serve_counters_keep(&c[i], &now);
		serve_counters_add(&c[i], &sum);
		serve_counters_fini(&c[i]);
	}
	assert_int_equal(sum.published, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_are_copied_once_in_a_while),
		cmocka_unit_test(the_last_copy_does_not_wait),
		cmocka_unit_test(workers_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

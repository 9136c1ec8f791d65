/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "hub.h"
#include "hub/connect_rate.h"

#include "base/text.h"

#define BURST    5
#define RATE     2
#define START_MS 1000000

static bool take(struct connect_rate *c, unsigned address, uint64_t at_ms)
{
	char key[8];
	struct writer w;

	writer_init(&w, key, sizeof(key));
	put_u64(&w, address);
	return connect_rate_take(c, writer_slice(&w), BURST, RATE, START_MS + at_ms);
}

static void a_full_bucket_is_forgotten(void **state)
{
	struct connect_rate c;

	(void)state;
	connect_rate_init(&c, KEY, 100);
	assert_true(take(&c, 1, 0));
	assert_true(take(&c, 2, 0));
	assert_true(take(&c, 2, 0));
	assert_int_equal(connect_rate_count(&c), 2);
	/* One token is back after half a second, two after one; a timer is late by a tick. */
	assert_true(take(&c, 3, 500 + WHEEL_TICK_MS));
	assert_int_equal(connect_rate_count(&c), 2);
	assert_true(take(&c, 3, 1000 + WHEEL_TICK_MS));
	assert_int_equal(connect_rate_count(&c), 1);
	connect_rate_fini(&c);
}

static void forgetting_forgives_nothing(void **state)
{
	struct connect_rate c;
	unsigned given = 0;

	(void)state;
	connect_rate_init(&c, KEY, 100);
	/* Ten seconds of asking every ten milliseconds: the burst, and two a second. */
	for (uint64_t ms = 0; ms < 10000; ms += 10)
		given += take(&c, 1, ms);
	assert_in_range(given, BURST + 10 * RATE - 1, BURST + 10 * RATE);
	connect_rate_fini(&c);
}

static void many_addresses_do_not_wipe_out_a_debt(void **state)
{
	struct connect_rate c;

	(void)state;
	connect_rate_init(&c, KEY, 10);
	for (unsigned i = 0; i < BURST; i++)
		assert_true(take(&c, 0, 0));
	assert_false(take(&c, 0, 0));
	/* The table is filled with the addresses of the same attacker. */
	for (unsigned i = 1; i < 10; i++)
		assert_true(take(&c, i, 0));
	for (unsigned i = 10; i < 1000; i++)
		assert_false(take(&c, i, 0));
	assert_false(take(&c, 0, 0));
	assert_int_equal(connect_rate_count(&c), 10);
	connect_rate_fini(&c);
}

static void a_full_table_has_room_once_buckets_are_full(void **state)
{
	struct connect_rate c;

	(void)state;
	connect_rate_init(&c, KEY, 10);
	/* The oldest is the last to be full again; it must not stand in the way of the others. */
	for (unsigned i = 0; i < BURST; i++)
		assert_true(take(&c, 0, 0));
	for (unsigned i = 1; i < 10; i++)
		assert_true(take(&c, i, 0));
	assert_false(take(&c, 10, 400));
	for (unsigned i = 10; i < 19; i++)
		assert_true(take(&c, i, 500 + WHEEL_TICK_MS));
	assert_false(take(&c, 19, 500 + WHEEL_TICK_MS));
	connect_rate_fini(&c);
}

static void a_clock_that_is_behind_changes_nothing(void **state)
{
	struct connect_rate c;

	(void)state;
	connect_rate_init(&c, KEY, 10);
	for (unsigned i = 0; i < BURST; i++)
		assert_true(take(&c, 1, 5000));
	assert_false(take(&c, 1, 4000));
	assert_false(take(&c, 1, 5000));
	assert_true(take(&c, 1, 5500));
	connect_rate_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_bucket_is_forgotten),
		cmocka_unit_test(forgetting_forgives_nothing),
		cmocka_unit_test(many_addresses_do_not_wipe_out_a_debt),
		cmocka_unit_test(a_full_table_has_room_once_buckets_are_full),
		cmocka_unit_test(a_clock_that_is_behind_changes_nothing),
	};

	return cmocka_run_group_tests_name("connect rate", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/ratelimit.h"
#include "base/rng.h"
#include "base/wheel.h"

static struct wheel wheel;

static void fires_once_never_early_at_most_a_tick_late(void **state)
{
	(void)state;
	static struct timer timers[500];
	struct rng rng = {7};
	uint64_t fired = 0;

	wheel_init(&wheel, 1000);
	for (size_t i = 0; i < COUNT_OF(timers); i++)
		wheel_set(&wheel, &timers[i], 1000 + rng_between(&rng, 0, 200000));
	for (uint64_t now = 1000; now < 202000; now += 7) {
		for (struct timer *t = wheel_pop(&wheel, now); t; t = wheel_pop(&wheel, now)) {
			assert_true(t->due_ms <= now);
			assert_true(now < t->due_ms + WHEEL_TICK_MS + 7);
			fired++;
		}
	}
	assert_int_equal(fired, COUNT_OF(timers));
	assert_int_equal(wheel.count, 0);
}

static void a_moved_or_cleared_timer_does_not_fire_at_its_old_time(void **state)
{
	(void)state;
	struct timer a = {0}, b = {0};

	wheel_init(&wheel, 0);
	wheel_set(&wheel, &a, 100);
	wheel_set(&wheel, &b, 100);
	wheel_set(&wheel, &a, 500);
	wheel_clear(&wheel, &b);
	wheel_clear(&wheel, &b);
	assert_null(wheel_pop(&wheel, 400));
	assert_ptr_equal(wheel_pop(&wheel, 600), &a);
	assert_false(timer_is_set(&a));
}

static void a_time_that_has_passed_fires_at_once(void **state)
{
	(void)state;
	struct timer a = {0};

	wheel_init(&wheel, 100000);
	assert_null(wheel_pop(&wheel, 100000));
	wheel_set(&wheel, &a, 5);
	assert_int_equal(wheel_wait_ms(&wheel, 100000, 1000), 0);
	assert_ptr_equal(wheel_pop(&wheel, 100000), &a);
}

static void survives_a_sleep_longer_than_a_turn(void **state)
{
	(void)state;
	struct timer a = {0}, b = {0};

	wheel_init(&wheel, 0);
	wheel_set(&wheel, &a, 50);
	wheel_set(&wheel, &b, 100000000);
	assert_ptr_equal(wheel_pop(&wheel, 5000000), &a);
	assert_null(wheel_pop(&wheel, 5000000));
	assert_ptr_equal(wheel_pop(&wheel, 100000016), &b);
}

static void waits_until_the_next_timer(void **state)
{
	(void)state;
	struct timer a = {0};

	wheel_init(&wheel, 0);
	assert_int_equal(wheel_wait_ms(&wheel, 0, 5000), 5000);
	wheel_set(&wheel, &a, 1600);
	assert_int_equal(wheel_wait_ms(&wheel, 0, 5000), 1600);
	assert_int_equal(wheel_wait_ms(&wheel, 0, 100), 100);
	assert_null(wheel_pop(&wheel, 1599));
	assert_ptr_equal(wheel_pop(&wheel, 1600), &a);
}

static void a_bucket_refills_exactly(void **state)
{
	(void)state;
	struct ratelimit r;

	ratelimit_init(&r, 10, 3, 0);
	assert_true(ratelimit_take(&r, 10, 0));
	assert_false(ratelimit_take(&r, 1, 333));
	assert_true(ratelimit_take(&r, 1, 334));
	assert_true(ratelimit_take(&r, 2, 1000));
	assert_false(ratelimit_take(&r, 1, 1000));
	assert_true(ratelimit_take(&r, 10, UINT64_MAX));
	assert_false(ratelimit_take(&r, 1, UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fires_once_never_early_at_most_a_tick_late),
		cmocka_unit_test(a_moved_or_cleared_timer_does_not_fire_at_its_old_time),
		cmocka_unit_test(a_time_that_has_passed_fires_at_once),
		cmocka_unit_test(survives_a_sleep_longer_than_a_turn),
		cmocka_unit_test(waits_until_the_next_timer),
		cmocka_unit_test(a_bucket_refills_exactly),
	};

	return cmocka_run_group_tests_name("wheel", tests, NULL, NULL);
}

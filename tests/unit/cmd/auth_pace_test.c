/* SPDX-License-Identifier: Apache-2.0 */
/* When keys are loaded again, and when an application is left alone. */
#include "../test.h"

#include "cmd/auth_breaker.h"
#include "cmd/auth_refresh.h"

#define START 1000000u /* monotonic ms */

static struct refresh loaded(uint64_t max_age_ms)
{
	struct refresh r;

	refresh_init(&r, refresh_default_pace(), START);
	assert_true(refresh_is_due(&r, START));
	refresh_begin(&r, START);
	assert_false(refresh_is_due(&r, START));
	refresh_succeed(&r, START, max_age_ms);
	return r;
}

static void a_max_age_is_followed_within_bounds(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint64_t max_age_ms, pause_ms;
	} ages[] = {
		{"none was named", 0, REFRESH_DEFAULT_MS},
		{"below the minimum", 1, REFRESH_MIN_MS},
		{"at the minimum", REFRESH_MIN_MS, REFRESH_MIN_MS},
		{"in between", 600000, 600000},
		{"at the maximum", REFRESH_MAX_MS, REFRESH_MAX_MS},
		{"past the maximum", UINT64_MAX, REFRESH_MAX_MS},
	};

	for (size_t i = 0; i < COUNT_OF(ages); i++) {
		struct refresh r = loaded(ages[i].max_age_ms);

		check(ages[i].name, !refresh_is_due(&r, START + ages[i].pause_ms - 1));
		check(ages[i].name, refresh_is_due(&r, START + ages[i].pause_ms));
	}
}

static void pauses_after_failures_double_up_to_a_maximum(void **state)
{
	(void)state;
	struct rng rng = {1};
	struct refresh r;
	uint64_t now = START;
	uint64_t want = REFRESH_BACKOFF_MIN_MS;

	refresh_init(&r, refresh_default_pace(), now);
	for (unsigned i = 0; i < 100; i++) {
		refresh_begin(&r, now);
		refresh_fail(&r, now, &rng);
		uint64_t pause = r.due_ms - now;
		assert_in_range(pause, want - want / 5, want + want / 5);
		now = r.due_ms;
		want = want * 2 < REFRESH_BACKOFF_MAX_MS ? want * 2 : REFRESH_BACKOFF_MAX_MS;
	}
	refresh_begin(&r, now);
	refresh_succeed(&r, now, 0);
	refresh_begin(&r, now);
	refresh_fail(&r, now, &rng);
	assert_in_range(r.due_ms - now, 800, 1200);
}

static void an_unknown_kid_hurries_a_load_once_a_gap(void **state)
{
	(void)state;
	struct refresh r = loaded(0);

	assert_false(refresh_hurry(&r, START + REFRESH_GAP_MS - 1));
	assert_false(refresh_is_due(&r, START + REFRESH_GAP_MS - 1));
	assert_true(refresh_hurry(&r, START + REFRESH_GAP_MS));
	assert_true(refresh_is_due(&r, START + REFRESH_GAP_MS));
	refresh_begin(&r, START + REFRESH_GAP_MS);
	assert_true(refresh_hurry(&r, START + REFRESH_GAP_MS + 1));
	refresh_succeed(&r, START + REFRESH_GAP_MS + 2, 0);
	for (uint64_t ms = 2; ms < REFRESH_GAP_MS; ms += 7)
		assert_false(refresh_hurry(&r, START + REFRESH_GAP_MS + ms));
	assert_true(refresh_hurry(&r, START + 2 * REFRESH_GAP_MS));
}

static void failures_in_a_row_open_the_breaker(void **state)
{
	(void)state;
	struct breaker b = {0};

	for (unsigned i = 1; i < BREAKER_FAILURES; i++)
		assert_false(breaker_fail(&b, START));
	assert_false(breaker_succeed(&b));
	for (unsigned i = 1; i < BREAKER_FAILURES; i++) {
		assert_true(breaker_admit(&b, START));
		assert_false(breaker_fail(&b, START));
	}
	assert_true(breaker_fail(&b, START));
	assert_false(breaker_admit(&b, START));
	assert_false(breaker_admit(&b, START + BREAKER_OPEN_MS - 1));
}

static void one_probe_decides(void **state)
{
	(void)state;
	struct breaker b = {0};

	for (unsigned i = 0; i < BREAKER_FAILURES; i++)
		(void)breaker_fail(&b, START);
	assert_true(breaker_admit(&b, START + BREAKER_OPEN_MS));
	assert_false(breaker_admit(&b, START + BREAKER_OPEN_MS));
	assert_false(breaker_fail(&b, START + BREAKER_OPEN_MS));
	assert_false(breaker_admit(&b, START + 2 * BREAKER_OPEN_MS - 1));
	assert_true(breaker_admit(&b, START + 2 * BREAKER_OPEN_MS));
	assert_true(breaker_succeed(&b));
	assert_true(breaker_admit(&b, START + 2 * BREAKER_OPEN_MS));
	assert_true(breaker_admit(&b, START + 2 * BREAKER_OPEN_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_max_age_is_followed_within_bounds),
		cmocka_unit_test(pauses_after_failures_double_up_to_a_maximum),
		cmocka_unit_test(an_unknown_kid_hurries_a_load_once_a_gap),
		cmocka_unit_test(failures_in_a_row_open_the_breaker),
		cmocka_unit_test(one_probe_decides),
	};

	return cmocka_run_group_tests_name("cmd auth_pace", tests, NULL, NULL);
}

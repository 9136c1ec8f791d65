/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/rng.h"
#include "load/histogram.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLES 20000

static const unsigned ranks[] = {0, 1, 10, 500, 900, 990, 999, 1000};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Nearest rank, on sorted values. */
static uint64_t true_value(const uint64_t *sorted, size_t n, unsigned per_mille)
{
	size_t rank = (n * per_mille + 999) / 1000;

	return sorted[rank > 0 ? rank - 1 : 0];
}

static void an_empty_histogram_is_all_zeroes(void **state)
{
	(void)state;
	struct histogram h;

	histogram_init(&h);
	for (size_t i = 0; i < COUNT_OF(ranks); i++)
		assert_true(histogram_at(&h, ranks[i]) == 0);
	assert_true(h.count == 0 && h.max == 0);
}

static const struct {
	const char *name;
	uint64_t value;
	uint64_t most; /* what the median of this one value may be read as, before the exact max */
} edge_cases[] = {
	{"zero", 0, 0},
	{"the last exact value", HISTOGRAM_STEPS - 1, HISTOGRAM_STEPS - 1},
	{"the first shared bucket", HISTOGRAM_STEPS, HISTOGRAM_STEPS + 1},
	{"the last before a power of two", 511, 511},
	{"a power of two", 512, 515},
	{"the largest with a bucket of its own", (UINT64_C(1) << HISTOGRAM_MAX_BITS) - 1,
	 (UINT64_C(1) << HISTOGRAM_MAX_BITS) - 1},
	{"the first past the maximum", UINT64_C(1) << HISTOGRAM_MAX_BITS, UINT64_MAX},
	{"the largest number", UINT64_MAX, UINT64_MAX},
};

static void every_value_is_read_back_within_its_bucket(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(edge_cases); i++) {
		struct histogram h;
		uint64_t v = edge_cases[i].value;

		histogram_init(&h);
		histogram_add(&h, v);
		check(edge_cases[i].name, histogram_at(&h, 500) == v);
		check(edge_cases[i].name, h.min == v && h.max == v);
		/* A larger maximum shows the top of the bucket itself. */
		histogram_add(&h, UINT64_MAX);
		check(edge_cases[i].name, histogram_at(&h, 500) == edge_cases[i].most);
	}
}

static void the_relative_error_is_below_one_in_128(void **state)
{
	(void)state;
	struct histogram h;
	static uint64_t values[SAMPLES];
	struct rng rng = {7};

	histogram_init(&h);
	for (size_t i = 0; i < SAMPLES; i++) {
		/* Even over the powers of two, as latencies roughly are. */
		uint64_t v = rng_next(&rng) >> rng_between(&rng, 64 - HISTOGRAM_MAX_BITS, 63);

		values[i] = v;
		histogram_add(&h, v);
	}
	qsort(values, SAMPLES, sizeof(values[0]), by_value);
	for (size_t i = 0; i < COUNT_OF(ranks); i++) {
		uint64_t want = true_value(values, SAMPLES, ranks[i]);
		uint64_t got = histogram_at(&h, ranks[i]);

		if (got < want || got - want > want / 128)
			fail_msg("rank %u: got %ju, want %ju", ranks[i], (uintmax_t)got,
				 (uintmax_t)want);
	}
}

static void a_merge_is_the_same_as_one_histogram(void **state)
{
	(void)state;
	static struct histogram one, other, all;
	struct rng rng = {11};

	histogram_init(&one);
	histogram_init(&other);
	histogram_init(&all);
	for (int i = 0; i < 5000; i++) {
		uint64_t v = rng_between(&rng, 0, 1000000);

		histogram_add(i % 3 ? &one : &other, v);
		histogram_add(&all, v);
	}
	histogram_merge(&one, &other);
	assert_memory_equal(&one, &all, sizeof(all));
	histogram_init(&other);
	histogram_merge(&one, &other);
	assert_memory_equal(&one, &all, sizeof(all));
	histogram_merge(&other, &one);
	assert_memory_equal(&other, &all, sizeof(all));
}

static void a_rank_is_never_rounded_down(void **state)
{
	(void)state;
	struct histogram h;

	histogram_init(&h);
	for (uint64_t v = 1; v <= 10; v++)
		histogram_add(&h, v);
	assert_true(histogram_at(&h, 500) == 5);
	assert_true(histogram_at(&h, 501) == 6);
	assert_true(histogram_at(&h, 999) == 10);
	assert_true(histogram_at(&h, 1000) == 10);
	assert_true(histogram_at(&h, 5000) == 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_histogram_is_all_zeroes),
		cmocka_unit_test(every_value_is_read_back_within_its_bucket),
		cmocka_unit_test(the_relative_error_is_below_one_in_128),
		cmocka_unit_test(a_merge_is_the_same_as_one_histogram),
		cmocka_unit_test(a_rank_is_never_rounded_down),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.h - counts of durations, in fixed memory, with a bounded relative error.
 *
 * Log-linear, after the idea of HdrHistogram: values below HISTOGRAM_STEPS have a bucket each;
 * above, every power of two is cut into HISTOGRAM_STEPS / 2 equal buckets. A value read back is
 * never below the true one and at most 1/128 of it above.
 */
#pragma once

#include <stdint.h>

#define HISTOGRAM_STEPS 256u
#define HISTOGRAM_MAX_BITS                                                                         \
	40u /* values of 2^40 (18 minutes in nanoseconds) and more share one bucket */
#define HISTOGRAM_BUCKETS                                                                          \
	(HISTOGRAM_STEPS + (HISTOGRAM_MAX_BITS - 8u) * (HISTOGRAM_STEPS / 2u) + 1u)

struct histogram {
	uint64_t count;
	uint64_t min; /* exact; of no meaning while count is 0 */
	uint64_t max; /* exact; 0 while count is 0 */
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_init(struct histogram *h);
void histogram_add(struct histogram *h, uint64_t value);
/* Adds all of `from`: the same as adding its values one by one. */
void histogram_merge(struct histogram *h, const struct histogram *from);
/*
 * The least value that at least `per_mille` thousandths of all values do not pass (nearest
 * rank): 500 is the median, 999 is p99.9, 0 the minimum, 1000 and more the exact maximum.
 * 0 while the histogram is empty.
 */
uint64_t histogram_at(const struct histogram *h, unsigned per_mille);

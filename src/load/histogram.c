/* SPDX-License-Identifier: Apache-2.0 */
#include "load/histogram.h"

#define STEP_BITS 8u
#define HALF      (HISTOGRAM_STEPS / 2u)

_Static_assert(HISTOGRAM_STEPS == 1u << STEP_BITS, "the buckets are found by shifting");

static unsigned bucket_of(uint64_t value)
{
	if (value < HISTOGRAM_STEPS)
		return (unsigned)value;
	if (value >> HISTOGRAM_MAX_BITS)
		return HISTOGRAM_BUCKETS - 1;

	/* The highest STEP_BITS bits are the place within the power of two. */
	unsigned shift = 63u - (unsigned)__builtin_clzll(value) - (STEP_BITS - 1);
	return HISTOGRAM_STEPS + (shift - 1) * HALF + (unsigned)(value >> shift) - HALF;
}

/* The largest value that falls into bucket `i`. */
static uint64_t bucket_top(unsigned i)
{
	if (i < HISTOGRAM_STEPS)
		return i;
	if (i == HISTOGRAM_BUCKETS - 1)
		return UINT64_MAX;

	unsigned shift = (i - HISTOGRAM_STEPS) / HALF + 1;
	uint64_t place = (i - HISTOGRAM_STEPS) % HALF + HALF;
	return ((place + 1) << shift) - 1;
}

void histogram_init(struct histogram *h)
{
	*h = (struct histogram){.min = UINT64_MAX};
}

void histogram_add(struct histogram *h, uint64_t value)
{
	h->count++;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	h->buckets[bucket_of(value)]++;
}

void histogram_merge(struct histogram *h, const struct histogram *from)
{
	h->count += from->count;
	if (from->min < h->min)
		h->min = from->min;
	if (from->max > h->max)
		h->max = from->max;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->buckets[i] += from->buckets[i];
}

/* ceil(count * per_mille / 1000) without the overflow of the plain product. */
static uint64_t rank_of(uint64_t count, unsigned per_mille)
{
	return count / 1000 * per_mille + (count % 1000 * per_mille + 999) / 1000;
}

uint64_t histogram_at(const struct histogram *h, unsigned per_mille)
{
	if (h->count == 0)
		return 0;
	if (per_mille == 0)
		return h->min;
	if (per_mille >= 1000)
		return h->max;

	uint64_t rank = rank_of(h->count, per_mille);
	uint64_t seen = 0;
	unsigned i = 0;
	for (; i < HISTOGRAM_BUCKETS - 1; i++) {
		seen += h->buckets[i];
		if (seen >= rank)
			break;
	}
	uint64_t top = bucket_top(i);
	return top < h->max ? top : h->max;
}

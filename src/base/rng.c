/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include "base/require.h"

uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t rng_between(struct rng *r, uint64_t low, uint64_t high)
{
	require(low <= high);
	if (high - low == UINT64_MAX)
		return rng_next(r);
	return low + rng_next(r) % (high - low + 1);
}

uint64_t rng_jitter(struct rng *r, uint64_t value, unsigned percent)
{
	uint64_t reach = value / 100 * percent + value % 100 * percent / 100;

	return rng_between(r, value - reach, value + reach);
}

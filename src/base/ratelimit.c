/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ratelimit.h"

#include "base/require.h"

void ratelimit_init(struct ratelimit *r, uint64_t burst, uint64_t rate, uint64_t now_ms)
{
	*r = (struct ratelimit){.burst = burst, .rate = rate, .tokens = burst, .last_ms = now_ms};
}

static void refill(struct ratelimit *r, uint64_t now_ms)
{
	require(now_ms >= r->last_ms);
	uint64_t elapsed = now_ms - r->last_ms;
	if (elapsed == 0 || r->rate == 0)
		return;
	r->last_ms = now_ms;
	if (elapsed > (UINT64_MAX - r->carry) / r->rate) {
		r->tokens = r->burst;
		r->carry = 0;
		return;
	}
	uint64_t gain = elapsed * r->rate + r->carry;
	r->carry = gain % 1000;
	if (gain / 1000 >= r->burst - r->tokens) {
		r->tokens = r->burst;
		r->carry = 0;
	} else {
		r->tokens += gain / 1000;
	}
}

bool ratelimit_take(struct ratelimit *r, uint64_t n, uint64_t now_ms)
{
	refill(r, now_ms);
	if (n > r->tokens)
		return false;
	r->tokens -= n;
	return true;
}

void ratelimit_set(struct ratelimit *r, uint64_t burst, uint64_t rate)
{
	r->burst = burst;
	r->rate = rate;
	if (r->tokens > burst)
		r->tokens = burst;
}

uint64_t ratelimit_wait_ms(const struct ratelimit *r, uint64_t n)
{
	uint64_t missing = n > r->tokens ? n - r->tokens : 0;

	if (missing == 0)
		return 0;
	if (r->rate == 0 || missing > UINT64_MAX / 1000)
		return UINT64_MAX;
	uint64_t thousandths = missing * 1000 - r->carry;
	return thousandths / r->rate + (thousandths % r->rate != 0);
}

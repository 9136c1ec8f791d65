/* SPDX-License-Identifier: Apache-2.0 */
#include "load/pacing.h"

#define NS_PER_S 1000000000u

void pacing_init(struct pacing *p, uint64_t rate, uint64_t start_ns)
{
	*p = (struct pacing){
		.start_ns = start_ns,
		.rate = rate < PACING_MAX_RATE ? rate : PACING_MAX_RATE,
	};
}

uint64_t pacing_due_ns(const struct pacing *p, uint64_t n)
{
	if (p->rate == 0)
		return p->start_ns;
	/* Rounded up, so that pacing_due_count counts it at that very nanosecond. */
	return p->start_ns + n / p->rate * NS_PER_S +
	       (n % p->rate * NS_PER_S + p->rate - 1) / p->rate;
}

uint64_t pacing_due_count(const struct pacing *p, uint64_t total, uint64_t now_ns)
{
	if (now_ns < p->start_ns)
		return 0;
	if (p->rate == 0)
		return total;

	uint64_t passed = now_ns - p->start_ns;
	uint64_t seconds = passed / NS_PER_S;
	if (seconds > total / p->rate)
		return total;
	uint64_t due = seconds * p->rate + passed % NS_PER_S * p->rate / NS_PER_S + 1;
	return due < total ? due : total;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "os/wallclock.h"

#include <time.h>

uint64_t wallclock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t wallclock_ms(void)
{
	return wallclock_ns() / 1000000;
}

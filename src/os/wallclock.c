/* SPDX-License-Identifier: Apache-2.0 */
#include "os/wallclock.h"

#include <time.h>

uint64_t wallclock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "os/monotonic.h"

#include "base/require.h"

#include <time.h>

uint64_t monotonic_ns(void)
{
	struct timespec now;

	require(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

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

enum err monotonic_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) != 0)
		return E_NOMEM;
	int failed = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!failed)
		failed = pthread_cond_init(cond, &attr);
	(void)pthread_condattr_destroy(&attr);
	return failed ? E_NOMEM : OK;
}

void monotonic_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t due_ms)
{
	const struct timespec until = {
		.tv_sec = (time_t)(due_ms / 1000),
		.tv_nsec = (long)(due_ms % 1000) * 1000000,
	};

	(void)pthread_cond_timedwait(cond, lock, &until);
}

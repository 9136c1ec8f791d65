/* SPDX-License-Identifier: Apache-2.0 */
#include "os/patience.h"

#include "base/require.h"
#include "os/monotonic.h"

#include <limits.h>
#include <string.h>

uint64_t patience_left_ms(const struct patience *patience)
{
	uint64_t now = monotonic_ns() / 1000000;

	return patience->due_ms > now ? patience->due_ms - now : 0;
}

enum patience_end patience_wait(const struct patience *patience, struct pollfd *fds, size_t n,
				uint64_t step_ms)
{
	struct pollfd all[PATIENCE_MAX_FDS + 1];
	uint64_t left = patience_left_ms(patience);

	require(n <= PATIENCE_MAX_FDS);
	if (n > 0)
		memcpy(all, fds, n * sizeof(*fds));
	/* poll() passes over a negative descriptor. */
	all[n] = (struct pollfd){.fd = patience->stop_fd, .events = POLLIN};
	uint64_t wait = left < step_ms ? left : step_ms;
	int ready = poll(all, n + 1, wait < INT_MAX ? (int)wait : INT_MAX);
	for (size_t i = 0; i < n; i++)
		fds[i].revents = ready > 0 ? all[i].revents : 0;
	if (ready > 0 && all[n].revents != 0)
		return PATIENCE_STOPPED;
	return ready > 0 || patience_left_ms(patience) > 0 ? PATIENCE_READY : PATIENCE_LATE;
}

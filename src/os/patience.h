/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patience.h - how long a service thread may wait: until a deadline, or until it is told to stop.
 *
 * One value goes through a whole exchange (lookup, connection, TLS, answer), so that the total is
 * bounded and not each step by itself.
 */
#pragma once

#include "base/err.h"

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define PATIENCE_MAX_FDS 16u /* descriptors of one wait */

struct patience {
	uint64_t due_ms; /* monotonic */
	int stop_fd;     /* readable: give up at once; -1: there is none */
};

enum patience_end {
	PATIENCE_READY,   /* a descriptor is ready, or the step is over */
	PATIENCE_LATE,    /* due_ms has come */
	PATIENCE_STOPPED, /* stop_fd says so */
};

/*
 * Waits for one of `fds` (at most PATIENCE_MAX_FDS; their revents are set), but no longer than
 * `step_ms` from now: then it is PATIENCE_READY without a ready descriptor.
 */
enum patience_end patience_wait(const struct patience *patience, struct pollfd *fds, size_t n,
				uint64_t step_ms);
/* Milliseconds until due_ms; 0 if it has come. */
uint64_t patience_left_ms(const struct patience *patience);

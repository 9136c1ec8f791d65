/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waitset.h - waits for many descriptors at once (epoll, level-triggered).
 *
 * For tools that own their loop. A descriptor leaves the set when it is closed.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define WAITSET_BATCH 256u /* events that one wait gives at most */

enum waitset_flag {
	WAITSET_READ = 1,
	WAITSET_WRITE = 2,
};

struct waitset {
	int fd;
};

struct waitset_event {
	void *owner;
	unsigned flags; /* enum waitset_flag; a failed descriptor shows both */
};

/* Errors: E_IO. */
enum err waitset_init(struct waitset *set);
void waitset_fini(struct waitset *set);
/* `owner` comes back with every event. Errors: E_IO. */
enum err waitset_add(struct waitset *set, int fd, void *owner, unsigned flags);
/* Errors: E_IO. */
enum err waitset_change(struct waitset *set, int fd, void *owner, unsigned flags);
/*
 * Waits until something happens, or until `deadline_ns` (monotonic; UINT64_MAX: for ever). Gives
 * how many events it wrote; 0 after the deadline or a signal.
 */
size_t waitset_wait(struct waitset *set, uint64_t deadline_ns,
		    struct waitset_event ret_events[WAITSET_BATCH]);

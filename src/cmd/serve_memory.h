/* SPDX-License-Identifier: Apache-2.0 */
/* serve_memory.h - watches how much memory the process holds, and tells the admission (SPEC 7). */
#pragma once

#include "cmd/serve_worker.h"

#define SERVE_MEMORY_MS 1000u /* from one look to the next */

struct serve_memory {
	int fd; /* -1: it cannot be told */
	bool is_short;
	uint64_t due_ms; /* of the next look */
};

/* Before the sandbox. Where the kernel does not tell, there is no limit, and a warning if one was
 * set. */
void serve_memory_init(struct serve_memory *m, uint64_t limit);
void serve_memory_end(struct serve_memory *m);
/*
 * Looks where it is time. What engines hold for streams to come counts as free. While memory is
 * short, freed memory is given back to the kernel, so that an end of it is seen.
 */
void serve_memory_turn(struct serve_memory *m, const struct serve_shared *shared, uint64_t now_ms);

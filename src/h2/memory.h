/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h - the memory that nghttp2 takes for one session: counted, and never past a maximum. */
#pragma once

#include "base/list.h"

#include <nghttp2/nghttp2.h>
#include <stddef.h>

/*
 * nghttp2 1.52 frees a frame twice where it finds no memory for a queue. So from the first
 * allocation that fails on nothing is freed, but by h2_memory_free, all at once: until then each
 * pointer that it holds is good.
 */
struct h2_memory {
	size_t used; /* bytes */
	size_t max;  /* past it an allocation fails, as where there is no memory */
	bool failed; /* one did: the session must end */
	struct list blocks;
};

void h2_memory_init(struct h2_memory *m, size_t max);
/* In place of nghttp2_session_del where an allocation has failed; harmless else, behind it. */
void h2_memory_free(struct h2_memory *m);

/* The functions that a session allocates with; `m` must outlive it. */
nghttp2_mem h2_memory_functions(struct h2_memory *m);

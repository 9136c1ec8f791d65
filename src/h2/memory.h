/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h - the memory that nghttp2 takes for one session: counted, and never past a maximum. */
#pragma once

#include <nghttp2/nghttp2.h>
#include <stddef.h>

struct h2_memory {
	size_t used; /* bytes */
	size_t max;  /* past it an allocation fails, as where there is no memory */
};

/* The functions that a session allocates with; `m` must outlive it. */
nghttp2_mem h2_memory_functions(struct h2_memory *m);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - memory that is freed as one.
 *
 * Growing by blocks up to a maximum; nothing is freed alone. For configuration
 * and for what lives as long as a request.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used; /* bytes handed out */
	size_t max;  /* bytes; past it arena_alloc gives NULL */
};

void arena_init(struct arena *a, size_t max);
/* Frees all; usable again. */
void arena_free(struct arena *a);
/* `size` bytes of zeroes, aligned for any type; NULL when out of memory or past the maximum. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy, with a NUL behind it for the system calls that want one; ptr NULL on failure. */
struct slice arena_copy(struct arena *a, struct slice s);

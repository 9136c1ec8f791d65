/* SPDX-License-Identifier: Apache-2.0 */
#include "oom.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

/* Allocations until one fails; 0: none will, or it has. */
static size_t countdown;
static bool counting;

static bool fails_now(void)
{
	return counting && countdown > 0 && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
	return fails_now() ? NULL : __real_realloc(ptr, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return fails_now() ? NULL : __real_aligned_alloc(alignment, size);
}

static void on_engine(bool inside)
{
	counting = inside;
}

void oom_arm(struct sim *sim, size_t nth)
{
	sim->on_engine = on_engine;
	countdown = nth;
}

bool oom_disarm(void)
{
	bool reached = countdown == 0;

	countdown = 0;
	return reached;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oom.h - memory that ends: allocation 1, 2, ... fails in turn, until a run has none that fails.
 *
 * The linker puts these functions in the place of malloc, calloc and realloc: link the program
 * with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc. Leaks are found by AddressSanitizer. One
 * source of a program may include this.
 */
#pragma once

#include "test.h"

#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

/* Allocations until one fails; 0: none will, or it has. */
static size_t countdown;

static bool fails_now(void)
{
	return countdown > 0 && --countdown == 0;
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

/* True if the allocation that was to fail was reached. */
static bool disarm(void)
{
	bool reached = countdown == 0;

	countdown = 0;
	return reached;
}

/* Runs `attempt` with each of its allocations failing once. */
static void fail_each(void (*attempt)(size_t nth, bool *ret_reached))
{
	bool reached = true;
	size_t nth = 0;

	while (reached)
		attempt(++nth, &reached);
	assert_true(nth > 1); /* at least one allocation was there to fail */
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oom.h - memory that ends on demand.
 *
 * The linker puts oom.c in the place of malloc, calloc and realloc (-Wl,--wrap). What the world
 * itself allocates is not meant to fail: it holds the countdown still meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The `nth` allocation from now on fails, and only that one; 0: none does. */
void oom_arm(size_t nth);
/* True if the allocation that was to fail was reached; none fails from now on. */
bool oom_disarm(void);

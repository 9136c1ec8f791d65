/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oom.h - memory that ends on demand.
 *
 * The linker puts oom.c in the place of malloc, calloc, realloc and aligned_alloc (-Wl,--wrap).
 * Only what an engine allocates counts and fails, not what the world around it needs.
 */
#pragma once

#include "sim.h"

/* The `nth` allocation of the engines from now on fails, and only that one. */
void oom_arm(struct sim *sim, size_t nth);
/* True if the allocation that was to fail was reached; none fails from now on. */
bool oom_disarm(void);

/* SPDX-License-Identifier: Apache-2.0 */
/* monotonic.h - the clock that tools measure with: it never jumps, and means nothing outside. */
#pragma once

#include "base/err.h"

#include <pthread.h>
#include <stdint.h>

/* CLOCK_MONOTONIC: the same in all processes of the machine. */
uint64_t monotonic_ns(void);

/* A condition whose waits end by this clock. Errors: E_NOMEM. */
enum err monotonic_cond_init(pthread_cond_t *cond);
/* Waits, with `lock` held, until `due_ms` or a signal; maybe for a shorter time. */
void monotonic_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t due_ms);

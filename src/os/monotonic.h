/* SPDX-License-Identifier: Apache-2.0 */
/* monotonic.h - the clock that tools measure with: it never jumps, and means nothing outside. */
#pragma once

#include <stdint.h>

/* CLOCK_MONOTONIC: the same in all processes of the machine. */
uint64_t monotonic_ns(void);

/* SPDX-License-Identifier: Apache-2.0 */
/* wallclock.h - the time of day, for timestamps and for the start of a log. */
#pragma once

#include <stdint.h>

/* Milliseconds since 1970-01-01 UTC. */
uint64_t wallclock_ms(void);
/* Nanoseconds since then. */
uint64_t wallclock_ns(void);

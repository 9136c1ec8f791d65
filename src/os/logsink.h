/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logsink.h - lines to standard output from many threads, written by one.
 *
 * A reader of our output that stalls must not stall a stream: lines wait in a ring of a fixed
 * size, and what does not fit is counted and reported when there is room again.
 */
#pragma once

#include "base/slice.h"

#include <stdint.h>

#define LOGSINK_RING (4u << 20) /* bytes that may wait */
#define LOGSINK_LINE 4096u      /* bytes of a line with its line feed */

struct logsink;

/* Writes to `fd`, which stays the caller's. NULL: no memory or no thread. */
struct logsink *logsink_new(int fd);
/* Writes what is waiting, for at most two seconds, and ends the thread. */
void logsink_free(struct logsink *sink);
/* Any thread; never blocks on the output. `line` ends in a line feed. */
void logsink_put(struct logsink *sink, struct slice line);
/* Lines lost so far, because the ring was full or the output failed. */
uint64_t logsink_lost(struct logsink *sink);

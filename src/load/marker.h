/* SPDX-License-Identifier: Apache-2.0 */
/*
 * marker.h - what a bench event carries: which one of which run it is, and when it was due.
 *
 *	~sluice-bench RRRRRRRRRRRRRRRR SSSSSSSS TTTTTTTTTTTTTTTT~xxxx...
 *
 * Run, sequence number and time are hexadecimal of fixed width, so that the reader is a counter
 * over bytes and costs next to nothing beside the system call that brought them. The run keeps
 * events of an earlier one (a replay, another bench on the same topic) out of the figures.
 */
#pragma once

#include "base/slice.h"
#include "base/writer.h"

#include <stdint.h>

#define MARKER_LEN 57u /* bytes; also the least size of an event */

struct marker {
	uint64_t run;
	uint32_t seq;
	uint64_t due_ns; /* monotonic */
};

/* Writes the marker and fills up to `size` bytes in all; a smaller size gives the marker alone. */
void marker_put(struct writer *w, const struct marker *m, size_t size);

struct marker_scan {
	struct marker found; /* digit by digit */
	uint8_t at;          /* bytes of the form that have matched */
};

/*
 * Looks for the end of the next marker in `in`, of which *ret_used bytes are then consumed;
 * without one all are. A zeroed scan is ready, and a marker may come in any pieces. Bytes that
 * begin a marker and break off are noise, as everything around a marker is.
 */
bool marker_next(struct marker_scan *scan, struct slice in, size_t *ret_used, struct marker *ret_m);
/* True for exactly what marker_put writes for `size`, and nothing around it. */
bool marker_parse_exact(struct slice data, size_t size, struct marker *ret_m);

/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what a bench run measured, and how it is written down. */
#pragma once

#include "base/writer.h"
#include "load/histogram.h"
#include "load/tally.h"

#include <stdbool.h>
#include <stdint.h>

#define REPORT_MAX_BYTES 8192u /* room that any report fits into, but for the target */

struct report {
	struct slice target; /* the URL */
	bool partial;        /* interrupted: what is missing is not a fault */
	uint64_t streams;
	uint64_t connections; /* that carry them */
	uint64_t open;        /* streams whose head came and was right */
	uint64_t closed;      /* ended by the server before the run did */
	uint64_t broken;      /* ended by us: the bytes were not HTTP or not an event stream */
	uint64_t damaged; /* events that are not what was published; only a full check sees them */
	uint64_t open_ns;
	uint64_t events;
	uint64_t published; /* answered with success */
	uint64_t event_bytes;
	uint64_t run_ns; /* from the first event being due to the last delivery */
	struct tally tally;
	struct histogram latency; /* ns, from the moment the event was due */
	bool has_server;          /* the four figures below were taken */
	uint64_t cpu_open_ns;     /* of all threads */
	uint64_t cpu_run_ns;
	uint64_t anon_before; /* bytes of RssAnon without streams; kernel memory is not in it */
	uint64_t anon_idle;   /* the same with all of them open */
};

/* Deliveries that did not come. */
uint64_t report_lost(const struct report *r);
/* True where all was published, and every stream opened, stayed, and got each event once and in
 * order. */
bool report_is_clean(const struct report *r);
/* One figure a line. */
void report_put_text(struct writer *w, const struct report *r);
/* One JSON object on one line; a figure that was not measured is null. */
void report_put_json(struct writer *w, const struct report *r);

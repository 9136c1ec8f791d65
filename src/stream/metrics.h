/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - the counters of engines in the Prometheus text format, version 0.0.4.
 *
 * Every sample is written, zeroes too: an alert on a sample that has never been seen would
 * never fire.
 */
#pragma once

#include "base/writer.h"
#include "stream/engine.h"

#include <stdint.h>

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
/* No text of metrics_put is longer, with a version of METRICS_MAX_VERSION bytes. */
#define METRICS_MAX_TEXT    (32u << 10)
#define METRICS_MAX_VERSION 64u

/* What is true now, beside what the engines have counted. */
struct metrics_state {
	uint64_t streams_open;
	uint64_t connections_open;
	uint64_t log_lines_lost;
	uint64_t memory; /* bytes */
	uint64_t strangers;
	uint64_t reloads;
	uint64_t reload_failures;
	uint64_t loaded_s; /* Unix time of the configuration that holds */
	struct slice version;
	uint64_t tls_handshakes;
	uint64_t tls_resumed;
	uint64_t tls_ktls;
	uint64_t tls_expires;  /* Unix seconds; 0: no TLS */
	uint64_t landlock;     /* version; 0: not in force */
	uint64_t system_calls; /* that are allowed; 0: all */
};

/* Adds each counter of `more` to the one in `sum`. */
void metrics_add(struct engine_counters *sum, const struct engine_counters *more);
/* Writes every row of stream/metrics.def; `sum` is that of all workers. */
void metrics_put(struct writer *w, const struct engine_counters *sum,
		 const struct metrics_state *state);

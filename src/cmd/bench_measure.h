/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_measure.h - one run: open all streams, leave them idle, publish, wait for the last
 * delivery.
 */
#pragma once

#include "cmd/bench_conn.h"
#include "cmd/bench_publish.h"
#include "load/report.h"

#define BENCH_MAX_STREAMS 1000000u
#define BENCH_MAX_EVENTS  10000000u
#define BENCH_MAX_RATE    1000000u /* a second: of events, and of connects */
#define BENCH_MAX_WINDOW  10000u
#define BENCH_MAX_OPENING 256u /* connects that wait for their head at one time */
#define BENCH_SPARE_FDS   32u  /* beside the streams */

struct bench_settings {
	struct slice target;               /* the URL as given, for the report */
	struct url url;                    /* of the stream */
	struct bench_publish_to publish;   /* where events go */
	struct tcp_target stream_address;  /* url, resolved */
	struct tcp_target publish_address; /* publish.url, resolved */
	const struct tls_trust *trust;     /* for https */
	bool http2;                        /* for the streams; events are published by HTTP/1.1 */
	uint64_t streams;
	uint64_t per_conn; /* streams on one connection */
	uint64_t events;
	uint64_t rate;       /* events a second; 0: as fast as `window` lets */
	uint64_t window;     /* without a rate: events that may be on their way at one time */
	uint64_t ramp;       /* connects a second; 0: as fast as they are answered */
	uint64_t idle_ms;    /* between the last open and the first event */
	uint64_t timeout_ms; /* without any progress the run ends */
	int pid;             /* of the server; 0: not measured */
	bool check;          /* decode everything */
};

enum bench_outcome {
	BENCH_RAN,
	BENCH_INTERRUPTED, /* the report is partial */
	BENCH_UNREACHABLE, /* streams did not open or nothing could be published: `why` was printed
			    */
};

/* Writes progress and complaints to standard error. `ret_report` holds what was measured so far,
 * whatever the outcome. */
enum bench_outcome bench_measure(const struct bench_settings *settings, struct report *ret_report);

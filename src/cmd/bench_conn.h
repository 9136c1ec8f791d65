/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_conn.h - one connection of a bench run and the streams on it: one with HTTP/1.1, several
 * with HTTP/2. Connects, greets (TLS), asks, and hands each stream its bytes. Never blocks.
 */
#pragma once

#include "cmd/bench_stream.h"
#include "h2/client.h"
#include "http/url.h"
#include "os/tcp.h"
#include "os/waitset.h"
#include "os/wire.h"

#define BENCH_MAX_PER_CONN 1000u  /* streams on one connection */
#define BENCH_READ_MAX     65536u /* bytes at once: several events of a stream that lags */

/* What is the same for all connections of a run. */
struct bench_route {
	struct waitset *set; /* its events have the connection as owner */
	const struct url *url;
	const struct tcp_target *address;
	const struct tls_trust *trust; /* for https */
	bool http2;
	size_t per_conn;      /* streams on one connection; 1 with HTTP/1.1 */
	struct slice request; /* the GET of HTTP/1.1, the same for all */
	void *ctx;
	/* Bytes have come: now is when they arrived. */
	void (*on_bytes)(void *ctx);
	/*
	 * The stream has opened (BENCH_FINE), or is over; `status` is that of BENCH_REFUSED. With
	 * HTTP/1.1 the connection may be closed within the call.
	 */
	void (*on_stream)(void *ctx, struct bench_stream *s, enum bench_fault fault,
			  unsigned status);
	char room[BENCH_READ_MAX];
};

struct bench_conn {
	struct bench_route *route;
	struct wire wire; /* fd -1: closed */
	struct h2_client *h2;
	struct bench_stream *streams; /* the first of route->per_conn */
	size_t begun;                 /* streams that are to be opened */
	size_t asked;                 /* those whose request was sent */
	int phase;
	unsigned flags; /* what the set waits for */
};

/*
 * The functions below give NULL, or why the connection is over: static text or strerror's. The
 * owner then ends its streams and calls bench_conn_close.
 */

/* Begins to connect from `source` (os/tcp.h). A zeroed connection is a closed one. */
const char *bench_conn_open(struct bench_conn *c, struct bench_route *route,
			    struct bench_stream *streams, uint32_t source);
/* One stream more: asks for it at once, or when the connection is ready. */
const char *bench_conn_begin(struct bench_conn *c);
/* Something happened at the descriptor. */
const char *bench_conn_handle(struct bench_conn *c);
/* Harmless twice; not within route->on_stream with HTTP/2. */
void bench_conn_close(struct bench_conn *c);

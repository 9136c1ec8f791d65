/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_publish.h - the publisher of a bench run: one keep-alive connection of HTTP/1.1, plain or
 * TLS, and one POST at a time.
 *
 * The request is built once; an event only writes its marker, which has a fixed width, into it.
 */
#pragma once

#include "base/buf.h"
#include "http/url.h"
#include "load/marker.h"
#include "os/tcp.h"
#include "os/waitset.h"
#include "os/wire.h"

#define BENCH_MAX_REQUEST (192u << 10) /* bytes: head, topic and data */
#define BENCH_MAX_ANSWER  (64u << 10)  /* bytes of the answer to a POST */

enum bench_publish {
	BENCH_PUBLISH_PENDING,
	BENCH_PUBLISH_DONE,    /* answered with 2xx; the next may be sent */
	BENCH_PUBLISH_REFUSED, /* answered with something else: `status` */
	BENCH_PUBLISH_FAILED,  /* no answer: `why` */
};

struct bench_publisher {
	struct waitset *set;
	struct tcp_target target;
	const struct url *url;
	const struct tls_trust *trust;
	struct wire wire; /* fd -1: not connected */
	bool ready;       /* connected and greeted */
	struct buf request;
	size_t marker_at; /* in request */
	size_t sent;
	struct buf answer;
	bool busy;
	unsigned status;
	const char *why; /* static text */
};

struct bench_publish_to {
	struct url url;
	struct slice key; /* ptr NULL: no Authorization */
	struct slice topic;
	size_t event_bytes;
};

/*
 * Events of the publisher come from `set` with the publisher as owner. `to` and `trust`, which is
 * for https, must outlive it. Errors: E_NOMEM, E_TOO_BIG.
 */
enum err bench_publisher_init(struct bench_publisher *p, struct waitset *set,
			      const struct tcp_target *target, const struct bench_publish_to *to,
			      const struct tls_trust *trust);
void bench_publisher_fini(struct bench_publisher *p);
/* Begins to send an event; not while busy. */
enum bench_publish bench_publisher_send(struct bench_publisher *p, const struct marker *m);
/* Something happened at the connection. */
enum bench_publish bench_publisher_handle(struct bench_publisher *p);

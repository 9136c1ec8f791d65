/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admit.h - how many connections and streams there are, for all workers together, and who may
 * have one more.
 *
 * At a cap the new one is refused; an old one is never evicted for it. Thread-safe: touched when
 * a connection or stream begins and when it ends. A stream takes its place in two steps, as it
 * becomes known who asks (SPEC 4): admit_stream before the credential is looked at, admit_holder
 * once it may read what it asks for. Each that said ADMIT_OK is owed its end, with the same
 * values. All is counted whether it is limited or not, so that limits may change at any time.
 */
#pragma once

#include "base/addr.h"
#include "base/siphash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct admit;

/* 0: no limit. */
struct admit_limits {
	uint64_t connections;
	uint64_t streams;
	uint64_t per_address;  /* streams */
	uint64_t per_user;     /* streams */
	uint64_t per_token;    /* streams */
	uint64_t connect_rate; /* requests for streams a second and address */
	uint64_t connect_burst;
	uint64_t publish_rate; /* events a second of one publisher */
	uint64_t memory;       /* resident bytes of the process */
};

#define ADMIT_MAX_PUBLISHERS 256u

enum admit_verdict {
	ADMIT_OK,
	ADMIT_MEMORY,
	ADMIT_FULL,
	ADMIT_ROUTE,
	ADMIT_ADDRESS,
	ADMIT_RATE,
	ADMIT_USER,
	ADMIT_TOKEN,
};

/* Where a stream comes from and leads to. */
struct admit_place {
	struct addr addr;
	struct slice route;   /* its path */
	uint64_t route_limit; /* open streams of the route; 0: no limit */
};

/* Who asks; empty: not known by that, and not counted by it. */
struct admit_holder {
	struct slice user;
	struct slice token; /* jti */
};

/* NULL: no memory. */
struct admit *admit_new(struct admit_limits limits, struct siphash_key key);
void admit_free(struct admit *a);
/* From now on; what is open stays, even above a new limit. */
void admit_set_limits(struct admit *a, struct admit_limits limits);

bool admit_connection(struct admit *a);
void admit_connection_end(struct admit *a);
/*
 * In this order: the memory of the process, the limits of all streams, of the route and of the
 * address, and how fast the address asks. A token of the last is taken for good.
 */
enum admit_verdict admit_stream(struct admit *a, const struct admit_place *place, uint64_t now_ms);
void admit_stream_end(struct admit *a, const struct admit_place *place);
/* ADMIT_OK, ADMIT_USER, ADMIT_TOKEN, or ADMIT_FULL where nothing more can be counted. */
enum admit_verdict admit_holder(struct admit *a, const struct admit_holder *holder);
void admit_holder_end(struct admit *a, const struct admit_holder *holder);
/*
 * Takes `events` from the bucket of a publisher (its number in the ring of keys), which holds one
 * second's worth; a body of more events costs a full bucket. False: refuse, nothing was taken.
 */
bool admit_publish(struct admit *a, size_t publisher, uint64_t events, uint64_t now_ms);

/*
 * Tells the resident size of the process. Above the limit of memory streams and publishes are to
 * be refused, until it is a twentieth below: else one that ends would let in one at a time.
 */
void admit_set_resident(struct admit *a, uint64_t bytes);
/* True while memory is short. */
bool admit_is_short(struct admit *a);
uint64_t admit_resident(struct admit *a);
/* Addresses, users, tokens and routes that have streams; none where there are no streams. */
uint64_t admit_keys(struct admit *a);
uint64_t admit_streams(struct admit *a);
uint64_t admit_connections(struct admit *a);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_peer.h - a client of HTTP/2 for the simulated world: nghttp2's client over a peer's pipe. It
 * keeps what each stream was answered; tests may also put frames of their own on the way.
 */
#pragma once

#include "sim.h"

#include <nghttp2/nghttp2.h>

#define H2_PEER_STREAMS 256u /* that one peer keeps */

struct h2_answer {
	int32_t id; /* 0: unused */
	unsigned status;
	struct buf fields; /* "name: value\n" each */
	struct buf body;
	bool ended;     /* END_STREAM came */
	bool closed;    /* the stream is over */
	uint32_t error; /* of a reset */
};

struct h2_peer {
	struct sim_peer *p;
	nghttp2_session *session;
	struct h2_answer answers[H2_PEER_STREAMS];
	struct buf body; /* of the post that is on its way */
	bool goaway;
	uint32_t goaway_error;
	bool silent; /* its own frames stay unsent: windows, acknowledgements */
};

/* `p` must be new. `window`: of each stream; 0: as nghttp2 has it. */
struct h2_peer *h2_peer_new(struct sim_peer *p, uint32_t window);
void h2_peer_free(struct h2_peer *h);
/* Sends what it has to say, lets the world run, reads what came; until nothing moves. */
void h2_peer_run(struct h2_peer *h);
/* Asks for a stream by GET; `authorization` NULL: none. Gives the id. */
int32_t h2_peer_get(struct h2_peer *h, const char *path, const char *authorization);
/* Likewise, with one more field. */
int32_t h2_peer_get_with(struct h2_peer *h, const char *path, const char *name, const char *value);
/* POST of JSON with the publisher's key. */
int32_t h2_peer_post(struct h2_peer *h, const char *path, struct slice body);
struct h2_answer *h2_peer_answer(struct h2_peer *h, int32_t id);
bool h2_peer_has(struct h2_peer *h, int32_t id, const char *text);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * carrier.h - inside of the engine: an HTTP/2 connection and the streams on it. Not for others.
 *
 * The connection keeps its own record (state CONN_H2), each stream has one as a connection of
 * HTTP/1.x has, with an io of its own kind (way_out.c). What the session tells is put on a list and
 * done after it, so that no call of the session is within another. A carrier that has something to
 * write or to settle is on the engine's list of those, and is seen to at the end of the turn.
 */
#pragma once

#include "h2/session.h"
#include "stream/conn.h"

struct carrier {
	struct engine *e;
	struct conn *conn;
	struct h2_session *session;
	struct list ready; /* exchanges with news */
	struct list touched;
	size_t streams;       /* records of streams */
	uint64_t progress_ms; /* the connection last took bytes */
	uint64_t lasts_ms;    /* last words have waited since then, or were looked at; 0: there are
				 none */
	uint64_t idle_ms;     /* without streams since then; 0: it has some */
	bool asked;           /* there has been a request */
	bool broken;          /* the connection is gone */
	bool ending;
	enum stream_close close; /* of the streams when the peer or the connection ends them */
};

/* Turns the connection into a carrier; `bytes` have been read already. */
void carrier_begin(struct engine *e, struct conn *c, struct slice bytes);
void carrier_readable(struct engine *e, struct conn *c);
void carrier_writable(struct engine *e, struct conn *c);
void carrier_timer(struct engine *e, struct conn *c);
/* Takes no new streams. */
void carrier_drain(struct engine *e, struct conn *c);
/* Ends the connection and all its streams for this reason. */
void carrier_end(struct engine *e, struct conn *c, enum stream_close close);

/* To be seen to at the end of the turn. */
void carrier_touch(struct carrier *k);
/* What is sent from now on may wait for carriers_push, and must stay valid until then. */
void carrier_cork(struct carrier *k);
/* Sends what has been gathered. */
void carrier_push(struct carrier *k);
/* A stream's record is being closed. */
void carrier_leave(struct conn *c);
/* Sends what all have gathered: the memory of a round may go afterwards. Ends none of them. */
void carriers_push(struct engine *e);
/* Likewise, and decides of each that was touched how it goes on. At the end of a turn. */
void carriers_settle(struct engine *e);

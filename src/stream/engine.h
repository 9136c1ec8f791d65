/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.h - one worker's exchanges: connections from accept to close, without a socket.
 *
 * The host calls in with "readable", "writable" and time; the engine calls out through
 * engine_io to move bytes. All calls for one engine come from one thread. Workers share
 * the log, the admission counts and the settings, nothing else.
 */
#pragma once

#include "base/addr.h"
#include "base/buf.h"
#include "base/rng.h"
#include "base/siphash.h"
#include "h2/session.h"
#include "hub/admit.h"
#include "hub/log.h"
#include "identity/resume.h"
#include "identity/revocation.h"
#include "identity/ticket.h"
#include "stream/record.h"
#include "stream/settings.h"

#include <stddef.h>
#include <stdint.h>

/* Results of recv and send besides a count of bytes. */
#define IO_BLOCKED (-1)
#define IO_GONE    (-2)

#define ENGINE_MAX_CONTENT  (256u << 10) /* bytes of the body of a dynamic route */
#define ENGINE_MAX_SETTINGS 8u           /* those of now, and older ones that requests look at */

#define WANT_READ  1u
#define WANT_WRITE 2u

struct conn;
struct engine;
struct credential;

/* Whether the answer of who checks credentials is known at once. */
enum auth_step {
	AUTH_STEP_KNOWN,
	AUTH_STEP_PENDING, /* engine_authenticated brings it */
};

/* What is known of a connection when it comes, and after its handshake. */
struct arrival {
	struct addr addr;
	bool https;     /* over TLS */
	bool handshake; /* engine_io.handshake comes first */
	bool h2;        /* HTTP/2 was agreed on (ALPN) */
	bool h2c;       /* HTTP/2 is taken where the first bytes are its preface */
	struct principal
		*principal; /* of a client certificate: a reference for the engine; or NULL */
};

enum handshake_step {
	HANDSHAKE_DONE,
	HANDSHAKE_READ,  /* go on when the connection is readable */
	HANDSHAKE_WRITE, /* or writable */
	HANDSHAKE_PLAIN, /* HTTP in the clear on a TLS port: io is in the clear from now on */
	HANDSHAKE_FAILED,
};

/* How the engine reaches the world. `io` is the host's handle (a descriptor). */
struct engine_io {
	void *ctx;
	/*
	 * One step of TLS or the header of a proxy; fills in what it finds out. Called for
	 * connections that came with `handshake`. NULL: there are none.
	 */
	enum handshake_step (*handshake)(void *ctx, int io, struct arrival *arrival);
	/* Bytes read, 0 at the end of input, IO_BLOCKED, IO_GONE. */
	ptrdiff_t (*recv)(void *ctx, int io, char *buf, size_t cap);
	/* Bytes taken (at least 1), IO_BLOCKED, IO_GONE. */
	ptrdiff_t (*send)(void *ctx, int io, const struct slice *parts, size_t n);
	/* Last words before a close: taken whole even when the peer has stopped reading. */
	void (*send_last)(void *ctx, int io, struct slice bytes);
	/* Which readiness to report from now on: WANT_READ, WANT_WRITE, both, or 0. */
	void (*want)(void *ctx, int io, struct conn *conn, unsigned interest);
	/* Says "no more bytes" and keeps reading. */
	void (*shut)(void *ctx, int io);
	void (*close)(void *ctx, int io);
	/*
	 * Checks a bearer token or session cookie. AUTH_STEP_KNOWN: *ret_fault, and on AUTH_OK
	 * *ret_principal is a reference for the engine. The credential is valid during the call.
	 * NULL: nobody checks any.
	 */
	enum auth_step (*authenticate)(void *ctx, struct conn *conn, uint64_t request_id,
				       const struct credential *credential,
				       struct principal **ret_principal,
				       enum auth_fault *ret_fault);
	/* Random bytes of the kernel, for secrets. False: there are none. */
	bool (*random)(void *ctx, void *out, size_t n);
	/*
	 * Writes the body of a ROUTE_DYNAMIC, at most ENGINE_MAX_CONTENT, and gives the status:
	 * 200, or 503 where there is no whole body. NULL: there is no such route.
	 */
	unsigned (*content)(void *ctx, const struct route *route, struct buf *ret_body);
	/* The log or the revocations grew: the other workers should take a turn. */
	void (*published)(void *ctx);
	void (*record)(void *ctx, const struct stream_record *record);
};

struct engine_counters {
	uint64_t connections, requests, handshakes_failed;
	uint64_t h2_connections, h2_ends[H2_END_COUNT];
	uint64_t streams_opened, streams_closed[CLOSE_COUNT];
	uint64_t refusals[REFUSAL_COUNT];
	uint64_t auth_faults[AUTH_FAULT_COUNT];
	uint64_t tickets, revocations, expirings;
	uint64_t forwarded_faults;
	uint64_t published, duplicates, deliveries, bytes_out, heartbeats, resyncs, dropped;
};

struct engine_config {
	const struct stream_settings *settings;
	struct log *log;
	struct admit *admit;
	struct tickets *tickets;         /* NULL: none are given out */
	struct resumes *resumes;         /* NULL: likewise */
	struct revocations *revocations; /* NULL: nothing can be revoked */
	struct engine_io io;
	struct siphash_key key; /* random */
	uint64_t seed;          /* random; also the high bits of request ids */
	size_t max_connections; /* of this worker */
	size_t max_requests;    /* streams and requests by HTTP/2 at a time, of this worker */
};

/* NULL: no memory. */
struct engine *engine_new(const struct engine_config *config, uint64_t now_ms, uint64_t unix_ms);
/* Closes what is open without a word. */
void engine_free(struct engine *e);

/*
 * Tells the time. The host calls it after each wait, before it hands over events: deadlines
 * count from here.
 */
void engine_time(struct engine *e, uint64_t now_ms, uint64_t unix_ms);

/*
 * A new connection. NULL: refused at a cap, and counted; the host closes it. The engine wants
 * reads.
 */
struct conn *engine_accept(struct engine *e, int io, const struct arrival *arrival);
void engine_readable(struct engine *e, struct conn *c);
void engine_writable(struct engine *e, struct conn *c);
/*
 * The answer to an AUTH_STEP_PENDING. Takes the reference to `principal` (NULL on a fault).
 * Harmless where the request has gone meanwhile.
 */
void engine_authenticated(struct engine *e, struct conn *c, uint64_t request_id,
			  struct principal *principal, enum auth_fault fault);
/* The host's handle of a connection; also of one that was closed in this turn. */
int engine_handle(const struct conn *c);
/* The peer is gone, whatever is still unread. */
void engine_gone(struct engine *e, struct conn *c);

/*
 * Runs deadlines and hands out news, at most `budget` sends. Returns after how many milliseconds
 * it wants the next turn at the latest; 0: there is work left.
 */
uint64_t engine_turn(struct engine *e, size_t budget);
/* The whole answer to a connection that engine_accept refused. POLICY_MAX_HEAD + 512 bytes. */
void engine_put_refusal(struct engine *e, struct writer *w);

/*
 * From now on `settings` hold: for new requests at once, for open streams from their next timer.
 * A stream whose route is gone is told `draining`, one whose static key is gone `auth_expired`.
 * Credentials are asked about as before; the host sees to it that they are checked anew.
 * `settings` must stay what they are while engine_uses says so. Errors: E_FULL (requests look at
 * ENGINE_MAX_SETTINGS older ones: nothing has changed).
 */
enum err engine_reload(struct engine *e, const struct stream_settings *settings);
/* True while they are those of now, or a request that began under them is not answered. */
bool engine_uses(const struct engine *e, const struct stream_settings *settings);
/* Health is answered with 503 from now on, so that new clients are sent elsewhere. */
void engine_leave(struct engine *e);
/* Stops taking streams and closes those that are open, spread over `window_ms`. */
void engine_drain(struct engine *e, uint64_t window_ms);
/* The drain deadline: closes all that is left, with a word where there is room for one. */
void engine_stop(struct engine *e);
size_t engine_connections(const struct engine *e);
size_t engine_streams(const struct engine *e);
/* Bytes that the engine holds for streams to come. */
size_t engine_spare(const struct engine *e);
/* News by another worker that this engine has not handed out. */
bool engine_has_news(const struct engine *e);

const struct engine_counters *engine_counters(const struct engine *e);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn.h - inside of the engine: the record of one connection and what the files of this
 * folder do to it. Not for others.
 *
 * A connection has two lives. While a request is read and answered it owns an exchange (a few
 * KiB, given back as soon as nothing is pending); as a stream only this record stays.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/intern.h"
#include "base/ratelimit.h"
#include "base/slab.h"
#include "base/wheel.h"
#include "http/chunked.h"
#include "hub/view.h"
#include "stream/decide.h"
#include "stream/engine.h"

#define ENGINE_READ_CHUNK     16384u       /* bytes of one read of a request */
#define ENGINE_READS          4u           /* reads of one connection in a row */
#define ENGINE_MAX_BODIES     (64u << 20)  /* bytes of bodies being read, all of this worker */
#define ENGINE_MAX_STRINGS    65536u       /* different origins, agents and users at a time */
#define ENGINE_MAX_STRING     256u         /* bytes of each that are kept */
#define ENGINE_MAX_UNEXPECTED 65536u       /* bytes that a client may send on a stream */
#define ENGINE_MAX_LINGER     (256u << 10) /* bytes thrown away after a refused body */
#define ENGINE_LINGER_MS      2000u
#define ENGINE_FRESH_MS       1000u        /* that a drain waits for a first request to come */
#define ENGINE_CATCHUP_STEPS  4u           /* batches to one slow reader in a row */
#define ENGINE_ANSWER_ARENA   65536u       /* bytes of decoded query strings */
#define ENGINE_EVENT_ARENA    (256u << 20) /* bytes of parsed events of one body */
#define ENGINE_CONTROL_MAX    1024u        /* bytes of a control frame of ours */
#define ENGINE_MAX_ANSWER     (1u << 20)   /* bytes of a short answer with its head */

enum conn_state {
	CONN_HANDSHAKE, /* the host is at TLS or the header of a proxy */
	CONN_HEAD,      /* waiting for a request, or reading its head */
	CONN_AUTH,      /* waiting for who checks the credential */
	CONN_BODY,      /* reading the body of a post */
	CONN_ANSWER,    /* a short answer is being written */
	CONN_STREAM,
	CONN_LINGER, /* answered and shut; reading so that the answer is not lost to a reset */
	CONN_H2,     /* carries streams of HTTP/2; each has a record of its own */
	CONN_CLOSED, /* over; the record is freed at the next turn, so no pointer to it dangles */
};

/* Lives while a request is read and answered. */
struct exchange {
	struct conn *conn;
	struct list ready; /* of the carrier: it brought news */
	struct buf in;
	struct http_scan scan;
	struct http_request req; /* points into the arena */
	struct ask ask;
	struct arena arena;
	struct http_chunked chunked;
	uint64_t body_left; /* with Content-Length */
	struct buf body;
	struct buf out;
	size_t out_sent;
	size_t out_head;       /* bytes of `out` that are the head */
	unsigned status;       /* of the answer in `out` */
	enum http_fault fault; /* of a request that came by HTTP/2 */
	uint64_t request_id;
	bool close_after;
	struct slice resume;      /* value of a resume cookie beside a ticket; ptr NULL: none */
	struct slice set_cookie;  /* of the stream to be opened; ptr NULL: none */
	struct addr addr;         /* of the client, told by a trusted proxy maybe */
	bool https;               /* likewise */
	bool admitted;            /* holds a place among the streams */
	bool held;                /* and one among those of its user and token */
	bool linger_after;        /* unread bytes of the request may be on their way */
	bool served;              /* by HTTP/2: the head has been looked at */
	bool in_ended;            /* by HTTP/2: all of the body is in `in` */
	struct settings_use *use; /* what the request was decided by; NULL: nothing yet */
};

/* Settings, and the requests that look at them. */
struct settings_use {
	const struct stream_settings *settings; /* NULL: free */
	size_t requests;
};

/* Bytes that must go out before anything else: the rest of a frame that was cut. */
struct pending {
	size_t len;
	size_t sent;
	char bytes[];
};

/* What a delivery touches is the first cache line. */
struct conn {
	struct subscriber sub;
	struct h2_stream *h2; /* of a stream on a carrier, until it has been ended */
	int io;               /* of a connection */
	uint8_t state;
	uint8_t version; /* enum http_version */
	uint8_t interest;
	uint8_t auth;
	uint64_t active_ms; /* last byte that went out */
	uint64_t bytes;
	uint64_t events;

	struct pending *pending;
	struct carrier *carrier; /* of an HTTP/2 connection, and of each stream on it */
	struct exchange *x;
	struct timer timer; /* the one deadline of the state */
	struct list link;
	const struct route *route;
	struct istr *origin;
	struct istr *agent;
	struct principal *principal; /* counted; of a stream, or of the certificate before */
	uint64_t opened_ms;
	uint64_t blocked_ms; /* since when the peer takes nothing; 0: it does */
	uint64_t request_id;
	struct ratelimit *pace; /* of a stream, where emission is limited */
	uint32_t unexpected;    /* bytes read on a stream, or while lingering */
	struct addr addr;       /* of the peer; of the client once it is a stream */
	bool https : 1;
	bool h2c : 1; /* the first bytes may be the preface of HTTP/2 */
	bool cors_allowed : 1;
	bool draining : 1;
	bool asked : 1;     /* a request has been read */
	bool warned : 1;    /* auth_expiring has been sent */
	bool replaying : 1; /* reads history since it opened: its age is no lag */
};

_Static_assert(sizeof(struct conn) <= 224, "a stream costs three and a half cache lines");

struct engine {
	struct engine_config config;
	const struct stream_settings *settings; /* of now */
	struct settings_use uses[ENGINE_MAX_SETTINGS];
	struct view view;
	struct slab conns;
	struct list all;
	struct list closed;  /* to be freed at the next turn */
	struct list touched; /* carriers to be seen to at the end of the turn */
	size_t touched_count;
	struct wheel wheel;
	struct intern strings;
	struct rng rng;
	uint64_t now_ms;
	uint64_t unix_ms;
	uint64_t date_second;
	char date[29];
	uint64_t next_request_id;
	size_t body_bytes;
	size_t connections;
	size_t streams;
	bool leaving; /* health says no, all else goes on */
	bool draining;
	uint64_t revoked; /* generation of the revocations that streams were checked against */
	struct engine_counters counters;
};

/* engine.c */
/* The state is CONN_CLOSED from now on; harmless on a closed one. */
void conn_close(struct engine *e, struct conn *c);
void conn_want(struct engine *e, struct conn *c, unsigned interest);
void conn_deadline(struct engine *e, struct conn *c, uint64_t in_ms);

/* Hands out one round of news to the end; false if there are none. */
bool engine_turn_news(struct engine *e);

/* HTTP/1.0 ends a stream with the connection, HTTP/2 has frames of its own (RFC 9113 8.1). */
static inline bool conn_is_chunked(const struct conn *c)
{
	return c->version == HTTP_1_1;
}

/* A stream on a carrier, not a connection. */
static inline bool conn_is_carried(const struct conn *c)
{
	return c->carrier && c->state != CONN_H2;
}

/* way_out.c */
/* As engine_io.send. The parts are valid during the call only. */
ptrdiff_t conn_send(struct engine *e, struct conn *c, const struct slice *parts, size_t n);
/* The parts stay valid until carriers_push: those of many streams may go out together. */
ptrdiff_t conn_send_shared(struct engine *e, struct conn *c, const struct slice *parts, size_t n);
/* Last words before a close; ends a stream of HTTP/2. */
void conn_send_last(struct engine *e, struct conn *c, struct slice bytes);
/* The head on HTTP/2; `end`: there is no body. False: it cannot be sent. */
bool conn_send_head(struct engine *e, struct conn *c, unsigned status, struct slice lines,
		    bool end);

/* request.c */
void request_readable(struct engine *e, struct conn *c);
/* The answer is out: gets ready for the next request, or closes. */
void request_done(struct engine *e, struct conn *c);
/* Works on the bytes that are there until more are needed. */
void request_pump(struct engine *e, struct conn *c);
void exchange_end(struct engine *e, struct conn *c);
/* Takes over a request that came by HTTP/2, with what is wrong with it; false: no memory. */
bool request_take(struct engine *e, struct conn *c, const struct http_request *req,
		  enum http_fault fault, bool ended);
/* Looks at a request that came by HTTP/2, or at what came of its body. */
void request_go_on(struct engine *e, struct conn *c);
/* A peer that speaks HTTP to a TLS port; reads and writes are in the clear from now on. */
void request_refuse_plain(struct engine *e, struct conn *c);

/* answer.c */
/* Sends what stands in x->out; the rest waits for the socket. */
void answer_start(struct engine *e, struct conn *c);
void answer_json(struct engine *e, struct conn *c, unsigned status, struct slice body);
void answer_refusal(struct engine *e, struct conn *c, enum refusal refusal, struct slice detail);
void answer_options(struct engine *e, struct conn *c);
void answer_asset(struct engine *e, struct conn *c);
void answer_dynamic(struct engine *e, struct conn *c);
void answer_health(struct engine *e, struct conn *c);
void answer_writable(struct engine *e, struct conn *c);
struct head_facts answer_facts(const struct engine *e, const struct conn *c);

/* open.c */
void open_stream(struct engine *e, struct conn *c);
void open_identified(struct engine *e, struct conn *c);
/* Refuses the request of `c`, hard or softly as the route has it. */
void open_refuse(struct engine *e, struct conn *c, enum refusal refusal);
/* 200, retry, one event, end: the refusal that a native EventSource survives. */
void open_softly(struct engine *e, struct conn *c, enum refusal refusal);

/* deliver.c */
void deliver_batch(struct engine *e, struct conn *c, const struct batch *batch);
void deliver_writable(struct engine *e, struct conn *c);
/* Sends bytes of our own between frames; keeps what does not fit. */
void deliver_own(struct engine *e, struct conn *c, struct slice bytes);

/* pace.c */
/* False: no memory. */
bool pace_begin(struct engine *e, struct conn *c);
/* How many of `want` events may go out now. */
size_t pace_room(const struct engine *e, struct conn *c, size_t want);
/* `events` have gone out: at most as many as there was room for. */
void pace_spend(const struct engine *e, struct conn *c, size_t events);
/* When the next one may. */
uint64_t pace_due(const struct engine *e, struct conn *c);
/* Held back by its pace: a timer brings it on, not the socket. */
static inline bool conn_is_paced(const struct conn *c)
{
	return c->pace && !c->sub.live && c->blocked_ms == 0 && !c->pending;
}

/* place.c */
/* Before it is known who asks. */
enum refusal place_take(struct engine *e, struct conn *c);
/* Among the streams of who asks. */
enum refusal place_hold(struct engine *e, struct conn *c);
/* Gives back what the exchange holds; harmless if that is nothing. */
void place_leave(struct engine *e, struct exchange *x);
/* The stream has it from now on. */
void place_keep(struct exchange *x);
/* The stream is over. */
void place_end(struct engine *e, const struct conn *c);

/* control.c */
struct control {
	uint64_t retry_ms; /* with has_retry */
	bool has_retry;
	struct slice type; /* empty: a message */
	struct slice data; /* ptr NULL: none */
	uint64_t id_seq;   /* the position that the id names; with has_id */
	bool has_id;
};
/* An event of ours, framed for the connection. */
void control_put(const struct engine *e, const struct conn *c, struct writer *w,
		 const struct control *control);
/* A comment line, framed. */
void control_comment(const struct conn *c, struct writer *w);
/* The last chunk, where there are chunks. */
void control_end(const struct conn *c, struct writer *w);
uint64_t control_retry(struct engine *e, bool draining);

/* stop.c: ends of streams; c is closed afterwards */
void stop_quietly(struct engine *e, struct conn *c, enum stream_close close);
void stop_dropped(struct engine *e, struct conn *c, enum stream_close close);
void stop_draining(struct engine *e, struct conn *c, enum stream_close close);

void stop_auth(struct engine *e, struct conn *c, enum stream_close close);

/* identify.c */
/* Finds out who asks, perhaps later; goes on in open_identified or post_identified. */
void identify(struct engine *e, struct conn *c);
/* A good credential may have been revoked since it was checked. */
bool identify_is_revoked(const struct engine *e, const struct principal *p);

/* reload.c */
/* The settings of a new engine. */
void reload_begin(struct engine *e, const struct stream_settings *settings);
/* The request is decided by the settings of now, which stay until it is answered. */
void reload_hold(struct engine *e, struct exchange *x);
/* Nothing in the exchange points to settings any more; harmless a second time. */
void reload_release(struct exchange *x);
/* Goes over to the route of now; false: there is none any more. */
bool reload_follow(const struct engine *e, struct exchange *x);

/* post.c */
void post_begin(struct engine *e, struct conn *c);
void post_identified(struct engine *e, struct conn *c);
/* Eats body bytes that have been read; true if it came further. */
bool post_body(struct engine *e, struct conn *c);
void post_refuse(struct engine *e, struct conn *c, enum refusal refusal, struct slice detail);

/* publish.c, token.c, revoke.c: the body has been read */
void publish_finish(struct engine *e, struct conn *c);
void token_finish(struct engine *e, struct conn *c);
void revoke_finish(struct engine *e, struct conn *c);
/* The Set-Cookie of a stream that a ticket opens; leaves none where there can be none. */
void token_put_cookie(struct engine *e, struct conn *c);

/* timers.c */
void timers_run(struct engine *e);
void timers_stream(struct engine *e, struct conn *c);

/* record.c */
void record_connect(struct engine *e, const struct conn *c, struct slice last_event_id);
void record_refusal(struct engine *e, const struct conn *c, enum refusal refusal, bool soft,
		    struct slice detail);
/* A connection that there is no room for: nothing is known but its address. */
void record_no_room(struct engine *e, const struct arrival *arrival);
void record_close(struct engine *e, const struct conn *c, enum stream_close close,
		  uint64_t dropped);

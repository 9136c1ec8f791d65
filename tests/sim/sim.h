/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h - a world for engines, without sockets and without waiting.
 *
 * Engines of one server share a log and the counts; peers talk to them over byte pipes that
 * hold as much as a socket buffer would. Time stands still but for sim_pass. What epoll would
 * report is reported: level-triggered, by the interest that the engine has named.
 */
#pragma once

#include "client.h"
#include "stream/engine.h"

#define SIM_WORKERS  4u
#define SIM_PEERS    6000u
#define SIM_START_MS UINT64_C(1000000)
#define SIM_UNIX_MS  UINT64_C(1700000000000)
#define SIM_SOCKET   ((size_t)1 << 20)  /* bytes that a pipe holds unless a test says otherwise */
#define SIM_RECORDS  ((size_t)64 << 20) /* bytes of records that are kept */
#define SIM_ASKED    16u                /* questions about credentials that are kept */

/* Keys that the engines know; 'alice' is the user of the first. */
#define SIM_SUBSCRIBER_KEY "subscriber-key-of-alice"
#define SIM_PUBLISHER_KEY  "publisher-key-0123456789"

/* What is said of a bearer token or session cookie by whoever checks it. */
struct sim_person {
	const char *credential;
	struct principal_facts facts; /* void with a fault */
	enum auth_fault fault;
	bool waits; /* is told by sim_answer, not at once */
};

struct sim_options {
	struct stream_settings settings;
	const struct sim_person *people; /* all others are unknown */
	size_t people_count;
	size_t tickets, resumes, revocations; /* maxima of the tables */
	struct admit_limits limits;
	struct log_limits log;
	bool http1; /* the preface of HTTP/2 is not taken */
	size_t workers;
	size_t max_connections; /* of one worker */
	size_t max_requests;    /* by HTTP/2, of one worker */
	size_t turn;            /* sends of one turn */
	uint64_t epoch_ms;      /* of the log */
	uint64_t seed;
};

/* A record with copies of what it points to. */
struct sim_record {
	struct stream_record r; /* its slices are void */
	char user[64];
	char origin[64];
	char auth[16];
	char reason[32];
	char agent[64];
	char route[32];
	char detail[160];
	char last_event_id[136];
};

struct sim;

struct sim_peer {
	struct sim *sim;
	size_t worker;
	int io;
	struct addr addr;
	bool https;
	const char *handshake; /* steps still to come; NULL: there is no handshake */
	struct conn *conn;     /* the engine's; NULL when it has closed */
	unsigned interest;
	struct buf to_server; /* sent to the engine */
	size_t received;      /* bytes of `to_server` that it has read */
	struct buf socket;    /* written by the engine and not yet read by the peer */
	size_t capacity;      /* bytes that `socket` holds */
	size_t max_send;      /* bytes that one send takes */
	size_t max_recv;      /* bytes that one recv gives */
	uint64_t sent;        /* bytes that sends have taken */
	bool stalled;         /* reads nothing of its own accord; see sim_read */
	bool half_closed;     /* the peer has said that it will send no more */
	bool reset;
	bool refused; /* at the door: no connection was made */
	bool shut;    /* the engine has said that it will send no more */
	bool closed;  /* by the engine */
	struct client client;
};

struct sim_worker {
	struct sim *sim;
	struct engine *engine;
	size_t index;
	size_t published; /* calls that tell the other workers of news */
};

/* Asked and not answered at once. */
struct sim_question {
	size_t worker;
	struct conn *conn; /* may be gone */
	uint64_t request_id;
	const struct sim_person *person;
};

struct sim {
	struct sim_options options;
	uint64_t now_ms;
	struct log *log;
	struct admit *admit;
	struct key_ring subscribers;
	struct key_ring publishers;
	struct tickets *tickets;
	struct resumes *resumes;
	struct revocations *revocations;
	struct sim_question questions[SIM_ASKED];
	size_t question_count;
	uint64_t secrets; /* how often random bytes were asked for */
	bool no_random;   /* the kernel has none */
	struct sim_worker workers[SIM_WORKERS];
	struct sim_peer *peers[SIM_PEERS];
	size_t peer_end; /* no peer at or behind it */
	/* Told when an engine begins and ceases to work; NULL: nobody wants to know. */
	void (*on_engine)(bool inside);
	struct buf records;
	struct buf record_text; /* every byte of every slice of every record */
};

/* Generous limits, strict policies, one worker. The routes are listed in sim_options.c. */
struct sim_options sim_defaults(void);
struct sim *sim_new(const struct sim_options *options);
/* Cuts all peers, frees all; connections and streams must be counted down to zero. */
void sim_free(struct sim *sim);

/* A new connection from 192.0.2.1. */
struct sim_peer *sim_connect(struct sim *sim, size_t worker);
struct sim_peer *sim_connect_from(struct sim *sim, size_t worker, const struct addr *addr);
/* Over TLS, as far as the engine is told. */
struct sim_peer *sim_connect_https(struct sim *sim, size_t worker);
/*
 * Steps of a handshake, a letter each: r and w wait until the connection is readable or writable, d
 * is done, h done with HTTP/2 agreed on, p a peer that speaks in the clear, f a failure.
 */
struct sim_peer *sim_connect_shaking(struct sim *sim, size_t worker, const char *steps);
/* The peer lets go of a connection and makes a new one, to another worker maybe. */
void sim_reconnect(struct sim_peer *p, size_t worker);
/* Drops the peer and its memory. */
void sim_forget(struct sim_peer *p);

/* Puts bytes on the way; they are read at the next sim_run. */
void sim_send(struct sim_peer *p, const char *text);
void sim_send_slice(struct sim_peer *p, struct slice bytes);
/* Each byte by itself, with a run after it. */
void sim_trickle(struct sim_peer *p, struct slice bytes);
/* Reads up to `n` bytes of what the engine has written. */
size_t sim_read(struct sim_peer *p, size_t n);
void sim_reset(struct sim_peer *p);
/* An orderly close: the engine reads the end of input. */
void sim_hang_up(struct sim_peer *p);

/* The answer to the `nth` question; a second time, or where nobody asks any more, it is harmless.
 */
void sim_answer(struct sim *sim, size_t nth);

/* Lets everything happen that can happen at this instant. */
void sim_run(struct sim *sim);
/* Lets `ms` go by, waking the engines when they asked to be woken, and runs. */
void sim_pass(struct sim *sim, uint64_t ms);

/* Publishes straight into the log, now; an id of NULL is minted. Ends the test on an error. */
void sim_publish(struct sim *sim, const char *topic, const char *id, struct slice data);

size_t sim_record_count(const struct sim *sim);
const struct sim_record *sim_record(const struct sim *sim, size_t nth);
/* The latest record; NULL if none. */
const struct sim_record *sim_last_record(const struct sim *sim);
/* How many records have this kind. */
size_t sim_count_records(const struct sim *sim, enum record_kind kind);

/* Short forms for tests. */

/* Connects, sends the request head "GET target" with `fields` behind the usual ones, runs. */
struct sim_peer *sim_get(struct sim *sim, size_t worker, const char *target, const char *fields);
void sim_ask(struct sim_peer *p, const char *target, const char *fields);
/* POST /publish with the publisher's key. */
struct sim_peer *sim_post(struct sim *sim, const char *content_type, struct slice body);
const struct engine_counters *sim_counters(const struct sim *sim, size_t worker);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_worker.h - a thread with its own loop, listening sockets and engine.
 *
 * Workers share the log, the admission counts, the settings and the log sink; they meet
 * in the log's mutex when one publishes, and wake each other for it.
 */
#pragma once

#include "cmd/serve_counters.h"
#include "cmd/serve_generation.h"
#include "cmd/serve_peers.h"
#include "hub/admit.h"
#include "hub/log.h"
#include "os/logsink.h"
#include "os/sandbox.h"
#include "os/waitset.h"
#include "os/wakeup.h"
#include "stream/engine.h"

#include <pthread.h>
#include <stdatomic.h>

#define SERVE_MAX_WORKERS   256u
#define SERVE_MAX_LISTENERS CONF_MAX_LISTENERS

enum serve_phase {
	SERVE_RUNNING,
	SERVE_LEAVING, /* not ready: balancers send nobody any more, who comes is served */
	SERVE_DRAINING,
	SERVE_STOPPING,
};

struct worker;

/* Reloads, for who watches. Main thread. */
struct serve_loads {
	uint64_t done;
	uint64_t failed;
	uint64_t at_unix_ms; /* when what holds now was loaded */
};

/* One listening socket of a worker, and how peers are spoken to there. */
struct serve_port {
	int fd;
	bool h2c;        /* HTTP/2 without TLS */
	bool inherited;  /* shared with who gave it, and with the next server */
	size_t listener; /* index of listen: its TLS is that of the generation */
};

/* What all workers look at. */
struct serve_shared {
	struct serve_current current;
	struct log *log;
	struct admit *admit;
	struct logsink *sink;
	struct serve_auth *auth;
	struct serve_tls_counts tls;
	atomic_uint_least64_t strangers; /* closed: they may not send the header of a proxy */
	struct worker *workers;
	size_t worker_count;
	uint64_t drain_window_ms;
	struct serve_loads loads;
	const struct sandbox_state *sandbox;
	atomic_int phase;      /* enum serve_phase */
	atomic_bool exhausted; /* out of descriptors: said once until it is over */
	struct wakeup done;    /* a worker has drained, or looks at older settings no more */
	atomic_size_t drained; /* workers that have nothing left */
};

struct worker {
	struct serve_shared *shared;
	pthread_t thread;
	bool started;
	struct wakeup wakeup;
	struct auth_post post;
	struct serve_counters counters;
	struct serve_port ports[SERVE_MAX_LISTENERS];
	size_t port_count;
	struct waitset set;
	struct engine *engine;
	struct serve_peers peers;
	atomic_size_t spare;      /* engine_spare, as of the last turn */
	uint64_t accept_again_ms; /* accepting rests until then; 0: it does not */
	int seen_phase;
	/* Settings that the engine looks at: those of now first; NULL: none. */
	struct serve_generation *generations[SERVE_MAX_GENERATIONS];
	unsigned seen_version;
};

/*
 * Makes the engine and the loop of a worker whose shared part and listeners are set. Errors:
 * E_NOMEM, E_IO.
 */
enum err worker_init(struct worker *w, const struct admit_limits *limits);
/* Errors: E_IO. */
enum err worker_start(struct worker *w);
/* After the thread has ended. Closes the listeners. */
void worker_fini(struct worker *w);
/* Any thread. */
void worker_wake(struct worker *w);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_peers.h - a worker's connections whose bytes are not those of the socket: TLS, and what
 * stands behind the header of a proxy.
 *
 * A table from descriptor to state, beside the engine: descriptors without an entry are plain and
 * cost nothing here. Bytes of the engine go in and out by these functions; what a socket cannot
 * tell (bytes that are already decrypted, a record that is half out) is kept track of. One thread.
 */
#pragma once

#include "base/list.h"
#include "base/siphash.h"
#include "os/logsink.h"
#include "os/tls_server.h"
#include "os/waitset.h"
#include "stream/engine.h"

#include <stdatomic.h>

/* What all workers count; any thread reads it. */
struct serve_tls_counts {
	atomic_uint_least64_t handshakes; /* that were finished */
	atomic_uint_least64_t resumed;    /* of these, by a ticket */
	atomic_uint_least64_t ktls;       /* of these, the kernel encrypts */
};

struct serve_peer;

struct serve_peers {
	struct waitset *set;
	struct serve_tls_counts *counts;
	struct logsink *sink;    /* failed handshakes */
	struct siphash_key hash; /* of principals */
	struct serve_peer **by_fd;
	size_t size;       /* entries of by_fd */
	struct list ready; /* peers with decrypted bytes that the engine wants */
	struct tls_scratch scratch;
};

void serve_peers_init(struct serve_peers *p, struct waitset *set, struct serve_tls_counts *counts,
		      struct logsink *sink);
/* After all its connections were closed. */
void serve_peers_fini(struct serve_peers *p);

/*
 * `fd` speaks TLS (`server` not NULL) from its first byte on, or from the first behind the header
 * of a proxy. Errors: E_NOMEM; the descriptor is plain then.
 */
enum err serve_peers_add(struct serve_peers *p, int fd, struct tls_server *server, bool header);
/* The engine's connection of `fd`. */
void serve_peers_name(struct serve_peers *p, int fd, struct conn *conn);

/* As the calls of engine_io. */
enum handshake_step serve_peers_handshake(struct serve_peers *p, int fd, struct arrival *arrival);
ptrdiff_t serve_peers_recv(struct serve_peers *p, int fd, char *buf, size_t cap);
ptrdiff_t serve_peers_send(struct serve_peers *p, int fd, const struct slice *parts, size_t n);
void serve_peers_send_last(struct serve_peers *p, int fd, struct slice bytes);
void serve_peers_want(struct serve_peers *p, int fd, struct conn *conn, unsigned interest);
void serve_peers_shut(struct serve_peers *p, int fd);
void serve_peers_close(struct serve_peers *p, int fd);

/* Tells the engine what the socket of `conn` has reported. */
void serve_peers_event(struct serve_peers *p, struct engine *e, struct conn *conn, unsigned flags);
/* Tells the engine of bytes that no socket will report. True: there is more, do not wait. */
bool serve_peers_run(struct serve_peers *p, struct engine *e);

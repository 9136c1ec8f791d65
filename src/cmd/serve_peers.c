/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_peers.h"

#include "cmd/serve_log.h"
#include "cmd/serve_proxy.h"
#include "identity/principal.h"
#include "os/peer.h"
#include "os/wallclock.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64u

struct serve_peer {
	struct list link;     /* in `ready`, or in no list */
	struct tls_peer *tls; /* NULL: plain behind the header of a proxy */
	struct conn *conn;
	int fd;
	unsigned interest; /* of the engine */
	bool header;       /* that of a proxy comes first */
	bool writes;       /* the socket is asked for writability on our own behalf */
};

void serve_peers_init(struct serve_peers *p, struct waitset *set, struct serve_tls_counts *counts,
		      struct logsink *sink)
{
	p->sink = sink;
	p->set = set;
	p->counts = counts;
	list_init(&p->ready);
}

void serve_peers_fini(struct serve_peers *p)
{
	free(p->by_fd);
	p->by_fd = NULL;
	p->size = 0;
}

/* NULL: plain. */
static struct serve_peer *find(const struct serve_peers *p, int fd)
{
	return fd >= 0 && (size_t)fd < p->size ? p->by_fd[fd] : NULL;
}

/* Descriptors are small numbers: the kernel gives the lowest that is free. */
static bool make_room(struct serve_peers *p, int fd)
{
	size_t size = p->size > 0 ? p->size : FIRST_SIZE;

	while (size <= (size_t)fd)
		size *= 2;
	if (size == p->size)
		return true;
	struct serve_peer **larger = calloc(size, sizeof(struct serve_peer *));
	if (!larger)
		return false;
	if (p->size > 0)
		memcpy(larger, p->by_fd, p->size * sizeof(struct serve_peer *));
	free(p->by_fd);
	p->by_fd = larger;
	p->size = size;
	return true;
}

enum err serve_peers_add(struct serve_peers *p, int fd, struct tls_server *server, bool header)
{
	struct serve_peer *peer = make_room(p, fd) ? calloc(1, sizeof(*peer)) : NULL;

	if (!peer)
		return E_NOMEM;
	if (server)
		peer->tls = tls_peer_new(server, fd, &p->scratch);
	if (server && !peer->tls) {
		free(peer);
		return E_NOMEM;
	}
	peer->fd = fd;
	peer->header = header;
	peer->interest = WANT_READ;
	p->by_fd[fd] = peer;
	return OK;
}

void serve_peers_name(struct serve_peers *p, int fd, struct conn *conn)
{
	struct serve_peer *peer = find(p, fd);

	if (peer)
		peer->conn = conn;
}

static void drop(struct serve_peers *p, struct serve_peer *peer)
{
	list_remove(&peer->link);
	tls_peer_free(peer->tls);
	p->by_fd[peer->fd] = NULL;
	free(peer);
}

/* Asks the socket for what the engine wants, and for what TLS needs besides. */
static void watch(struct serve_peers *p, struct serve_peer *peer, bool always)
{
	bool writes = peer->tls && tls_peer_wants_write(peer->tls);

	if (writes == peer->writes && !always)
		return;
	peer->writes = writes;
	/* Cannot fail for a descriptor that is in the set. */
	(void)waitset_change(p->set, peer->fd, peer->conn,
			     peer->interest | (writes ? WANT_WRITE : 0));
}

/* Decrypted bytes wake nobody: they are handed over in the next turn. */
static void queue(struct serve_peers *p, struct serve_peer *peer)
{
	if ((peer->interest & WANT_READ) && !list_is_linked(&peer->link) && peer->tls &&
	    tls_peer_has_pending(peer->tls))
		list_append(&p->ready, &peer->link);
}

/* The handshake. */

/* Whom the certificate names may read all topics, as with a key. NULL: it names nobody. */
static struct principal *principal_of(const struct serve_peers *p, const struct tls_peer *tls)
{
	static const struct slice all[] = {SLICE_INIT("**")};
	char text[TLS_MAX_SUBJECT];
	struct writer subject;
	struct principal *principal = NULL;

	writer_init(&subject, text, sizeof(text));
	if (tls_peer_subject(tls, &subject) || subject.len == 0)
		return NULL;
	const struct principal_facts facts = {
		.method = METHOD_CERTIFICATE,
		.subject = writer_slice(&subject),
		.expires_ms = (uint64_t)tls_peer_subject_expires(tls) * 1000,
		.subscribe = {all, 1},
	};
	return principal_new(&facts, p->hash, &principal) ? NULL : principal;
}

static void note_done(struct serve_peers *p, struct serve_peer *peer, struct arrival *arrival)
{
	arrival->https = true;
	arrival->h2 = tls_peer_is_h2(peer->tls);
	arrival->principal = principal_of(p, peer->tls);
	atomic_fetch_add(&p->counts->handshakes, 1);
	if (tls_peer_was_resumed(peer->tls))
		atomic_fetch_add(&p->counts->resumed, 1);
	if (tls_peer_has_ktls(peer->tls))
		atomic_fetch_add(&p->counts->ktls, 1);
	queue(p, peer);
}

static void log_failure(const struct serve_peers *p, const struct serve_peer *peer,
			const struct addr *addr)
{
	const char *why = tls_peer_why(peer->tls);
	char line[SERVE_LOG_LINE];
	struct writer out;

	if (!why)
		return;
	writer_init(&out, line, sizeof(line));
	serve_log_put_handshake(&out, addr, slice_of(why), wallclock_ms());
	if (!out.overflow)
		logsink_put(p->sink, writer_slice(&out));
}

static enum handshake_step shake_tls(struct serve_peers *p, struct serve_peer *peer,
				     struct arrival *arrival)
{
	switch (tls_peer_handshake(peer->tls)) {
	case TLS_STEP_DONE:
		note_done(p, peer, arrival);
		return HANDSHAKE_DONE;
	case TLS_STEP_READ:
		return HANDSHAKE_READ;
	case TLS_STEP_WRITE:
		return HANDSHAKE_WRITE;
	case TLS_STEP_PLAIN:
		drop(p, peer);
		return HANDSHAKE_PLAIN;
	case TLS_STEP_FAILED:
		log_failure(p, peer, &arrival->addr);
		break;
	}
	return HANDSHAKE_FAILED;
}

enum handshake_step serve_peers_handshake(struct serve_peers *p, int fd, struct arrival *arrival)
{
	struct serve_peer *peer = find(p, fd);

	if (!peer)
		return HANDSHAKE_FAILED;
	if (peer->header) {
		enum serve_proxy_step step = serve_proxy_read(fd, &arrival->addr);

		if (step != SERVE_PROXY_DONE)
			return step == SERVE_PROXY_READ ? HANDSHAKE_READ : HANDSHAKE_FAILED;
		peer->header = false;
	}
	if (peer->tls)
		return shake_tls(p, peer, arrival);
	drop(p, peer);
	return HANDSHAKE_DONE;
}

/* Bytes. */

ptrdiff_t serve_peers_recv(struct serve_peers *p, int fd, char *buf, size_t cap)
{
	struct serve_peer *peer = find(p, fd);

	if (!peer)
		return peer_recv(fd, buf, cap);
	ptrdiff_t n = tls_peer_recv(peer->tls, buf, cap);
	watch(p, peer, false); /* what was read may have asked for an answer */
	queue(p, peer);
	return n;
}

ptrdiff_t serve_peers_send(struct serve_peers *p, int fd, const struct slice *parts, size_t n)
{
	struct serve_peer *peer = find(p, fd);

	if (!peer)
		return peer_send(fd, parts, n);
	ptrdiff_t sent = tls_peer_send(peer->tls, parts, n);
	watch(p, peer, false);
	return sent;
}

void serve_peers_send_last(struct serve_peers *p, int fd, struct slice bytes)
{
	struct serve_peer *peer = find(p, fd);

	if (peer)
		tls_peer_send_last(peer->tls, bytes);
	else
		peer_send_last(fd, bytes);
}

void serve_peers_want(struct serve_peers *p, int fd, struct conn *conn, unsigned interest)
{
	struct serve_peer *peer = find(p, fd);

	if (!peer) {
		/* Cannot fail for a descriptor that is in the set. */
		(void)waitset_change(p->set, fd, conn, interest);
		return;
	}
	peer->conn = conn;
	peer->interest = interest;
	watch(p, peer, true);
	if (interest & WANT_READ)
		queue(p, peer);
	else
		list_remove(&peer->link);
}

void serve_peers_shut(struct serve_peers *p, int fd)
{
	struct serve_peer *peer = find(p, fd);

	if (!peer) {
		peer_shut(fd);
		return;
	}
	tls_peer_shut(peer->tls);
	watch(p, peer, false);
}

void serve_peers_close(struct serve_peers *p, int fd)
{
	struct serve_peer *peer = find(p, fd);

	if (peer)
		drop(p, peer);
	peer_close(fd);
}

/* Events. */

static void tell(struct engine *e, struct conn *conn, unsigned flags)
{
	if (flags & WAITSET_READ)
		engine_readable(e, conn);
	if (flags & WAITSET_WRITE)
		engine_writable(e, conn);
}

void serve_peers_event(struct serve_peers *p, struct engine *e, struct conn *conn, unsigned flags)
{
	struct serve_peer *peer = find(p, engine_handle(conn));

	/* In one batch of events the descriptor may have gone over to another connection. */
	if (!peer || peer->conn != conn || !peer->writes || !(flags & WAITSET_WRITE)) {
		tell(e, conn, flags);
		return;
	}
	ptrdiff_t left = tls_peer_flush(peer->tls);
	if (left == PEER_GONE) {
		engine_gone(e, conn);
		return;
	}
	watch(p, peer, false);
	if (left == PEER_BLOCKED || !(peer->interest & WANT_WRITE))
		flags &= ~(unsigned)WAITSET_WRITE;
	tell(e, conn, flags);
}

bool serve_peers_run(struct serve_peers *p, struct engine *e)
{
	struct list now;

	/* Only those that wait now: who is queued again has its turn after the sockets. */
	list_init(&now);
	while (!list_is_empty(&p->ready)) {
		struct list *first = p->ready.next;

		list_remove(first);
		list_append(&now, first);
	}
	while (!list_is_empty(&now)) {
		struct serve_peer *peer = container_of(now.next, struct serve_peer, link);

		list_remove(&peer->link);
		if (peer->interest & WANT_READ)
			engine_readable(e, peer->conn);
	}
	return !list_is_empty(&p->ready);
}

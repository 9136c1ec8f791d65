/* SPDX-License-Identifier: Apache-2.0 */
#include "sim_io.h"

#include "base/require.h"
#include "sim_auth.h"

#include <string.h>

void sim_keep(struct buf *b, struct slice s)
{
	enum err err = buf_append(b, s);

	require(err == OK);
}

void sim_tell(const struct sim *sim, bool inside)
{
	if (sim->on_engine)
		sim->on_engine(inside);
}

/* Pipes. */

static struct sim_peer *peer_of(void *ctx, int io)
{
	const struct sim_worker *w = ctx;

	require(io >= 0 && (size_t)io < w->sim->peer_end && w->sim->peers[io]);
	return w->sim->peers[io];
}

static enum handshake_step io_handshake(void *ctx, int io, struct arrival *arrival)
{
	struct sim_peer *p = peer_of(ctx, io);

	require(!p->closed && p->handshake && *p->handshake);
	char step = *p->handshake++;
	if (step == 'r')
		return HANDSHAKE_READ;
	if (step == 'w')
		return HANDSHAKE_WRITE;
	if (step == 'p')
		return HANDSHAKE_PLAIN;
	if (step == 'f')
		return HANDSHAKE_FAILED;
	arrival->https = true;
	arrival->h2 = step == 'h';
	return HANDSHAKE_DONE;
}

static ptrdiff_t io_recv(void *ctx, int io, char *buf, size_t cap)
{
	struct sim_peer *p = peer_of(ctx, io);
	size_t n = p->to_server.len - p->received;

	require(!p->closed);
	if (p->reset)
		return IO_GONE;
	if (n == 0)
		return p->half_closed ? 0 : IO_BLOCKED;
	n = n > cap ? cap : n;
	n = n > p->max_recv ? p->max_recv : n;
	memcpy(buf, p->to_server.ptr + p->received, n);
	p->received += n;
	if (p->received == p->to_server.len) {
		buf_reset(&p->to_server);
		p->received = 0;
	}
	return (ptrdiff_t)n;
}

static ptrdiff_t io_send(void *ctx, int io, const struct slice *parts, size_t n)
{
	struct sim_peer *p = peer_of(ctx, io);
	size_t room = p->capacity > p->socket.len ? p->capacity - p->socket.len : 0;
	size_t taken = 0;

	require(!p->closed && !p->shut);
	if (p->reset)
		return IO_GONE;
	room = room > p->max_send ? p->max_send : room;
	sim_tell(p->sim, false);
	for (size_t i = 0; i < n && taken < room; i++) {
		struct slice part = slice_upto(parts[i], room - taken);

		sim_keep(&p->socket, part);
		taken += part.len;
	}
	sim_tell(p->sim, true);
	p->sent += taken;
	return taken > 0 ? (ptrdiff_t)taken : IO_BLOCKED;
}

static void io_send_last(void *ctx, int io, struct slice bytes)
{
	struct sim_peer *p = peer_of(ctx, io);

	require(!p->closed && !p->shut);
	sim_tell(p->sim, false);
	if (!p->reset)
		sim_keep(&p->socket, bytes);
	sim_tell(p->sim, true);
}

static void io_want(void *ctx, int io, struct conn *conn, unsigned interest)
{
	struct sim_peer *p = peer_of(ctx, io);

	require(!p->closed && (!p->conn || p->conn == conn));
	p->interest = interest;
}

static void io_shut(void *ctx, int io)
{
	peer_of(ctx, io)->shut = true;
}

static void io_close(void *ctx, int io)
{
	struct sim_peer *p = peer_of(ctx, io);

	require(!p->closed);
	p->closed = true;
	p->conn = NULL;
}

static unsigned io_content(void *ctx, const struct route *route, struct buf *ret_body)
{
	(void)ctx;
	return buf_append(ret_body, route->path) ? 503 : 200;
}

static void io_published(void *ctx)
{
	struct sim_worker *w = ctx;

	w->published++;
}

/* Records. */

static void copy_text(struct sim *sim, char *to, size_t cap, struct slice from)
{
	struct slice kept = slice_upto(from, cap - 1);

	if (kept.len > 0)
		memcpy(to, kept.ptr, kept.len);
	to[kept.len] = '\0';
	sim_keep(&sim->record_text, from);
	sim_keep(&sim->record_text, SLICE("\n"));
}

static void io_record(void *ctx, const struct stream_record *r)
{
	const struct sim_worker *w = ctx;
	struct sim_record copy = {.r = *r};

	sim_tell(w->sim, false);
	copy_text(w->sim, copy.user, sizeof(copy.user), r->user);
	copy_text(w->sim, copy.origin, sizeof(copy.origin), r->origin);
	copy_text(w->sim, copy.auth, sizeof(copy.auth), r->auth_method);
	copy_text(w->sim, copy.reason, sizeof(copy.reason), r->auth_reason);
	copy_text(w->sim, copy.agent, sizeof(copy.agent), r->user_agent);
	copy_text(w->sim, copy.route, sizeof(copy.route), r->route);
	copy_text(w->sim, copy.detail, sizeof(copy.detail), r->detail);
	copy_text(w->sim, copy.last_event_id, sizeof(copy.last_event_id), r->last_event_id);
	sim_keep(&w->sim->records, (struct slice){(const char *)&copy, sizeof(copy)});
	sim_tell(w->sim, true);
}

size_t sim_record_count(const struct sim *sim)
{
	return sim->records.len / sizeof(struct sim_record);
}

const struct sim_record *sim_record(const struct sim *sim, size_t nth)
{
	require(nth < sim_record_count(sim));
	return (const struct sim_record *)(const void *)sim->records.ptr + nth;
}

const struct sim_record *sim_last_record(const struct sim *sim)
{
	size_t n = sim_record_count(sim);

	return n > 0 ? sim_record(sim, n - 1) : NULL;
}

size_t sim_count_records(const struct sim *sim, enum record_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < sim_record_count(sim); i++)
		n += sim_record(sim, i)->r.kind == kind;
	return n;
}

/* All of it. */

struct engine_io sim_io(struct sim_worker *w)
{
	return (struct engine_io){
		.ctx = w,
		.handshake = io_handshake,
		.recv = io_recv,
		.send = io_send,
		.send_last = io_send_last,
		.want = io_want,
		.shut = io_shut,
		.close = io_close,
		.authenticate = sim_authenticate,
		.random = sim_random,
		.content = io_content,
		.published = io_published,
		.record = io_record,
	};
}

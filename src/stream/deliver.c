/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/conn.h"

#include <stdlib.h>
#include <string.h>

/* The bytes of an entry for this connection: HTTP/1.0 has no chunks. */
static struct slice frame_of(const struct conn *c, const struct log_entry *e)
{
	if (conn_is_chunked(c))
		return (struct slice){e->wire, e->wire_len};
	return (struct slice){e->wire + e->head_len, e->wire_len - e->head_len - 2u};
}

static void progress(struct engine *e, struct conn *c, size_t n)
{
	c->bytes += n;
	c->active_ms = e->now_ms;
	e->counters.bytes_out += n;
}

/* From now on the socket says when to go on. */
static void block(struct engine *e, struct conn *c)
{
	c->sub.live = false;
	c->blocked_ms = e->now_ms;
	conn_want(e, c, WANT_READ | WANT_WRITE);
	timers_stream(e, c);
}

/* Keeps the rest of one frame: frames are never torn, whatever the log drops meanwhile. */
static bool keep_rest(struct conn *c, struct slice rest)
{
	struct pending *p = malloc(sizeof(*p) + rest.len);

	if (!p)
		return false;
	p->len = rest.len;
	p->sent = 0;
	memcpy(p->bytes, rest.ptr, rest.len);
	c->pending = p;
	return true;
}

/*
 * The cursor of a live reader stays at its last event, however far other topics have run on. It
 * must follow before the reader goes by it: what was for others is no lag and no loss.
 */
static void follow_rounds(const struct engine *e, struct conn *c)
{
	const struct view *v = &e->view;
	uint64_t given = view_round_is_open(v) ? v->round_first : v->next_seq;

	if (c->sub.live && c->sub.cursor < given)
		c->sub.cursor = given;
}

void deliver_own(struct engine *e, struct conn *c, struct slice bytes)
{
	ptrdiff_t n = conn_send(e, c, &bytes, 1);

	if (n == IO_GONE) {
		stop_quietly(e, c, CLOSE_CLIENT_GONE);
		return;
	}
	size_t sent = n == IO_BLOCKED ? 0 : (size_t)n;
	progress(e, c, sent);
	if (sent == bytes.len)
		return;
	if (!keep_rest(c, slice_from(bytes, sent))) {
		stop_quietly(e, c, CLOSE_NO_MEMORY);
		return;
	}
	follow_rounds(e, c);
	block(e, c);
}

/* After a short write: moves the cursor behind what went out, and keeps a cut frame's rest. */
static void settle(struct engine *e, struct conn *c, const struct batch *batch, size_t sent)
{
	size_t i = 0;

	for (; i < batch->count; i++) {
		struct slice frame = frame_of(c, batch->entries[i]);

		if (sent < frame.len)
			break;
		sent -= frame.len;
	}
	c->events += i;
	e->counters.deliveries += i;
	if (i == batch->count) {
		c->sub.cursor = batch->end_seq;
		return;
	}
	c->sub.cursor = batch->entries[i]->seq;
	if (sent == 0)
		return;
	if (!keep_rest(c, slice_from(frame_of(c, batch->entries[i]), sent))) {
		stop_quietly(e, c, CLOSE_NO_MEMORY);
		return;
	}
	c->sub.cursor++;
	c->events++;
	e->counters.deliveries++;
}

static ptrdiff_t send_batch(struct engine *e, struct conn *c, const struct batch *batch,
			    size_t *ret_bytes)
{
	struct slice parts[VIEW_ROUND_ENTRIES];

	if (conn_is_chunked(c)) {
		*ret_bytes = batch->wire_bytes;
		return conn_send_shared(e, c, batch->wire, batch->wire_count);
	}
	*ret_bytes = 0;
	for (size_t i = 0; i < batch->count; i++) {
		parts[i] = frame_of(c, batch->entries[i]);
		*ret_bytes += parts[i].len;
	}
	return conn_send_shared(e, c, parts, batch->count);
}

void deliver_batch(struct engine *e, struct conn *c, const struct batch *batch)
{
	size_t bytes;

	/* More than its pace allows: it goes on by its cursor, as fast as it may. */
	if (pace_room(e, c, batch->count) < batch->count) {
		c->sub.live = false;
		c->sub.cursor = batch->entries[0]->seq;
		deliver_writable(e, c);
		return;
	}
	pace_spend(e, c, batch->count);
	ptrdiff_t n = send_batch(e, c, batch, &bytes);

	if (n == IO_GONE) {
		stop_quietly(e, c, CLOSE_CLIENT_GONE);
		return;
	}
	size_t sent = n == IO_BLOCKED ? 0 : (size_t)n;
	if (sent == bytes) {
		c->sub.cursor = batch->end_seq;
		c->events += batch->count;
		e->counters.deliveries += batch->count;
		progress(e, c, sent);
		return;
	}
	progress(e, c, sent);
	settle(e, c, batch, sent);
	if (c->state == CONN_STREAM)
		block(e, c);
}

/* False while the rest of a frame is still waiting, or the stream is over. */
static bool flush_pending(struct engine *e, struct conn *c)
{
	struct pending *p = c->pending;

	if (!p)
		return true;
	struct slice rest = {p->bytes + p->sent, p->len - p->sent};
	ptrdiff_t n = conn_send(e, c, &rest, 1);
	if (n == IO_GONE)
		stop_quietly(e, c, CLOSE_CLIENT_GONE);
	if (n < 0)
		return false;
	progress(e, c, (size_t)n);
	c->blocked_ms = e->now_ms;
	p->sent += (size_t)n;
	if (p->sent < p->len)
		return false;
	free(p);
	c->pending = NULL;
	return true;
}

static bool lags(const struct engine *e, const struct conn *c)
{
	uint64_t time_ms = view_entry_time_ms(&e->view, c->sub.cursor);

	return !c->replaying && time_ms > 0 && e->now_ms - time_ms > e->settings->lag_ms;
}

static void go_live(struct engine *e, struct conn *c)
{
	c->sub.live = true;
	c->replaying = false;
	c->blocked_ms = 0;
	conn_want(e, c, WANT_READ);
	timers_stream(e, c);
}

/* One step of reading by cursor; true while there is more to do at once. */
static bool catch_up(struct engine *e, struct conn *c)
{
	size_t room = pace_room(e, c, VIEW_ROUND_ENTRIES);
	struct batch batch;
	uint64_t oldest;
	size_t bytes;

	if (room == 0)
		return false;
	if (!view_catchup(&e->view, &c->sub, room, &batch, &oldest)) {
		stop_dropped(e, c, CLOSE_OUT_OF_LOG);
		return false;
	}
	if (batch.count == 0) {
		c->sub.cursor = batch.end_seq;
		if (batch.end_seq == e->view.next_seq)
			go_live(e, c);
		return !c->sub.live;
	}
	ptrdiff_t n = send_batch(e, c, &batch, &bytes);
	if (n == IO_GONE)
		stop_quietly(e, c, CLOSE_CLIENT_GONE);
	if (n < 0)
		return false;
	progress(e, c, (size_t)n);
	uint64_t before = c->events;
	settle(e, c, &batch, (size_t)n);
	pace_spend(e, c, (size_t)(c->events - before));
	c->blocked_ms = e->now_ms;
	return c->state == CONN_STREAM && (size_t)n == bytes;
}

void deliver_writable(struct engine *e, struct conn *c)
{
	if (c->sub.live) {
		conn_want(e, c, WANT_READ);
		return;
	}
	if (!flush_pending(e, c))
		return;
	if (lags(e, c)) {
		stop_dropped(e, c, CLOSE_LAGGING);
		return;
	}
	for (unsigned i = 0; i < ENGINE_CATCHUP_STEPS; i++) {
		if (!catch_up(e, c))
			break;
	}
	if (c->state != CONN_STREAM || c->sub.live)
		return;
	if (!c->pending && pace_room(e, c, 1) == 0) {
		c->blocked_ms = 0;
		conn_want(e, c, WANT_READ);
		timers_stream(e, c);
		return;
	}
	/* The write deadline runs from the first step, also if that sent nothing. */
	if (c->blocked_ms == 0)
		c->blocked_ms = e->now_ms;
	conn_want(e, c, WANT_READ | WANT_WRITE);
	timers_stream(e, c);
}

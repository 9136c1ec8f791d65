/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/conn.h"

#define FAREWELL_MAX (32u << 20) /* bytes: the rest of the largest frame and our last events */

/* The end of every stream: one reason, one record. */
static void end(struct engine *e, struct conn *c, enum stream_close close, uint64_t dropped)
{
	record_close(e, c, close, dropped);
	e->streams--;
	e->counters.dropped += dropped;
	place_end(e, c);
	conn_close(e, c);
}

void stop_quietly(struct engine *e, struct conn *c, enum stream_close close)
{
	if (c->state == CONN_STREAM)
		end(e, c, close, 0);
}

/* What is left of a cut frame, one event of ours, and the end: never a torn frame. */
static void say_last(struct engine *e, struct conn *c, const struct control *control)
{
	char own[2 * ENGINE_CONTROL_MAX];
	struct writer w;
	struct buf bytes;

	writer_init(&w, own, sizeof(own));
	control_put(e, c, &w, control);
	control_end(c, &w);
	buf_init(&bytes, FAREWELL_MAX);
	if (c->pending)
		(void)buf_append(&bytes, (struct slice){c->pending->bytes + c->pending->sent,
							c->pending->len - c->pending->sent});
	/* Out of memory nothing is said: half of a frame would be worse. */
	if (!w.overflow && buf_append(&bytes, writer_slice(&w)) == OK)
		conn_send_last(e, c, buf_slice(&bytes));
	buf_free(&bytes);
}

static void put_range(const struct engine *e, struct writer *w, uint64_t from, uint64_t to)
{
	put(w, SLICE("{\"from\":\""));
	log_put_id(e->config.log, w, from);
	put(w, SLICE("\",\"to\":\""));
	log_put_id(e->config.log, w, to);
	put(w, SLICE("\"}"));
}

void stop_dropped(struct engine *e, struct conn *c, enum stream_close close)
{
	uint64_t next = e->view.next_seq;
	uint64_t lost = next > c->sub.cursor ? next - c->sub.cursor : 0;
	char json[ENGINE_CONTROL_MAX / 2];
	struct writer data;

	writer_init(&data, json, sizeof(json));
	put_range(e, &data, c->sub.cursor, lost > 0 ? next - 1 : c->sub.cursor);
	struct control control = {
		.has_retry = true,
		.retry_ms = control_retry(e, false),
		.type = SLICE("dropped"),
		.data = writer_slice(&data),
	};
	say_last(e, c, &control);
	end(e, c, close, lost);
}

void stop_auth(struct engine *e, struct conn *c, enum stream_close close)
{
	struct control control = {
		.has_retry = true,
		.retry_ms = control_retry(e, true),
		.type = SLICE("auth_expired"),
		.data = SLICE("{}"),
	};

	say_last(e, c, &control);
	end(e, c, close, 0);
}

void stop_draining(struct engine *e, struct conn *c, enum stream_close close)
{
	uint64_t retry_ms = control_retry(e, true);
	char json[64];
	struct writer data;

	writer_init(&data, json, sizeof(json));
	put(&data, SLICE("{\"retry\":"));
	put_u64(&data, retry_ms);
	put(&data, SLICE("}"));
	struct control control = {
		.has_retry = true,
		.retry_ms = retry_ms,
		.type = SLICE("draining"),
		.data = writer_slice(&data),
	};
	say_last(e, c, &control);
	end(e, c, close, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/conn.h"

#include "sse/event.h"

/* Chunk framing as in the log; HTTP/1.0 reads until the connection closes. */
static void put_framed(const struct conn *c, struct writer *w, struct slice payload)
{
	if (conn_is_chunked(c)) {
		put_hex(w, payload.len);
		put(w, SLICE("\r\n"));
	}
	put(w, payload);
	if (conn_is_chunked(c))
		put(w, SLICE("\r\n"));
}

void control_put(const struct engine *e, const struct conn *c, struct writer *w,
		 const struct control *control)
{
	char payload[ENGINE_CONTROL_MAX];
	char id[LOG_ID_MAX];
	struct writer id_writer;
	size_t len;

	writer_init(&id_writer, id, sizeof(id));
	log_put_id(e->config.log, &id_writer, control->id_seq);
	struct sse_event event = {
		.type = control->type,
		.id = control->has_id ? writer_slice(&id_writer) : SLICE_NONE,
		.data = control->data,
		.retry_ms = control->retry_ms,
		.has_retry = control->has_retry,
	};
	if (sse_encode(&event, payload, sizeof(payload), &len))
		w->overflow = true;
	else
		put_framed(c, w, (struct slice){payload, len});
}

void control_comment(const struct conn *c, struct writer *w)
{
	put_framed(c, w, SLICE(": heartbeat\n\n"));
}

void control_end(const struct conn *c, struct writer *w)
{
	if (conn_is_chunked(c))
		put(w, SLICE("0\r\n\r\n"));
}

uint64_t control_retry(struct engine *e, bool draining)
{
	const struct stream_settings *s = e->settings;

	return draining ? rng_between(&e->rng, s->drain_retry_min_ms, s->drain_retry_max_ms)
			: rng_between(&e->rng, s->retry_min_ms, s->retry_max_ms);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "h2/state.h"

static struct h2_stream *stream_of(nghttp2_session *ng, int32_t id)
{
	return nghttp2_session_get_stream_user_data(ng, id);
}

/* For a callback: nghttp2 stops, and the session ends behind it. */
static int stop(struct h2_session *s, enum h2_end why)
{
	h2_fail(s, why);
	return NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *ctx)
{
	struct h2_session *s = ctx;

	(void)ng;
	s->head_bytes = 0;
	h2_head_free(s->head);
	s->head = NULL;
	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	s->head = h2_head_new();
	return s->head ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* Bytes past the maximum of one head; false: past the budget too. */
static bool charge_field(struct h2_session *s, size_t size)
{
	size_t before = s->head_bytes;

	s->head_bytes += size;
	if (s->head_bytes <= HTTP_MAX_HEAD)
		return true;
	size_t base = before > HTTP_MAX_HEAD ? before : HTTP_MAX_HEAD;
	return h2_meter_take(&s->meter, H2_END_HEADERS, s->head_bytes - base, s->now_ms);
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name,
		     nghttp2_rcbuf *value, uint8_t flags, void *ctx)
{
	struct h2_session *s = ctx;

	(void)ng;
	(void)frame;
	(void)flags;
	if (!charge_field(s, h2_field_size(h2_text(name), h2_text(value))))
		return stop(s, H2_END_HEADERS);
	/* Trailers are read and say nothing to us. */
	if (!s->head || h2_head_field(s->head, name, value))
		return 0;
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* nghttp2 would skip the field and serve the rest; RFC 9113 8.2.1 refuses the whole. */
static int on_invalid_header(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name,
			     nghttp2_rcbuf *value, uint8_t flags, void *ctx)
{
	(void)ng;
	(void)frame;
	(void)name;
	(void)value;
	(void)flags;
	(void)ctx;
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int reset_unknown(struct h2_session *s, int32_t id, uint32_t error)
{
	int code = nghttp2_submit_rst_stream(s->ng, NGHTTP2_FLAG_NONE, id, error);

	return code == 0 ? 0 : stop(s, H2_END_MEMORY);
}

static int open_stream(struct h2_session *s, const struct h2_head *head, int32_t id, bool ended)
{
	struct h2_stream *stream = h2_stream_new(s, id);

	if (!stream)
		return reset_unknown(s, id, NGHTTP2_INTERNAL_ERROR);
	(void)nghttp2_session_set_stream_user_data(s->ng, id, stream); /* it is there */
	stream->remote_ended = ended;
	stream->owned = true;
	void *owner = s->events.request(s->events.ctx, stream, &head->req, head->fault, ended);
	if (!stream->owned)
		return 0;
	stream->owner = owner;
	if (!owner)
		h2_stream_reset(stream, NGHTTP2_REFUSED_STREAM);
	return 0;
}

static int take_request(struct h2_session *s, const nghttp2_frame *frame)
{
	bool ended = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	struct h2_head *head = s->head;
	int code;

	s->head = NULL;
	if (!head)
		return 0;
	if (h2_head_finish(head, ended))
		code = open_stream(s, head, frame->hd.stream_id, ended);
	else
		code = reset_unknown(s, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
	h2_head_free(head);
	return code;
}

static int take_end(struct h2_session *s, const nghttp2_frame *frame)
{
	struct h2_stream *stream = stream_of(s->ng, frame->hd.stream_id);

	if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) || !stream)
		return 0;
	stream->remote_ended = true;
	if (stream->owner)
		s->events.ended(s->events.ctx, stream->owner);
	return 0;
}

/*
 * A reader that goes away resets its stream: that is no fault. What it asked and did not wait for
 * is (CVE-2023-44487), and a reset of a stream that is no more.
 */
static int take_reset(struct h2_session *s, const nghttp2_frame *frame)
{
	const struct h2_stream *stream = stream_of(s->ng, frame->hd.stream_id);

	if (stream && stream->responded)
		return 0;
	return h2_meter_take(&s->meter, H2_END_RESETS, 1, s->now_ms) ? 0 : stop(s, H2_END_RESETS);
}

static int on_frame_received(nghttp2_session *ng, const nghttp2_frame *frame, void *ctx)
{
	struct h2_session *s = ctx;

	(void)ng;
	if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		return take_request(s, frame);
	if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)
		return take_end(s, frame);
	return frame->hd.type == NGHTTP2_RST_STREAM ? take_reset(s, frame) : 0;
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
		   void *ctx)
{
	struct h2_session *s = ctx;
	struct h2_stream *stream = stream_of(ng, id);

	(void)flags;
	/* The owners bound what they hold: one that waits must not stop the others. */
	if (nghttp2_session_consume_connection(ng, len) != 0)
		return stop(s, H2_END_MEMORY);
	if (stream && stream->owner)
		s->events.body(s->events.ctx, stream->owner,
			       (struct slice){(const char *)data, len});
	return 0;
}

static int on_close(nghttp2_session *ng, int32_t id, uint32_t error, void *ctx)
{
	struct h2_stream *stream = stream_of(ng, id);

	(void)error;
	(void)ctx;
	if (stream)
		h2_stream_closed(stream);
	return 0;
}

/* Codes by which we, or nghttp2 for us, say that the peer is at fault (CVE-2025-8671). */
static bool blames_peer(uint32_t error)
{
	return error != NGHTTP2_NO_ERROR && error != NGHTTP2_INTERNAL_ERROR &&
	       error != NGHTTP2_CANCEL;
}

static int sent_end(struct h2_session *s, const nghttp2_frame *frame)
{
	struct h2_stream *stream = stream_of(s->ng, frame->hd.stream_id);

	if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) && stream && !stream->remote_ended)
		h2_stream_linger(stream);
	return 0;
}

static int on_frame_sent(nghttp2_session *ng, const nghttp2_frame *frame, void *ctx)
{
	struct h2_session *s = ctx;

	(void)ng;
	if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)
		return sent_end(s, frame);
	if (frame->hd.type == NGHTTP2_RST_STREAM && blames_peer(frame->rst_stream.error_code) &&
	    !h2_meter_take(&s->meter, H2_END_FAULTS, 1, s->now_ms))
		h2_fail(s, H2_END_FAULTS);
	if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR &&
	    !s->terminated) {
		/* nghttp2 has found that the peer broke the protocol. */
		s->terminated = true;
		h2_fail(s, H2_END_PROTOCOL);
	}
	return 0;
}

void h2_receive_callbacks(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback2(callbacks, on_invalid_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_received);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
}

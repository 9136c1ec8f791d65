/* SPDX-License-Identifier: Apache-2.0 */
#include "base/require.h"
#include "h2/state.h"

#include <stdlib.h>
#include <string.h>

#define WHOLE_FRAME 1024u /* bytes: a DATA frame of as many is no dribble, also where it is cut */

struct h2_stream *h2_stream_new(struct h2_session *s, int32_t id)
{
	struct h2_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->session = s;
	stream->id = id;
	stream->counted = true;
	s->stream_count++;
	list_append(&s->streams, &stream->all);
	return stream;
}

static void uncount(struct h2_stream *stream)
{
	if (stream->counted)
		stream->session->stream_count--;
	stream->counted = false;
}

void h2_stream_linger(struct h2_stream *stream)
{
	uncount(stream);
	stream->linger_ms = stream->session->now_ms;
	list_append(&stream->session->lingering, &stream->linger);
}

void h2_stream_free(struct h2_stream *stream)
{
	uncount(stream);
	list_remove(&stream->linger);
	list_remove(&stream->all);
	list_remove(&stream->wait);
	stream->session->last_bytes -= stream->last_len;
	free(stream->last);
	free(stream);
}

/* Nobody hears of it from now on. */
static void disown(struct h2_stream *stream)
{
	stream->owned = false;
	stream->owner = NULL;
	stream->wants = false;
	if (!stream->closed)
		list_remove(&stream->wait);
}

void h2_stream_closed(struct h2_stream *stream)
{
	struct h2_session *s = stream->session;
	void *owner = stream->owner;

	uncount(stream);
	list_remove(&stream->wait);
	list_remove(&stream->linger);
	stream->closed = true;
	if (s->receiving && owner) {
		disown(stream);
		s->events.gone(s->events.ctx, owner);
	}
	/* What was gathered may still point to its last words. */
	list_append(&s->departed, &stream->wait);
}

/* A stream on which something can still be sent. */
static bool is_open(const struct h2_stream *stream)
{
	const struct h2_session *s = stream->session;

	return !stream->closed && !s->dead && !s->end && !s->terminated && !s->out.gone;
}

/* Moves `length` bytes of what is offered to the output. */
static void put_parts(struct h2_stream *stream, size_t length)
{
	stream->left -= length;
	while (length > 0) {
		struct slice rest = slice_upto(slice_from(*stream->parts, stream->at), length);

		h2_output_put(&stream->session->out, rest);
		length -= rest.len;
		stream->at += rest.len;
		if (stream->at == stream->parts->len) {
			stream->parts++;
			stream->at = 0;
		}
	}
}

int h2_send_data(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t length,
		 nghttp2_data_source *source, void *ctx)
{
	struct h2_session *s = ctx;
	struct h2_stream *stream = source->ptr;

	(void)ng;
	(void)frame;
	/* A peer that opens its window byte by byte must pay for each step. */
	if (length == stream->left || length >= WHOLE_FRAME)
		h2_meter_sent_data(&s->meter);
	h2_output_copy(&s->out, (struct slice){(const char *)head, H2_FRAME_HEAD});
	put_parts(stream, length);
	h2_output_frame_end(&s->out);
	return h2_output_is_blocked(&s->out) ? NGHTTP2_ERR_PAUSE : 0;
}

/* How much of what is offered the next DATA frame takes, at most `length`. */
static ssize_t read_data(nghttp2_session *ng, int32_t id, uint8_t *buf, size_t length,
			 uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
	struct h2_session *s = ctx;
	struct h2_stream *stream = source->ptr;

	(void)ng;
	(void)id;
	(void)buf;
	if (stream->left == 0 && !stream->finished) {
		if (stream->wants && !list_is_linked(&stream->wait))
			list_append(&s->ready, &stream->wait);
		stream->wants = false;
		return NGHTTP2_ERR_DEFERRED;
	}
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (length >= stream->left && stream->finished)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)(length < stream->left ? length : stream->left);
}

static bool is_connection_specific(struct slice name)
{
	static const struct slice names[] = {
		SLICE_INIT("connection"),       SLICE_INIT("keep-alive"),
		SLICE_INIT("proxy-connection"), SLICE_INIT("transfer-encoding"),
		SLICE_INIT("upgrade"),
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_eq(name, names[i]))
			return true;
	}
	return false;
}

/* The fields of an answer, as nghttp2 wants them. */
struct answer {
	nghttp2_nv fields[H2_MAX_FIELDS + 1];
	size_t count;
	char names[H2_MAX_LINES]; /* in lower case */
	size_t used;
	char status[3];
};

static void add_field(struct answer *a, struct slice name, struct slice value)
{
	/* A cookie in a table that other answers share could be guessed by their length. */
	bool secret = slice_eq(name, SLICE("set-cookie"));

	a->fields[a->count++] = (nghttp2_nv){
		(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len,
		value.len, secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE};
}

static enum err add_line(struct answer *a, struct slice line)
{
	struct slice value = line;
	struct slice name = slice_cut(&value, ':');
	char *lower = a->names + a->used;

	if (!value.ptr || name.len == 0)
		return E_SYNTAX;
	if (a->count > H2_MAX_FIELDS)
		return E_TOO_BIG;
	for (size_t i = 0; i < name.len; i++)
		lower[i] = ascii_lower(name.ptr[i]);
	a->used += name.len;
	name.ptr = lower;
	value = slice_trim(value);
	if (!nghttp2_check_header_name((const uint8_t *)lower, name.len) ||
	    !nghttp2_check_header_value((const uint8_t *)value.ptr, value.len))
		return E_SYNTAX;
	if (is_connection_specific(name))
		return E_BAD_FIELD;
	add_field(a, name, value);
	return OK;
}

static enum err add_lines(struct answer *a, struct slice lines)
{
	enum err err = lines.len > H2_MAX_LINES ? E_TOO_BIG : OK;

	while (!err && lines.len > 0) {
		size_t end = slice_find(lines, '\r');

		if (!slice_starts(slice_from(lines, end), SLICE("\r\n")))
			return E_SYNTAX;
		err = add_line(a, slice_upto(lines, end));
		lines = slice_from(lines, end + 2);
	}
	return err;
}

static void add_status(struct answer *a, unsigned status)
{
	require(status >= 100 && status <= 999);
	a->status[0] = (char)('0' + status / 100);
	a->status[1] = (char)('0' + status / 10 % 10);
	a->status[2] = (char)('0' + status % 10);
	add_field(a, SLICE(":status"), (struct slice){a->status, 3});
}

enum err h2_stream_respond(struct h2_stream *stream, unsigned status, struct slice lines, bool end)
{
	nghttp2_data_provider provider = {{.ptr = stream}, read_data};
	struct answer a;

	require(!stream->responded && status >= 200);
	a.count = 0;
	a.used = 0;
	add_status(&a, status);
	enum err err = add_lines(&a, lines);
	if (err)
		return err;
	/* To a stream that is gone, nothing; h2_stream_send tells. */
	if (is_open(stream) &&
	    nghttp2_submit_response(stream->session->ng, stream->id, a.fields, a.count,
				    end ? NULL : &provider) == NGHTTP2_ERR_NOMEM)
		return E_NOMEM;
	stream->responded = true;
	return OK;
}

void h2_stream_continue(struct h2_stream *stream)
{
	struct answer a;

	if (stream->responded || !is_open(stream))
		return;
	a.count = 0;
	add_status(&a, 100);
	(void)nghttp2_submit_headers(stream->session->ng, NGHTTP2_FLAG_NONE, stream->id, NULL,
				     a.fields, a.count, NULL);
}

/* Lets nghttp2 ask for bytes again; one that waits for a window goes on waiting. */
static void resume(struct h2_stream *stream)
{
	if (nghttp2_session_resume_data(stream->session->ng, stream->id) == NGHTTP2_ERR_NOMEM)
		h2_fail(stream->session, H2_END_MEMORY);
}

static void offer(struct h2_stream *stream, const struct slice *parts, size_t n)
{
	stream->parts = parts;
	stream->at = 0;
	stream->left = 0;
	for (size_t i = 0; i < n; i++)
		stream->left += parts[i].len;
}

/* How much of it was taken. */
static size_t offer_now(struct h2_stream *stream, const struct slice *parts, size_t n)
{
	offer(stream, parts, n);
	size_t all = stream->left;
	resume(stream);
	h2_pump(stream->session);
	size_t taken = all - stream->left;
	offer(stream, NULL, 0);
	return taken;
}

static bool may_write(const struct h2_stream *stream)
{
	const struct h2_session *s = stream->session;

	return !s->inside && stream->responded && !h2_output_is_blocked(&s->out);
}

void h2_stream_want(struct h2_stream *stream)
{
	if (!is_open(stream))
		return;
	stream->wants = true;
	resume(stream);
}

ptrdiff_t h2_stream_send(struct h2_stream *stream, const struct slice *parts, size_t n)
{
	size_t taken = 0, all = 0;

	require(n <= H2_MAX_PARTS && !stream->finished);
	for (size_t i = 0; i < n; i++)
		all += parts[i].len;
	if (is_open(stream) && may_write(stream))
		taken = offer_now(stream, parts, n);
	if (!is_open(stream)) {
		disown(stream);
		return H2_GONE;
	}
	if (taken < all)
		h2_stream_want(stream);
	return taken > 0 ? (ptrdiff_t)taken : H2_BLOCKED;
}

static bool keep_last(struct h2_stream *stream, struct slice last)
{
	struct h2_session *s = stream->session;

	if (last.len > H2_MAX_LAST || last.len > H2_MAX_LASTS - s->last_bytes)
		return false;
	stream->last = malloc(last.len);
	if (!stream->last)
		return false;
	memcpy(stream->last, last.ptr, last.len);
	stream->last_len = last.len;
	s->last_bytes += last.len;
	stream->last_part = (struct slice){stream->last, last.len};
	offer(stream, &stream->last_part, 1);
	return true;
}

void h2_stream_finish(struct h2_stream *stream, struct slice last)
{
	disown(stream);
	if (!is_open(stream))
		return;
	if (!stream->responded) {
		h2_stream_reset(stream, NGHTTP2_INTERNAL_ERROR);
		return;
	}
	stream->finished = true;
	/* Under a cork they would have to stay; they are the caller's. */
	if (may_write(stream) && !stream->session->out.corked)
		last = slice_from(last, offer_now(stream, &last, 1));
	if (!is_open(stream))
		return;
	if (last.len > 0 && !keep_last(stream, last)) {
		h2_stream_reset(stream, NGHTTP2_INTERNAL_ERROR);
		return;
	}
	resume(stream);
}

void h2_stream_reset(struct h2_stream *stream, uint32_t error)
{
	struct h2_session *s = stream->session;

	disown(stream);
	if (!is_open(stream))
		return;
	uncount(stream);
	offer(stream, NULL, 0);
	if (nghttp2_submit_rst_stream(s->ng, NGHTTP2_FLAG_NONE, stream->id, error) != 0)
		h2_fail(s, H2_END_MEMORY);
}

void h2_session_give_up(struct h2_session *s)
{
	struct list *next;

	require(!s->inside);
	for (struct list *l = s->streams.next; l != &s->streams; l = next) {
		struct h2_stream *stream = container_of(l, struct h2_stream, all);

		next = l->next;
		if (!stream->finished || stream->closed)
			continue;
		if (stream->noted == stream->left + 1)
			h2_stream_reset(stream, NGHTTP2_CANCEL);
		else
			stream->noted = stream->left + 1;
	}
}

void h2_stream_consume(struct h2_stream *stream, size_t n)
{
	if (is_open(stream) &&
	    nghttp2_session_consume_stream(stream->session->ng, stream->id, n) == NGHTTP2_ERR_NOMEM)
		h2_fail(stream->session, H2_END_MEMORY);
}

uint32_t h2_stream_id(const struct h2_stream *stream)
{
	return (uint32_t)stream->id;
}

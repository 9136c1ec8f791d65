/* SPDX-License-Identifier: Apache-2.0 */
#include "h2_peer.h"

#include "base/require.h"

#include <stdlib.h>
#include <string.h>

#define KEPT (4u << 20) /* bytes of one answer */

struct h2_answer *h2_peer_answer(struct h2_peer *h, int32_t id)
{
	struct h2_answer *a = NULL;

	for (size_t i = 0; i < H2_PEER_STREAMS; i++) {
		if (h->answers[i].id == id)
			return &h->answers[i];
		if (!a && h->answers[i].id == 0)
			a = &h->answers[i];
	}
	require(a);
	a->id = id;
	buf_init(&a->fields, KEPT);
	buf_init(&a->body, KEPT);
	return a;
}

static void keep(struct buf *b, const void *bytes, size_t n)
{
	enum err err = buf_append(b, (struct slice){bytes, n});

	require(err == OK);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *user)
{
	struct h2_answer *a = h2_peer_answer(user, frame->hd.stream_id);

	(void)session;
	(void)flags;
	if (name_len == 7 && memcmp(name, ":status", 7) == 0)
		a->status = (unsigned)strtoul((const char *)value, NULL, 10);
	keep(&a->fields, name, name_len);
	keep(&a->fields, ": ", 2);
	keep(&a->fields, value, value_len);
	keep(&a->fields, "\n", 1);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
		   size_t len, void *user)
{
	(void)session;
	(void)flags;
	keep(&h2_peer_answer(user, id)->body, data, len);
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct h2_peer *h = user;

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY) {
		h->goaway = true;
		h->goaway_error = frame->goaway.error_code;
	}
	if (frame->hd.stream_id > 0 && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
	    frame->hd.type <= NGHTTP2_HEADERS)
		h2_peer_answer(h, frame->hd.stream_id)->ended = true;
	return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
	struct h2_answer *a = h2_peer_answer(user, id);

	(void)session;
	a->closed = true;
	a->error = error;
	return 0;
}

struct h2_peer *h2_peer_new(struct sim_peer *p, uint32_t window)
{
	struct h2_peer *h = calloc(1, sizeof(*h));
	nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
	nghttp2_session_callbacks *callbacks;

	require(h && nghttp2_session_callbacks_new(&callbacks) == 0);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	int code = nghttp2_session_client_new(&h->session, callbacks, h);
	nghttp2_session_callbacks_del(callbacks);
	require(code == 0);
	h->p = p;
	/* The world's own client reads HTTP/1: what comes is ours to read. */
	p->stalled = true;
	code = nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, &entry, window > 0);
	require(code == 0);
	return h;
}

void h2_peer_free(struct h2_peer *h)
{
	for (size_t i = 0; i < H2_PEER_STREAMS; i++) {
		buf_free(&h->answers[i].fields);
		buf_free(&h->answers[i].body);
	}
	buf_free(&h->body);
	nghttp2_session_del(h->session);
	free(h);
}

static bool write_out(struct h2_peer *h)
{
	const uint8_t *bytes;
	bool moved = false;

	for (;;) {
		ssize_t n = h->silent ? 0 : nghttp2_session_mem_send(h->session, &bytes);

		require(n >= 0);
		if (n == 0)
			return moved;
		sim_send_slice(h->p, (struct slice){(const char *)bytes, (size_t)n});
		moved = true;
	}
}

static bool read_in(struct h2_peer *h)
{
	struct buf *socket = &h->p->socket;

	if (socket->len == 0)
		return false;
	ssize_t n = nghttp2_session_mem_recv(h->session, (const uint8_t *)socket->ptr, socket->len);
	require(n >= 0);
	buf_reset(socket);
	return true;
}

void h2_peer_run(struct h2_peer *h)
{
	bool moved = true;

	while (moved) {
		moved = write_out(h);
		sim_run(h->p->sim);
		moved |= read_in(h);
	}
}

#define NV(name, value)                                                                            \
	{                                                                                          \
		(uint8_t *)(uintptr_t)(name), (uint8_t *)(uintptr_t)(value), strlen(name),         \
			strlen(value), NGHTTP2_NV_FLAG_NONE                                        \
	}

int32_t h2_peer_get_with(struct h2_peer *h, const char *path, const char *name, const char *value)
{
	const nghttp2_nv fields[] = {
		NV(":method", "GET"),
		NV(":scheme", "http"),
		NV(":authority", "sluice.test"),
		NV(":path", path),
		NV("accept", "text/event-stream"),
		NV(name, value ? value : ""),
	};
	size_t n = sizeof(fields) / sizeof(fields[0]) - (value ? 0 : 1);
	int32_t id = nghttp2_submit_request(h->session, NULL, fields, n, NULL, NULL);

	require(id > 0);
	return id;
}

int32_t h2_peer_get(struct h2_peer *h, const char *path, const char *authorization)
{
	return h2_peer_get_with(h, path, "authorization", authorization);
}

static ssize_t give_body(nghttp2_session *session, int32_t id, uint8_t *room, size_t cap,
			 uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct h2_peer *h = user;
	size_t n = h->body.len < cap ? h->body.len : cap;

	(void)session;
	(void)id;
	(void)source;
	memcpy(room, h->body.ptr, n);
	buf_consume(&h->body, n);
	if (h->body.len == 0)
		*flags = NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

int32_t h2_peer_post(struct h2_peer *h, const char *path, struct slice body)
{
	const nghttp2_data_provider provider = {.read_callback = give_body};
	const nghttp2_nv fields[] = {
		NV(":method", "POST"),
		NV(":scheme", "http"),
		NV(":authority", "sluice.test"),
		NV(":path", path),
		NV("content-type", "application/json"),
		NV("authorization", "Bearer " SIM_PUBLISHER_KEY),
	};
	size_t n = sizeof(fields) / sizeof(fields[0]);

	buf_init(&h->body, KEPT);
	keep(&h->body, body.ptr, body.len);
	int32_t id = nghttp2_submit_request(h->session, NULL, fields, n, &provider, NULL);
	require(id > 0);
	return id;
}

bool h2_peer_has(struct h2_peer *h, int32_t id, const char *text)
{
	const struct h2_answer *a = h2_peer_answer(h, id);
	struct slice rest = buf_slice(&a->body);

	for (; rest.len > 0; rest = slice_from(rest, 1)) {
		if (slice_starts(rest, slice_of(text)))
			return true;
	}
	return false;
}

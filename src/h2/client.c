/* SPDX-License-Identifier: Apache-2.0 */
#include "h2/client.h"

#include "base/buf.h"
#include "base/require.h"
#include "base/text.h"
#include "h2/ask.h"

#include <stdlib.h>

#define UNTOLD_STREAMS 100u         /* what nghttp2 opens before the server has said how many */
#define MAX_FRAME      (128u << 10) /* bytes that nghttp2 serialises at once: a whole head */

struct h2_client {
	nghttp2_session *session;
	struct h2_client_events events;
	struct buf out; /* frames gathered for one write; empty, it owns no memory */
	const char *why;
	unsigned status; /* of the head that is being read; 0: none came, so they are trailers */
	bool told;       /* the server's SETTINGS have come */
};

/* What nghttp2 tells. */

static void *owner_of(nghttp2_session *session, int32_t stream)
{
	return nghttp2_session_get_stream_user_data(session, stream);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct h2_client *c = user;

	(void)session;
	(void)frame;
	c->status = 0;
	return 0;
}

/* nghttp2 lets three digits through, also those that are no status (RFC 9110 15). */
static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
		     nghttp2_rcbuf *value, uint8_t flags, void *user)
{
	struct h2_client *c = user;
	uint64_t status;

	(void)session;
	(void)frame;
	(void)flags;
	if (!slice_eq(h2_text(name), SLICE(":status")))
		return 0;
	if (parse_u64(h2_text(value), &status) || status < 100 || status > 999)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	c->status = (unsigned)status;
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct h2_client *c = user;
	void *owner = owner_of(session, frame->hd.stream_id);

	if (frame->hd.type == NGHTTP2_SETTINGS && !(frame->hd.flags & NGHTTP2_FLAG_ACK))
		c->told = true;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		c->why = "the server goes away";
	if (frame->hd.type == NGHTTP2_HEADERS && c->status >= 200 && owner)
		c->events.head(c->events.ctx, owner, c->status);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
		   size_t len, void *user)
{
	struct h2_client *c = user;
	void *owner = owner_of(session, stream);

	(void)flags;
	if (owner)
		c->events.body(c->events.ctx, owner, (struct slice){(const char *)data, len});
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *user)
{
	struct h2_client *c = user;
	void *owner = owner_of(session, stream);

	if (owner)
		c->events.closed(c->events.ctx, owner, error);
	return 0;
}

/* Life. */

static const struct h2_ask_setup setup = {
	.on_begin_headers = on_begin_headers,
	.on_header = on_header,
	.on_frame = on_frame,
	.on_data = on_data,
	.on_close = on_close,
	.window = H2_CLIENT_WINDOW,
	.window_all = H2_CLIENT_WINDOW_ALL,
};

struct h2_client *h2_client_new(const struct h2_client_events *events)
{
	struct h2_client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->events = *events;
	buf_init(&c->out, H2_CLIENT_GATHER + MAX_FRAME);
	c->session = h2_ask_begin(&setup, c);
	if (c->session)
		return c;
	h2_client_free(c);
	return NULL;
}

void h2_client_free(struct h2_client *c)
{
	if (!c)
		return;
	nghttp2_session_del(c->session);
	buf_free(&c->out);
	free(c);
}

/* Requests. */

enum err h2_client_get(struct h2_client *c, const struct h2_get *get, void *owner)
{
	const struct slice pseudo[] = {SLICE("GET"), get->scheme, get->authority, get->path};

	require(get->field_count <= H2_CLIENT_MAX_FIELDS);
	int32_t stream = h2_ask(c->session, pseudo, get->fields, get->field_count, NULL, owner);
	if (stream > 0)
		return OK;
	return stream == NGHTTP2_ERR_NOMEM ? E_NOMEM : E_FULL;
}

/* Bytes. */

static void fail(struct h2_client *c, long error)
{
	if (!c->why)
		c->why = nghttp2_strerror((int)error);
}

bool h2_client_receive(struct h2_client *c, struct slice bytes)
{
	ssize_t n = nghttp2_session_mem_recv(c->session, (const uint8_t *)bytes.ptr, bytes.len);

	if (n < 0) {
		fail(c, n);
		return false;
	}
	if (nghttp2_session_want_read(c->session))
		return true;
	fail(c, NGHTTP2_ERR_PROTO);
	return false;
}

const char *h2_client_why(const struct h2_client *c)
{
	return c->why;
}

struct slice h2_client_output(struct h2_client *c)
{
	const uint8_t *data = NULL;
	ssize_t n = 1;

	/* Many small frames in one write: one segment, and one record of TLS. */
	while (n > 0 && c->out.len < H2_CLIENT_GATHER) {
		n = nghttp2_session_mem_send(c->session, &data);
		if (n < 0)
			fail(c, n);
		if (n > 0 && buf_append(&c->out, (struct slice){(const char *)data, (size_t)n}))
			fail(c, NGHTTP2_ERR_NOMEM);
	}
	return buf_slice(&c->out);
}

void h2_client_sent(struct h2_client *c, size_t n)
{
	buf_consume(&c->out, n);
	if (c->out.len == 0)
		buf_free(&c->out);
}

bool h2_client_is_told(const struct h2_client *c)
{
	return c->told;
}

uint32_t h2_client_max_streams(const struct h2_client *c)
{
	if (!c->told)
		return UNTOLD_STREAMS;
	return nghttp2_session_get_remote_settings(c->session,
						   NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "h2/client.h"

#include "base/buf.h"
#include "base/require.h"
#include "base/text.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#define UNTOLD_STREAMS 100u         /* what nghttp2 opens before the server has said how many */
#define MAX_FRAME      (128u << 10) /* bytes that nghttp2 serialises at once: a whole head */
#define OWN_FIELDS     4u           /* :method, :scheme, :authority, :path */

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
	nghttp2_vec n = nghttp2_rcbuf_get_buf(name);
	nghttp2_vec v = nghttp2_rcbuf_get_buf(value);
	uint64_t status;

	(void)session;
	(void)frame;
	(void)flags;
	if (!slice_eq((struct slice){(const char *)n.base, n.len}, SLICE(":status")))
		return 0;
	if (parse_u64((struct slice){(const char *)v.base, v.len}, &status) || status < 100 ||
	    status > 999)
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

static int make_session(struct h2_client *c)
{
	nghttp2_session_callbacks *cb = NULL;

	if (nghttp2_session_callbacks_new(&cb))
		return NGHTTP2_ERR_NOMEM;
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback2(cb, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
	int failed = nghttp2_session_client_new(&c->session, cb, c);
	nghttp2_session_callbacks_del(cb);
	return failed;
}

static int open_windows(struct h2_client *c)
{
	const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_CLIENT_WINDOW},
	};
	int failed = nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings,
					     sizeof(settings) / sizeof(settings[0]));

	if (failed)
		return failed;
	return nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0,
						     H2_CLIENT_WINDOW_ALL);
}

struct h2_client *h2_client_new(const struct h2_client_events *events)
{
	struct h2_client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->events = *events;
	buf_init(&c->out, H2_CLIENT_GATHER + MAX_FRAME);
	if (!make_session(c) && !open_windows(c))
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

/* nghttp2 copies both texts, and wants them writable all the same. */
static nghttp2_nv field(struct slice name, struct slice value)
{
	union {
		const char *in;
		uint8_t *out;
	} n = {name.ptr}, v = {value.ptr};

	return (nghttp2_nv){n.out, v.out, name.len, value.len, NGHTTP2_NV_FLAG_NONE};
}

enum err h2_client_get(struct h2_client *c, const struct h2_get *get, void *owner)
{
	nghttp2_nv fields[OWN_FIELDS + H2_CLIENT_MAX_FIELDS] = {
		field(SLICE(":method"), SLICE("GET")),
		field(SLICE(":scheme"), get->scheme),
		field(SLICE(":authority"), get->authority),
		field(SLICE(":path"), get->path),
	};
	size_t n = OWN_FIELDS;

	require(get->field_count <= H2_CLIENT_MAX_FIELDS);
	for (size_t i = 0; i < get->field_count; i++)
		fields[n++] = field(get->fields[i].name, get->fields[i].value);
	int32_t stream = nghttp2_submit_request(c->session, NULL, fields, n, NULL, owner);
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

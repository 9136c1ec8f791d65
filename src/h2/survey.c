/* SPDX-License-Identifier: Apache-2.0 */
#include "h2/survey.h"

#include "base/buf.h"
#include "base/text.h"
#include "h2/ask.h"

#include <stdlib.h>

#define WINDOW     (1 << 20)    /* bytes that the stream may be sent ahead */
#define MAX_OUTPUT (256u << 10) /* bytes that wait for the socket */

struct h2_survey {
	nghttp2_session *session;
	struct h2_survey_events events;
	struct buf out;
	const char *why;
	struct slice body; /* what is still to be sent of the request's */
	int32_t stream;
	unsigned status; /* of the head that is being read */
	bool told;       /* the server's SETTINGS have come */
};

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct h2_survey *s = user;

	(void)session;
	(void)frame;
	s->status = 0;
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
		     nghttp2_rcbuf *value, uint8_t flags, void *user)
{
	struct h2_survey *s = user;
	struct slice n = h2_text(name);
	struct slice v = h2_text(value);
	uint64_t status;

	(void)session;
	(void)flags;
	if (frame->hd.stream_id != s->stream)
		return 0;
	if (!slice_eq(n, SLICE(":status")))
		s->events.field(s->events.ctx, n, v);
	else if (!parse_u64(v, &status) && status < 1000)
		s->status = (unsigned)status;
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct h2_survey *s = user;

	(void)session;
	if (frame->hd.type == NGHTTP2_SETTINGS && !(frame->hd.flags & NGHTTP2_FLAG_ACK))
		s->told = true;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		s->events.goaway(s->events.ctx, frame->goaway.error_code);
	if (frame->hd.type == NGHTTP2_HEADERS && frame->hd.stream_id == s->stream)
		s->events.head(s->events.ctx, s->status);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
		   size_t len, void *user)
{
	struct h2_survey *s = user;

	(void)session;
	(void)flags;
	if (stream == s->stream)
		s->events.data(s->events.ctx, (struct slice){(const char *)data, len});
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *user)
{
	struct h2_survey *s = user;

	(void)session;
	if (stream == s->stream)
		s->events.closed(s->events.ctx, error);
	return 0;
}

static bool begin(struct h2_survey *s, uint32_t window)
{
	const struct h2_ask_setup setup = {
		.on_begin_headers = on_begin_headers,
		.on_header = on_header,
		.on_frame = on_frame,
		.on_data = on_data,
		.on_close = on_close,
		.window = window > 0 ? window : WINDOW,
		.window_all = WINDOW,
		.raw = true,
	};

	s->session = h2_ask_begin(&setup, s);
	return s->session != NULL;
}

static bool ask(struct h2_survey *s, const struct h2_survey_request *r)
{
	const struct slice pseudo[] = {r->method, r->scheme, r->authority, r->path};

	_Static_assert(H2_SURVEY_MAX_FIELDS <= H2_ASK_MAX_FIELDS, "all of them fit");
	s->body = r->body;
	s->stream = h2_ask(s->session, pseudo, r->fields, r->field_count,
			   r->body.ptr ? &s->body : NULL, NULL);
	return s->stream > 0;
}

struct h2_survey *h2_survey_new(const struct h2_survey_events *events,
				const struct h2_survey_request *request)
{
	struct h2_survey *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->events = *events;
	buf_init(&s->out, MAX_OUTPUT);
	if (begin(s, request->window) && ask(s, request))
		return s;
	h2_survey_free(s);
	return NULL;
}

void h2_survey_free(struct h2_survey *s)
{
	if (!s)
		return;
	nghttp2_session_del(s->session);
	buf_free(&s->out);
	free(s);
}

bool h2_survey_receive(struct h2_survey *s, struct slice bytes)
{
	ssize_t n = nghttp2_session_mem_recv(s->session, (const uint8_t *)bytes.ptr, bytes.len);

	if (n >= 0)
		return true;
	s->why = nghttp2_strerror((int)n);
	return false;
}

const char *h2_survey_why(const struct h2_survey *s)
{
	return s->why;
}

struct slice h2_survey_output(struct h2_survey *s)
{
	const uint8_t *data = NULL;
	ssize_t n = 1;

	while (n > 0 && s->out.len < MAX_OUTPUT / 2) {
		n = nghttp2_session_mem_send(s->session, &data);
		if (n > 0 && buf_append(&s->out, (struct slice){(const char *)data, (size_t)n}))
			s->why = "out of memory";
	}
	return buf_slice(&s->out);
}

void h2_survey_sent(struct h2_survey *s, size_t n)
{
	buf_consume(&s->out, n);
}

uint32_t h2_survey_max_streams(const struct h2_survey *s)
{
	if (!s->told)
		return UINT32_MAX;
	return nghttp2_session_get_remote_settings(s->session,
						   NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

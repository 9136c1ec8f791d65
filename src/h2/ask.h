/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h - how a client begins a session of nghttp2 and asks in it: for client.c and survey.c. */
#pragma once

#include "base/slice.h"
#include "h2/head.h"
#include "http/fields.h"

#include <nghttp2/nghttp2.h>

#define H2_ASK_MAX_FIELDS 24u /* of one request, besides those of its URL */

struct h2_ask_setup {
	/* What nghttp2 tells. */
	nghttp2_on_begin_headers_callback on_begin_headers;
	nghttp2_on_header_callback2 on_header;
	nghttp2_on_frame_recv_callback on_frame;
	nghttp2_on_data_chunk_recv_callback on_data;
	nghttp2_on_stream_close_callback on_close;
	uint32_t window;    /* bytes that one stream may be sent ahead */
	int32_t window_all; /* likewise all of a connection together */
	bool raw; /* without nghttp2's rules of HTTP: a forbidden field is a field like others */
};

/*
 * The preface, SETTINGS and the window are its first output. NULL: no memory. nghttp2_session_del
 * frees it.
 */
nghttp2_session *h2_ask_begin(const struct h2_ask_setup *setup, void *user);
/*
 * Asks: `pseudo` has :method, :scheme, :authority and :path; `count` is at most H2_ASK_MAX_FIELDS.
 * These texts are copied. `body` gets shorter as it is sent, and stays until then, as do its bytes;
 * NULL: none. The number of the stream, or an error of nghttp2.
 */
int32_t h2_ask(nghttp2_session *ng, const struct slice pseudo[H2_MAX_PSEUDO],
	       const struct http_field *fields, size_t count, struct slice *body, void *owner);

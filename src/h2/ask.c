/* SPDX-License-Identifier: Apache-2.0 */
#include "h2/ask.h"

#include "base/require.h"

#include <string.h>

static nghttp2_session_callbacks *make_callbacks(const struct h2_ask_setup *setup)
{
	nghttp2_session_callbacks *cb = NULL;

	if (nghttp2_session_callbacks_new(&cb))
		return NULL;
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, setup->on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback2(cb, setup->on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, setup->on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, setup->on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, setup->on_close);
	return cb;
}

static nghttp2_session *make_session(const struct h2_ask_setup *setup, void *user)
{
	nghttp2_session_callbacks *cb = make_callbacks(setup);
	nghttp2_option *option = NULL;
	nghttp2_session *ng = NULL;

	if (cb && !nghttp2_option_new(&option)) {
		nghttp2_option_set_no_http_messaging(option, setup->raw);
		/* On failure it leaves `ng` as it is. */
		(void)nghttp2_session_client_new2(&ng, cb, user, option);
	}
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(cb);
	return ng;
}

static bool open_windows(nghttp2_session *ng, const struct h2_ask_setup *setup)
{
	const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, setup->window},
	};

	return !nghttp2_submit_settings(ng, NGHTTP2_FLAG_NONE, settings,
					sizeof(settings) / sizeof(settings[0])) &&
	       !nghttp2_session_set_local_window_size(ng, NGHTTP2_FLAG_NONE, 0, setup->window_all);
}

nghttp2_session *h2_ask_begin(const struct h2_ask_setup *setup, void *user)
{
	nghttp2_session *ng = make_session(setup, user);

	if (!ng || open_windows(ng, setup))
		return ng;
	nghttp2_session_del(ng);
	return NULL;
}

/* nghttp2 copies both texts, and wants them writable all the same. */
static nghttp2_nv field(struct slice name, struct slice value)
{
	union {
		const char *in;
		uint8_t *out;
	} n = {name.ptr}, v = {value.ptr};

	return (nghttp2_nv){n.out, v.out, name.len, value.len, NGHTTP2_NV_FLAG_NONE};
}

static ssize_t read_body(nghttp2_session *ng, int32_t stream, uint8_t *room, size_t cap,
			 uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct slice *body = source->ptr;
	struct slice some = slice_upto(*body, cap);

	(void)ng;
	(void)stream;
	(void)user;
	memcpy(room, some.ptr, some.len);
	*body = slice_from(*body, some.len);
	if (body->len == 0)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)some.len;
}

int32_t h2_ask(nghttp2_session *ng, const struct slice pseudo[H2_MAX_PSEUDO],
	       const struct http_field *fields, size_t count, struct slice *body, void *owner)
{
	const nghttp2_data_provider from_body = {{.ptr = body}, read_body};
	nghttp2_nv all[H2_MAX_PSEUDO + H2_ASK_MAX_FIELDS] = {
		field(SLICE(":method"), pseudo[0]),
		field(SLICE(":scheme"), pseudo[1]),
		field(SLICE(":authority"), pseudo[2]),
		field(SLICE(":path"), pseudo[3]),
	};
	size_t n = H2_MAX_PSEUDO;

	require(count <= H2_ASK_MAX_FIELDS);
	for (size_t i = 0; i < count; i++)
		all[n++] = field(fields[i].name, fields[i].value);
	return nghttp2_submit_request(ng, NULL, all, n, body ? &from_body : NULL, owner);
}

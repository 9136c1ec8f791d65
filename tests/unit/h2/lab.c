/* SPDX-License-Identifier: Apache-2.0 */
#include "lab.h"

#include "base/require.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_TEXT  (64u << 20)
#define MAX_NAMES 128

static void add(struct buf *b, const void *bytes, size_t len)
{
	assert_int_equal(buf_append(b, (struct slice){bytes, len}), OK);
}

__attribute__((format(printf, 2, 3))) static void tell(struct lab *lab, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < sizeof(line));
	add(&lab->told, line, (size_t)n);
}

static void tell_request(struct lab *lab, const struct http_request *req, enum http_fault fault)
{
	tell(lab, "%.*s %.*s?%.*s @%.*s body=%d fault=%s\n", SLICE_ARG(req->method_text),
	     SLICE_ARG(slice_upto(req->path, 80)), SLICE_ARG(slice_upto(req->query, 80)),
	     SLICE_ARG(req->host), (int)req->body, http_fault_text(fault));
	for (size_t i = 0; i < req->field_count && !fault; i++)
		tell(lab, " %.*s=%.*s\n", SLICE_ARG(req->fields[i].name),
		     SLICE_ARG(slice_upto(req->fields[i].value, 80)));
}

static void *on_request(void *ctx, struct h2_stream *stream, const struct http_request *req,
			enum http_fault fault, bool ended)
{
	struct lab *lab = ctx;

	tell_request(lab, req, fault);
	assert_true(req->version == HTTP_2);
	lab->fault = fault;
	if (lab->refuse)
		return NULL;
	assert_true(lab->asked < LAB_STREAMS);
	struct lab_stream *st = &lab->streams[lab->asked++];
	*st = (struct lab_stream){.lab = lab, .stream = stream, .ended = ended};
	if (lab->eager) {
		struct slice part = SLICE("early");

		assert_int_equal(h2_stream_send(stream, &part, 1), H2_BLOCKED);
	}
	if (!lab->hold)
		assert_int_equal(
			h2_stream_respond(stream, 200, SLICE("Content-Type: a/b\r\n"), false), OK);
	return st;
}

static void on_body(void *ctx, void *owner, struct slice data)
{
	struct lab *lab = ctx;
	struct lab_stream *st = owner;

	st->body += data.len;
	if (lab->consume)
		h2_stream_consume(st->stream, data.len);
}

static void on_ended(void *ctx, void *owner)
{
	struct lab_stream *st = owner;

	tell(ctx, "ended %u with %zu\n", h2_stream_id(st->stream), st->body);
	assert_false(st->ended);
	st->ended = true;
}

static void on_writable(void *ctx, void *owner)
{
	struct lab_stream *st = owner;

	(void)ctx;
	assert_non_null(st->stream);
	st->writable++;
}

static void on_gone(void *ctx, void *owner)
{
	struct lab_stream *st = owner;

	tell(ctx, "gone\n");
	assert_false(st->gone);
	st->gone = true;
	st->stream = NULL;
}

static ptrdiff_t on_send(void *ctx, const struct slice *parts, size_t n)
{
	struct lab *lab = ctx;
	size_t sent = 0;

	if (lab->connection_gone)
		return H2_GONE;
	assert_in_range(n, 1, 128);
	lab->sends++;
	for (size_t i = 0; i < n && lab->room > 0; i++) {
		struct slice part = slice_upto(parts[i], lab->room);

		add(&lab->wire, part.ptr, part.len);
		if (lab->watched.ptr && part.ptr >= lab->watched.ptr &&
		    part.ptr < lab->watched.ptr + lab->watched.len)
			lab->by_reference += part.len;
		lab->room -= part.len;
		sent += part.len;
	}
	return sent > 0 ? (ptrdiff_t)sent : H2_BLOCKED;
}

void lab_init_streams(struct lab *lab, uint32_t max_streams)
{
	memset(lab, 0, sizeof(*lab));
	lab->room = SIZE_MAX;
	lab->max_streams = max_streams;
	lab->consume = true;
	buf_init(&lab->told, MAX_TEXT);
	buf_init(&lab->wire, MAX_TEXT);
	buf_init(&lab->out, MAX_TEXT);
	assert_int_equal(nghttp2_hd_deflate_new(&lab->deflater, 4096), 0);
	assert_int_equal(nghttp2_hd_inflate_new(&lab->inflater), 0);
	const struct h2_config config = {
		max_streams,
		{lab, on_request, on_body, on_ended, on_writable, on_gone, on_send},
	};
	lab->session = h2_session_new(&config, 0);
	add(&lab->out, H2_PREFACE, H2_PREFACE_LEN);
	lab_frame(lab, NGHTTP2_SETTINGS, 0, 0, SLICE_NONE);
}

void lab_init(struct lab *lab)
{
	lab_init_streams(lab, 100);
}

void lab_fini(struct lab *lab)
{
	h2_session_free(lab->session);
	nghttp2_hd_deflate_del(lab->deflater);
	nghttp2_hd_inflate_del(lab->inflater);
	buf_free(&lab->told);
	buf_free(&lab->wire);
	buf_free(&lab->out);
}

void lab_frame(struct lab *lab, uint8_t type, uint8_t flags, uint32_t id, struct slice payload)
{
	const uint8_t head[9] = {
		(uint8_t)(payload.len >> 16),
		(uint8_t)(payload.len >> 8),
		(uint8_t)payload.len,
		type,
		flags,
		(uint8_t)(id >> 24),
		(uint8_t)(id >> 16),
		(uint8_t)(id >> 8),
		(uint8_t)id,
	};

	add(&lab->out, head, sizeof(head));
	add(&lab->out, payload.ptr, payload.len);
}

void lab_block(struct lab *lab, const char *lines, struct buf *ret_block)
{
	nghttp2_nv fields[MAX_NAMES];
	struct slice rest = slice_of(lines);
	size_t count = 0;

	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');
		size_t colon = 1;

		while (!slice_starts(slice_from(line, colon), SLICE(": ")))
			colon++;
		struct slice value = slice_from(line, colon + 2);
		assert_in_range(count, 0, MAX_NAMES - 1);
		fields[count++] = (nghttp2_nv){(uint8_t *)(uintptr_t)line.ptr,
					       (uint8_t *)(uintptr_t)value.ptr, colon, value.len,
					       NGHTTP2_NV_FLAG_NONE};
	}
	size_t bound = nghttp2_hd_deflate_bound(lab->deflater, fields, count);
	assert_int_equal(buf_reserve(ret_block, bound), OK);
	ssize_t n = nghttp2_hd_deflate_hd(lab->deflater, (uint8_t *)ret_block->ptr, bound, fields,
					  count);
	assert_true(n >= 0);
	ret_block->len = (size_t)n;
}

void lab_headers(struct lab *lab, uint32_t id, uint8_t flags, const char *lines)
{
	struct buf block;

	buf_init(&block, MAX_TEXT);
	lab_block(lab, lines, &block);
	lab_frame(lab, NGHTTP2_HEADERS, flags, id, buf_slice(&block));
	buf_free(&block);
}

void lab_get(struct lab *lab, uint32_t id)
{
	lab_headers(lab, id, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
		    ":method: GET\n:scheme: http\n:path: /\n:authority: a.example\n");
}

static void put_u32(uint8_t *to, uint32_t n)
{
	to[0] = (uint8_t)(n >> 24);
	to[1] = (uint8_t)(n >> 16);
	to[2] = (uint8_t)(n >> 8);
	to[3] = (uint8_t)n;
}

static void frame_u32(struct lab *lab, uint8_t type, uint32_t id, uint32_t n)
{
	uint8_t bytes[4];

	put_u32(bytes, n);
	lab_frame(lab, type, 0, id, (struct slice){(const char *)bytes, sizeof(bytes)});
}

void lab_window(struct lab *lab, uint32_t id, uint32_t increment)
{
	frame_u32(lab, NGHTTP2_WINDOW_UPDATE, id, increment);
}

void lab_reset(struct lab *lab, uint32_t id)
{
	frame_u32(lab, NGHTTP2_RST_STREAM, id, NGHTTP2_CANCEL);
}

void lab_setting(struct lab *lab, uint16_t id, uint32_t value)
{
	uint8_t bytes[6] = {(uint8_t)(id >> 8), (uint8_t)id};

	put_u32(bytes + 2, value);
	lab_frame(lab, NGHTTP2_SETTINGS, 0, 0, (struct slice){(const char *)bytes, sizeof(bytes)});
}

bool lab_feed(struct lab *lab, size_t piece)
{
	struct slice rest = buf_slice(&lab->out);
	bool goes_on = true;

	while (goes_on && rest.len > 0) {
		goes_on = h2_session_receive(lab->session, slice_upto(rest, piece), lab->now_ms) &&
			  h2_session_flush(lab->session);
		rest = slice_from(rest, piece);
	}
	buf_reset(&lab->out);
	return goes_on;
}

bool lab_send(struct lab *lab)
{
	return lab_feed(lab, SIZE_MAX);
}

bool lab_next(struct lab *lab, struct lab_reply *ret_reply)
{
	struct slice rest = slice_from(buf_slice(&lab->wire), lab->read);
	const unsigned char *h = (const unsigned char *)rest.ptr;

	if (rest.len < 9)
		return false;
	size_t len = (size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2];
	if (rest.len < 9 + len)
		return false;
	*ret_reply = (struct lab_reply){h[3], h[4],
					((uint32_t)h[5] & 0x7fu) << 24 | (uint32_t)h[6] << 16 |
						(uint32_t)h[7] << 8 | h[8],
					slice_upto(slice_from(rest, 9), len)};
	lab->read += 9 + len;
	return true;
}

bool lab_find(struct lab *lab, uint8_t type, struct lab_reply *ret_reply)
{
	while (lab_next(lab, ret_reply)) {
		if (ret_reply->type == type)
			return true;
	}
	return false;
}

uint32_t lab_code(const struct lab_reply *reply)
{
	struct slice code = slice_from(reply->payload, reply->type == NGHTTP2_GOAWAY ? 4 : 0);
	const unsigned char *c = (const unsigned char *)code.ptr;

	assert_true(code.len >= 4);
	return (uint32_t)c[0] << 24 | (uint32_t)c[1] << 16 | (uint32_t)c[2] << 8 | c[3];
}

unsigned lab_data(struct lab *lab, uint32_t id, struct buf *ret_bytes)
{
	struct lab_reply reply;
	unsigned ends = 0;

	while (lab_next(lab, &reply)) {
		if (reply.id != id)
			continue;
		ends += (reply.flags & NGHTTP2_FLAG_END_STREAM) != 0 && reply.type <= 1;
		if (reply.type == NGHTTP2_DATA)
			add(ret_bytes, reply.payload.ptr, reply.payload.len);
	}
	return ends;
}

void lab_fields(struct lab *lab, const struct lab_reply *reply, struct buf *ret_lines)
{
	struct slice in = reply->payload;
	int flags = 0;

	while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
		nghttp2_nv nv;
		ssize_t n = nghttp2_hd_inflate_hd2(lab->inflater, &nv, &flags,
						   (const uint8_t *)in.ptr, in.len, 1);
		assert_true(n >= 0);
		in = slice_from(in, (size_t)n);
		if (flags & NGHTTP2_HD_INFLATE_EMIT) {
			add(ret_lines, nv.name, nv.namelen);
			add(ret_lines, ": ", 2);
			add(ret_lines, nv.value, nv.valuelen);
			add(ret_lines, "\n", 1);
		}
	}
	nghttp2_hd_inflate_end_headers(lab->inflater);
}

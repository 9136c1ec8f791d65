/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of a peer, in pieces, to a host that answers by what the input says. The session stays in
 * its memory, tells an owner of nothing behind its end, and is over when it says so.
 *
 * The first three bytes: bytes of a piece; bytes that the connection takes a piece (0: all); what
 * the host does (bits). A preface and SETTINGS stand before the rest, where a bit says so.
 */
#include "base/require.h"
#include "h2/session.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_ASKED  4096
#define MAX_MEMORY ((512u + 4 * 8 + 400) << 10) /* of nghttp2, a rest and a gather */
#define PIECES     64                           /* flushes behind the last byte, at most */

enum {
	WITH_PREFACE = 1,
	CORKS = 2,
	HOLDS = 4,    /* does not answer at once */
	CONSUMES = 8, /* bodies are used up */
	REFUSES = 16,
	FINISHES = 32, /* every second stream, with its first event */
	RESETS = 64,   /* every third */
	SHUTS = 128,   /* down, behind half of the input */
};

struct owner {
	struct h2_stream *stream; /* NULL: over */
};

struct host {
	struct owner owners[MAX_ASKED];
	size_t asked;
	unsigned does;
	size_t room;
	uint8_t takes;
};

static const struct slice event = SLICE_INIT("data: an event\n\n");

static void let_go(struct owner *o)
{
	o->stream = NULL;
}

static void send_event(struct owner *o)
{
	const struct slice parts[2] = {event, event};

	if (o->stream && h2_stream_send(o->stream, parts, 2) == H2_GONE)
		let_go(o);
}

static void answer(const struct host *host, struct owner *o)
{
	size_t n = h2_stream_id(o->stream) / 2;

	require(h2_stream_respond(o->stream, 200, SLICE("X: y\r\n"), false) == OK);
	if ((host->does & FINISHES) && n % 2 == 0) {
		h2_stream_finish(o->stream, event);
		let_go(o);
	} else if ((host->does & RESETS) && n % 3 == 0) {
		h2_stream_reset(o->stream, 8);
		let_go(o);
	}
	send_event(o);
}

static void check_request(const struct http_request *req)
{
	require(req->version == HTTP_2 && req->path.len > 0 && req->host.ptr);
	require(req->path.ptr[0] == '/' || req->path.ptr[0] == '*');
	require(req->field_count <= HTTP_MAX_FIELDS);
	for (size_t i = 0; i < req->field_count; i++) {
		struct slice name = req->fields[i].name;

		require(name.len > 0 && name.ptr[0] != ':');
		require(!slice_has_any(name, SLICE("\r\n\0 ABCXYZ")));
		require(!slice_has_any(req->fields[i].value, SLICE("\r\n\0")));
		require(!slice_eq(name, SLICE("connection")));
		require(!slice_eq(name, SLICE("transfer-encoding")));
	}
}

static void *on_request(void *ctx, struct h2_stream *stream, const struct http_request *req,
			enum http_fault fault, bool ended)
{
	struct host *host = ctx;

	if (!fault)
		check_request(req);
	require(!ended || req->body == HTTP_BODY_NONE);
	if ((host->does & REFUSES) || host->asked == MAX_ASKED)
		return NULL;
	struct owner *o = &host->owners[host->asked++];
	o->stream = stream;
	if (!(host->does & HOLDS))
		answer(host, o);
	return o;
}

static void on_body(void *ctx, void *owner, struct slice data)
{
	const struct host *host = ctx;
	struct owner *o = owner;

	require(o->stream && data.len > 0);
	if (host->does & CONSUMES)
		h2_stream_consume(o->stream, data.len);
}

static void on_ended(void *ctx, void *owner)
{
	const struct host *host = ctx;
	struct owner *o = owner;

	require(o->stream);
	if (host->does & HOLDS)
		answer(host, o);
}

static void on_writable(void *ctx, void *owner)
{
	struct owner *o = owner;

	(void)ctx;
	require(o->stream);
	send_event(o);
}

static void on_gone(void *ctx, void *owner)
{
	struct owner *o = owner;

	(void)ctx;
	require(o->stream);
	let_go(o);
}

static ptrdiff_t on_send(void *ctx, const struct slice *parts, size_t n)
{
	struct host *host = ctx;
	size_t sent = 0;

	require(n > 0 && n <= 128);
	for (size_t i = 0; i < n && host->room > 0; i++) {
		size_t len = slice_upto(parts[i], host->room).len;

		require(parts[i].len > 0);
		host->room -= len;
		sent += len;
	}
	return sent > 0 ? (ptrdiff_t)sent : H2_BLOCKED;
}

static bool turn(struct host *host, struct h2_session *s, struct slice piece, uint64_t now_ms)
{
	host->room = host->takes ? host->takes : SIZE_MAX;
	if (piece.len > 0 && !h2_session_receive(s, piece, now_ms))
		return false;
	if (host->does & CORKS)
		h2_session_cork(s);
	if (host->asked > 0)
		send_event(&host->owners[host->asked - 1]);
	bool goes_on = h2_session_flush(s);
	require(h2_session_memory(s) < MAX_MEMORY);
	return goes_on;
}

static void run(struct host *host, struct h2_session *s, struct slice in, size_t step)
{
	struct slice rest = in;
	bool goes_on = true;
	uint64_t now_ms = 0;

	if (host->does & WITH_PREFACE)
		goes_on = turn(host, s, SLICE(H2_PREFACE "\0\0\0\4\0\0\0\0\0"), 0);
	for (; goes_on && rest.len > 0; rest = slice_from(rest, step)) {
		goes_on = turn(host, s, slice_upto(rest, step), now_ms += 10);
		if ((host->does & SHUTS) && rest.len < in.len / 2)
			h2_session_shutdown(s);
	}
	for (size_t i = 0; goes_on && i < PIECES; i++)
		goes_on = turn(host, s, SLICE_NONE, now_ms);
	if (!goes_on)
		require(!h2_session_receive(s, SLICE("more"), now_ms) && !h2_session_flush(s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct host host;
	const struct h2_config config = {
		8, {&host, on_request, on_body, on_ended, on_writable, on_gone, on_send}};

	if (size < 3)
		return 0;
	for (size_t i = 0; i < host.asked; i++)
		let_go(&host.owners[i]);
	host.asked = 0;
	host.takes = data[1];
	host.does = data[2];
	struct h2_session *s = h2_session_new(&config, 0);
	require(s);
	run(&host, s, (struct slice){(const char *)data + 3, size - 3},
	    data[0] ? data[0] : SIZE_MAX);
	h2_session_free(s);
	for (size_t i = 0; i < host.asked; i++)
		require(!host.owners[i].stream);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - the server's side of one HTTP/2 connection (RFC 9113, HPACK RFC 7541) over nghttp2,
 * without a socket or a clock: bytes and time in, requests out; answers in, bytes out.
 *
 * A stream behaves towards its owner like a socket: h2_stream_send takes what flow control and
 * the connection take now, and `writable` says when to go on. Event bytes are never copied on
 * their way into DATA frames, but for the rest of a frame that the connection cut.
 *
 * All that costs us more than the peer is counted against budgets (h2/budget.def); past one the
 * connection ends with GOAWAY. One session belongs to one thread.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "http/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_PREFACE       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" /* RFC 9113 3.4 */
#define H2_PREFACE_LEN   24u
#define H2_MAX_PARTS     128u        /* slices of one h2_stream_send */
#define H2_MAX_FIELDS    48u         /* field lines of an answer */
#define H2_MAX_LINES     4096u       /* their bytes */
#define H2_MAX_GATHER    (64u << 10) /* bytes that a cork holds back before they are sent */
#define H2_MAX_LAST      (8u << 20)  /* bytes of last words of one stream */
#define H2_MAX_LASTS     (8u << 20)  /* bytes of last words waiting, all of a session */
#define H2_STREAM_WINDOW 65535u      /* bytes of a body that one stream may send ahead */
#define H2_BLOCKED       (-1)        /* as IO_BLOCKED of stream/engine.h */
#define H2_GONE          (-2)

struct h2_session;
struct h2_stream;

/* Why the session ended a connection. One row each in h2/budget.def for those of a budget. */
enum h2_end {
	H2_END_NONE,     /* it goes on */
	H2_END_PROTOCOL, /* the peer broke the protocol; nghttp2 said which rule */
	H2_END_MEMORY,
	H2_END_UNREAD, /* the peer provokes frames and does not read them */
#define X(name, word, burst, rate, help) H2_END_##name,
#include "h2/budget.def"
#undef X
	H2_END_COUNT,
};

/* "protocol", "resets"; static storage. For the log and the metric. */
struct slice h2_end_word(enum h2_end end);

/*
 * How the session tells. No call may free the session; all others of this header are allowed
 * within them, but for h2_session_receive.
 */
struct h2_events {
	void *ctx;
	/*
	 * A whole request head. `req` and its slices are valid during the call. With a fault
	 * (HTTP_FAULT_NONE: there is none) the request is well-formed HTTP/2 but not one that we
	 * take: too many fields, a path or an authority that is none; req then has what was read.
	 * `ended`: no body follows. Gives the owner of the stream, whom all further calls bring;
	 * NULL: nobody wants it, and the stream is reset. Where the call itself has finished or
	 * reset the stream, the result does not matter.
	 */
	void *(*request)(void *ctx, struct h2_stream *stream, const struct http_request *req,
			 enum http_fault fault, bool ended);
	/* Bytes of the body; the window opens again by h2_stream_consume. */
	void (*body)(void *ctx, void *owner, struct slice data);
	/* The body is whole. */
	void (*ended)(void *ctx, void *owner);
	/* After a short h2_stream_send, or h2_stream_want: there is room. Only within flush. */
	void (*writable)(void *ctx, void *owner);
	/*
	 * The peer reset the stream or broke its rules, or the session is freed: the stream is no
	 * more. Only within receive, flush and free.
	 */
	void (*gone)(void *ctx, void *owner);
	/* As engine_io.send. */
	ptrdiff_t (*send)(void *ctx, const struct slice *parts, size_t n);
};

struct h2_config {
	uint32_t max_streams; /* at a time (SETTINGS_MAX_CONCURRENT_STREAMS) */
	struct h2_events events;
};

/* Sends our SETTINGS with the first output. NULL: no memory. */
struct h2_session *h2_session_new(const struct h2_config *config, uint64_t now_ms);
/* NULL-safe. Every owner that is left hears `gone` first. Not within a call of h2_events. */
void h2_session_free(struct h2_session *s);

/*
 * Bytes from the peer, beginning with the preface. False: the session is over, h2_session_end
 * says why, GOAWAY has been put out; the caller writes what it can and closes.
 */
bool h2_session_receive(struct h2_session *s, struct slice bytes, uint64_t now_ms);
enum h2_end h2_session_end(const struct h2_session *s);

/*
 * Sends what waits: frames of ours, rests, last words. Call it after receiving, when the
 * connection is writable, and at the end of a turn. False: the connection is gone.
 */
bool h2_session_flush(struct h2_session *s);
/* True while there is something for flush to do that waits for nothing. */
bool h2_session_is_ready(const struct h2_session *s);
/* True while output waits for the connection: the caller wants to hear that it is writable. */
bool h2_session_is_blocked(const struct h2_session *s);
/*
 * Between cork and the next flush, small writes of many streams are gathered (H2_MAX_GATHER) and
 * sent together. The slices of h2_stream_send must then stay valid until the flush.
 */
void h2_session_cork(struct h2_session *s);

/* Streams that have an owner, or last words on their way. */
size_t h2_session_streams(const struct h2_session *s);
/*
 * Resets each finished stream of which nothing has gone out since the last call, and was there
 * then: last words wait for a window no longer than the caller has patience.
 */
void h2_session_give_up(struct h2_session *s);
/* GOAWAY: takes no new streams from now on; those that are open go on. */
void h2_session_shutdown(struct h2_session *s);
/* Ends at once with this error code (RFC 9113 7), as far as the connection takes it. */
void h2_session_goaway(struct h2_session *s, uint32_t error);

/*
 * The head of the answer: a status and field lines ("Name: value\r\n"...) as policy/head.h writes
 * them; names go out in lower case. `end`: there is no body. Once per stream. Errors: E_NOMEM,
 * E_SYNTAX (a line that is none), E_BAD_FIELD (a connection-specific field: never on HTTP/2),
 * E_TOO_BIG (past H2_MAX_FIELDS or H2_MAX_LINES).
 */
enum err h2_stream_respond(struct h2_stream *stream, unsigned status, struct slice lines, bool end);
/* 100 Continue (RFC 9110 15.2.1), before the head of the answer. Without memory it is not sent. */
void h2_stream_continue(struct h2_stream *stream);
/*
 * Body bytes after the head: how many were taken (at least 1), H2_BLOCKED or H2_GONE: then the
 * owner hears no more of it, and the stream may not be used again. Within `request`, `body`,
 * `ended` and `gone`, and before h2_stream_respond, it is always H2_BLOCKED; `writable` follows.
 * n <= H2_MAX_PARTS.
 */
ptrdiff_t h2_stream_send(struct h2_stream *stream, const struct slice *parts, size_t n);
/* Asks for one `writable` once there is room, as a short h2_stream_send does. */
void h2_stream_want(struct h2_stream *stream);
/*
 * Last words (copied; may be empty) and the end of the stream. The owner hears no more of it. What
 * does not go out now follows as the windows open; past H2_MAX_LAST or H2_MAX_LASTS, and when the
 * caller ends the session, the stream is reset instead.
 */
void h2_stream_finish(struct h2_stream *stream, struct slice last);
/* RST_STREAM with this error code. The owner hears no more of it. */
void h2_stream_reset(struct h2_stream *stream, uint32_t error);
/* Opens the window of a body again by `n` bytes that have been used up. */
void h2_stream_consume(struct h2_stream *stream, size_t n);
uint32_t h2_stream_id(const struct h2_stream *stream);
/* Bytes that the session holds, without those of nghttp2 that it does not count. */
size_t h2_session_memory(const struct h2_session *s);

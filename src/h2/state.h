/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h - what the files of this room share.
 *
 * nghttp2 may not be entered from its own callbacks: `inside` says that one runs. What the owners
 * must hear is then put on a list, and told by h2_session_flush.
 */
#pragma once

#include "base/list.h"
#include "h2/head.h"
#include "h2/memory.h"
#include "h2/meter.h"
#include "h2/output.h"
#include "h2/session.h"

#include <nghttp2/nghttp2.h>

struct h2_session {
	nghttp2_session *ng;
	struct h2_events events;
	struct h2_memory memory; /* of nghttp2 */
	struct h2_meter meter;
	struct h2_output out;
	struct h2_head *head; /* of the request that is being read; NULL: of none */
	size_t head_bytes;    /* of the fields that are being read */
	struct list streams;
	struct list ready;     /* streams whose owner waits for `writable` */
	struct list departed;  /* streams that nghttp2 has closed */
	struct list lingering; /* streams that are answered before the request was whole; oldest
				  first */
	size_t stream_count;   /* open ones that we have not reset */
	size_t last_bytes;     /* of all last words */
	uint32_t max_streams;
	uint64_t now_ms;
	enum h2_end end;
	bool inside;     /* a call of nghttp2 runs */
	bool receiving;  /* it is the one that reads */
	bool terminated; /* GOAWAY with an error is on its way */
	bool dead;       /* nghttp2 failed: it may not be called again */
};

struct h2_stream {
	struct h2_session *session;
	struct list all;
	struct list wait; /* in `ready` or `departed` */
	struct list linger;
	uint64_t linger_ms; /* since when */
	void *owner;        /* NULL: nobody hears of it */
	/* What h2_stream_send offers, during the call; or the last words. */
	const struct slice *parts;
	size_t at;   /* bytes of *parts that are taken */
	size_t left; /* bytes */
	char *last;  /* copied; NULL: none */
	size_t last_len;
	struct slice last_part;
	size_t noted; /* of `left`, plus 1, when the session last asked; 0: it has not */
	int32_t id;
	bool owned;
	bool responded;
	bool finished;     /* END_STREAM follows what is left */
	bool wants;        /* the owner waits for room */
	bool remote_ended; /* the body is whole */
	bool counted;      /* in stream_count */
	bool closed;       /* nghttp2 knows it no more */
};

/* Ends the session for this reason, when nghttp2 is not inside. The first reason stays. */
void h2_fail(struct h2_session *s, enum h2_end why);
/* The same for an error code of nghttp2. */
void h2_fail_code(struct h2_session *s, int code);
/* Lets nghttp2 write until it is done or the connection is full. Nothing where it is inside. */
void h2_pump(struct h2_session *s);

/* The callbacks of nghttp2 for what it reads and has written (receive.c). */
void h2_receive_callbacks(nghttp2_session_callbacks *callbacks);
/* That for the bytes of DATA frames (stream.c). */
int h2_send_data(nghttp2_session *ng, nghttp2_frame *frame, const uint8_t *head, size_t length,
		 nghttp2_data_source *source, void *ctx);

/* A stream of a request; NULL: no memory. */
struct h2_stream *h2_stream_new(struct h2_session *s, int32_t id);
/* The answer is out, and the request is not whole. */
void h2_stream_linger(struct h2_stream *stream);
/* nghttp2 has closed it. Its owner hears so now, or from the next flush. */
void h2_stream_closed(struct h2_stream *stream);
void h2_stream_free(struct h2_stream *stream);

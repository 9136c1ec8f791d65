/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_stream.h - one subscriber of a bench run, as bytes in and verdicts out.
 *
 * The chunked framing is checked on every byte. The event inside is looked for by its marker
 * alone, which keeps the client cheap on a machine that it shares with the server; when
 * checking, the whole is decoded as an event stream and compared to what was published.
 */
#pragma once

#include "base/buf.h"
#include "http/chunked.h"
#include "load/marker.h"
#include "load/tally.h"
#include "sse/decode.h"

#define BENCH_MAX_HEAD  16384u                    /* bytes of a response head */
#define BENCH_MAX_EVENT 65536u                    /* bytes of the data of one event */
#define BENCH_MAX_LINE  (BENCH_MAX_EVENT + 1024u) /* the names and the id beside it */

enum bench_stream_state {
	BENCH_CONNECTING,
	BENCH_AWAITING_HEAD,
	BENCH_OPEN,
	BENCH_ENDED,
};

/* What a stream tells its run. */
struct bench_listener {
	void *ctx;
	void (*on_event)(void *ctx, struct tally_stream *stream, const struct marker *marker);
	/* When checking: an event that is neither ours nor of a reserved name, or is damaged. */
	void (*on_bad_event)(void *ctx);
	size_t event_bytes; /* size of the data that was published */
};

struct bench_stream {
	const struct bench_listener *listener;
	enum bench_stream_state state;
	bool is_chunked;
	struct tally_stream tally;
	struct marker_scan scan;
	struct http_chunked chunked;
	struct buf head;             /* empty once the stream is open */
	struct sse_decoder *decoder; /* owned; NULL: markers only */
};

enum bench_fault {
	BENCH_FINE = 0,
	BENCH_REFUSED,  /* an HTTP answer, but not an open stream: *ret_status says which */
	BENCH_NOT_HTTP, /* the head, the chunks or the event stream are broken */
	BENCH_COMPLETE, /* the body came to its end */
	BENCH_NOMEM,
};

/* `check` says to decode everything. `listener` must outlive the stream. Errors: E_NOMEM. */
enum err bench_stream_init(struct bench_stream *s, const struct bench_listener *listener,
			   bool check);
/* Safe on a stream that was zeroed or is finished already. */
void bench_stream_fini(struct bench_stream *s);
/*
 * For HTTP/1.1: takes bytes of the response; events go to the listener. After a fault the stream
 * takes no more. *ret_status is written for BENCH_REFUSED.
 */
enum bench_fault bench_stream_feed(struct bench_stream *s, struct slice bytes,
				   unsigned *ret_status);
/* For HTTP/2, where others read the framing: the status of the answer, then bytes of its body. */
enum bench_fault bench_stream_answer(struct bench_stream *s, unsigned status);
enum bench_fault bench_stream_body(struct bench_stream *s, struct slice body);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder.h - the tolerant reader of one answer: bytes and times in, a transcript out. What
 * breaks the rules is recorded, not refused. No socket, no clock.
 *
 * HTTP/1.x comes as raw bytes (recorder_feed); of HTTP/2 the h2 client gives fields, the end of a
 * head, and data.
 */
#pragma once

#include "audit/grammar.h"
#include "audit/unpack.h"
#include "http/chunked.h"
#include "http/response.h"
#include "sse/decode.h"

#define RECORDER_MAX_SECRETS 128u
#define RECORDER_MIN_SECRET  6u /* bytes; what is shorter is found everywhere */

/* What must not stay in a transcript. */
struct recorder_secrets {
	struct slice of[RECORDER_MAX_SECRETS];
	size_t count;
};

enum recorder_step {
	RECORDER_MORE,
	RECORDER_OVER,   /* the answer is complete, by its framing */
	RECORDER_BROKEN, /* no answer that could be read on: outcome, or ending, tells */
};

struct recorder {
	struct transcript *t;
	bool to_head; /* of the request: no body is due */
	bool head_done;
	bool finished;
	bool decoding; /* the body is an event stream that can be read */
	enum http_body body;
	uint64_t left; /* of HTTP_BODY_LENGTH */
	struct http_chunked chunked;
	struct unpack *unpack; /* NULL: there is nothing to unpack */
	struct sse_decoder decoder;
	struct grammar_scan grammar;
	uint64_t now; /* of the piece that is being fed */
	struct buf head;
	struct buf kept; /* of the body */
	struct buf reads;
	struct buf records;
	struct buf fields; /* of HTTP/2: struct http_field, texts in the arena */
};

/* `t` is zeroed but for its request, and does not move until recorder_finish. */
void recorder_init(struct recorder *r, struct transcript *t, bool to_head);
/* Bytes of an HTTP/1.x answer as they came at `now_ns`. */
enum recorder_step recorder_feed(struct recorder *r, struct slice bytes, uint64_t now_ns);

/* HTTP/2: a field of the head that is being read. */
void recorder_field(struct recorder *r, struct slice name, struct slice value);
/* HTTP/2: the head is over; an interim one (1xx) is counted and forgotten. */
void recorder_head(struct recorder *r, unsigned status, uint64_t now_ns);
/* HTTP/2: a piece of the body. */
void recorder_data(struct recorder *r, struct slice data, uint64_t now_ns);

/* True once the final head is here. */
bool recorder_has_head(const struct recorder *r);
/*
 * The connection is over, or we have enough: `ending` is ENDING_WE_CUT, ENDING_CLOSED (what it was
 * is then worked out from the framing), ENDING_RESET or one of HTTP/2. Before a head it only makes
 * the outcome OUTCOME_CUT, where it is not set yet. Then the transcript has all, and the secrets
 * are out of it. Frees what the recorder holds; harmless twice.
 */
void recorder_finish(struct recorder *r, enum ending ending, uint64_t now_ns,
		     const struct recorder_secrets *secrets);

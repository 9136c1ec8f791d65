/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab.h - a session between a peer that writes raw frames and a host that notes what it hears.
 * All of it is in memory; failures are cmocka's.
 */
#pragma once

#include "../test.h"

#include "base/buf.h"
#include "h2/session.h"

#include <nghttp2/nghttp2.h>

#define LAB_STREAMS 8192

struct lab;

/* One stream as the host sees it. */
struct lab_stream {
	struct lab *lab;
	struct h2_stream *stream; /* NULL: gone, or let go */
	size_t body;              /* bytes that came */
	bool ended;
	unsigned writable; /* how often it was told */
	bool gone;
};

struct lab {
	struct h2_session *session;
	uint64_t now_ms;
	uint32_t max_streams;
	/* the host */
	struct lab_stream streams[LAB_STREAMS];
	size_t asked;
	bool refuse;           /* requests get no owner */
	bool eager;            /* each request is sent to from within the call */
	bool hold;             /* nothing is done with requests; else answered 200, and open */
	bool consume;          /* bodies are used up at once */
	enum http_fault fault; /* of the last request */
	struct buf told;       /* text: a line for each thing heard */
	size_t room;           /* bytes that the connection takes yet */
	bool connection_gone;
	size_t sends;
	struct slice watched; /* memory of the test */
	size_t by_reference;  /* bytes of it that were sent from where they are */
	struct buf wire;      /* what the connection took */
	/* the peer */
	struct buf out; /* frames to send */
	nghttp2_hd_deflater *deflater;
	nghttp2_hd_inflater *inflater;
	size_t read; /* of `wire` */
};

/* max_streams 100, all room of the world; the peer's preface and SETTINGS stand in `out`. */
void lab_init(struct lab *lab);
void lab_init_streams(struct lab *lab, uint32_t max_streams);
void lab_fini(struct lab *lab);

/* Frames into `out`. */
void lab_frame(struct lab *lab, uint8_t type, uint8_t flags, uint32_t id, struct slice payload);
/* A header block of "name: value\n" lines; ":method: GET\n" for pseudo fields. */
void lab_block(struct lab *lab, const char *lines, struct buf *ret_block);
void lab_headers(struct lab *lab, uint32_t id, uint8_t flags, const char *lines);
/* GET / of host a.example, ended. */
void lab_get(struct lab *lab, uint32_t id);
void lab_window(struct lab *lab, uint32_t id, uint32_t increment);
void lab_setting(struct lab *lab, uint16_t id, uint32_t value);
void lab_reset(struct lab *lab, uint32_t id);

/* Sends `out` in pieces of at most `piece` bytes, and flushes behind each. False: it is over. */
bool lab_feed(struct lab *lab, size_t piece);
bool lab_send(struct lab *lab);

/* A frame that the session put out. */
struct lab_reply {
	uint8_t type, flags;
	uint32_t id;
	struct slice payload;
};

/* The next frame on the wire. False: no whole one is there. */
bool lab_next(struct lab *lab, struct lab_reply *ret_reply);
/* Reads on to the next frame of this type. */
bool lab_find(struct lab *lab, uint8_t type, struct lab_reply *ret_reply);
/* The error code of RST_STREAM or GOAWAY. */
uint32_t lab_code(const struct lab_reply *reply);
/* All bytes of DATA frames of a stream, from what is unread; the count of END_STREAM flags. */
unsigned lab_data(struct lab *lab, uint32_t id, struct buf *ret_bytes);
/* The fields of HEADERS as "name: value\n" lines. */
void lab_fields(struct lab *lab, const struct lab_reply *reply, struct buf *ret_lines);

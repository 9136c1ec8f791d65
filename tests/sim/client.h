/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - what a browser makes of the bytes of one connection: answers, and the events of a
 * stream. Fed with bytes in any pieces; it keeps counts, the latest answer and all events.
 */
#pragma once

#include "base/buf.h"
#include "http/chunked.h"
#include "http/response.h"
#include "sse/decode.h"

#define CLIENT_MAX_ANSWERS 64u
#define CLIENT_MAX_BODY    (2u << 20)
#define CLIENT_MAX_INPUT   (64u << 20)
#define CLIENT_KEPT_DATA   159u /* bytes of an event's data that are kept */

struct client_event {
	char type[32];
	char id[129]; /* Last-Event-ID after it */
	char data[CLIENT_KEPT_DATA + 1];
	size_t data_len; /* all of it */
	uint64_t at_ms;
};

enum client_state {
	CLIENT_HEAD,
	CLIENT_BODY,
	CLIENT_OVER, /* not HTTP, or the bytes have ended */
};

struct client {
	enum client_state state;
	struct buf in;
	struct buf head; /* of the latest answer; `response` points into it */
	struct http_response response;
	struct http_chunked chunked;
	uint64_t body_left;
	struct buf body; /* of the latest answer that is not a stream */
	struct sse_decoder decoder;
	struct buf events;   /* of struct client_event */
	uint64_t now_ms;     /* stamped on events */
	uint64_t comment_ms; /* when the latest comment came */
	uint64_t retry_ms;   /* 0: none came */
	size_t comments;
	size_t interim;  /* answers 1xx */
	size_t answered; /* complete answers, `statuses` has the first of them */
	unsigned statuses[CLIENT_MAX_ANSWERS];
	bool sent_head; /* the requests are HEAD: answers have no body */
	bool is_stream;
	bool malformed; /* the server sent what is not HTTP or not an event stream */
	bool complete;  /* the latest answer has ended as its framing says */
};

void client_init(struct client *c);
void client_fini(struct client *c);
/* A new connection: forgets the answers, keeps the events and the last id, as a browser does. */
void client_restart(struct client *c);
void client_feed(struct client *c, struct slice bytes);
/* No more bytes will come. */
void client_end(struct client *c);

size_t client_event_count(const struct client *c);
/* `nth` from 0; NULL if there are not so many. */
const struct client_event *client_event(const struct client *c, size_t nth);
/* The latest of this type; NULL if none. */
const struct client_event *client_last(const struct client *c, const char *type);
size_t client_count(const struct client *c, const char *type);
/* The latest status; 0 if no head has come. */
unsigned client_status(const struct client *c);
/* A field of the latest head; ptr NULL if absent. */
struct slice client_field(const struct client *c, const char *name);
/* True between frames: nothing of an event is half read. */
bool client_is_between_events(const struct client *c);

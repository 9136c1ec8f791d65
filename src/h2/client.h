/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - the client's side of one HTTP/2 connection (RFC 9113) over nghttp2, for tools and
 * without a socket: GET requests and bytes in, answers out.
 *
 * Windows are wide and open again by themselves: a reader that keeps up never stalls its server.
 * One client belongs to one thread.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "http/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_CLIENT_WINDOW     (1u << 20)  /* bytes that one stream may be sent ahead */
#define H2_CLIENT_WINDOW_ALL (16u << 20) /* likewise all of a connection together */
#define H2_CLIENT_GATHER     (16u << 10) /* bytes of small frames that are sent together */
#define H2_CLIENT_MAX_FIELDS 16u         /* of one request, besides those of its URL */

struct h2_client;

/* How the client tells; `owner` is whom h2_client_get named. No call may free the client. */
struct h2_client_events {
	void *ctx;
	/* The head of the final answer, with its status: interim ones (1xx) are read over. */
	void (*head)(void *ctx, void *owner, unsigned status);
	/* Valid during the call. */
	void (*body)(void *ctx, void *owner, struct slice data);
	/*
	 * The stream is over, and its owner hears no more of it. `error`: 0 where the body came to
	 * its end, else a code of RFC 9113 7.
	 */
	void (*closed)(void *ctx, void *owner, uint32_t error);
};

struct h2_get {
	struct slice scheme;
	struct slice authority;
	struct slice path; /* and query */
	const struct http_field *fields;
	size_t field_count; /* at most H2_CLIENT_MAX_FIELDS */
};

/* The preface and SETTINGS are its first output. NULL: no memory. */
struct h2_client *h2_client_new(const struct h2_client_events *events);
/* NULL-safe. Tells nobody. */
void h2_client_free(struct h2_client *c);

/*
 * Asks. What the server's limit of concurrent streams does not let out yet waits until it does.
 * The texts are copied. Errors: E_NOMEM, E_FULL (past 2^30 streams, or the server goes away).
 */
enum err h2_client_get(struct h2_client *c, const struct h2_get *get, void *owner);
/*
 * Bytes from the server. False: the connection is of no more use, h2_client_why says why. Output
 * may wait then too: GOAWAY with the reason.
 */
bool h2_client_receive(struct h2_client *c, struct slice bytes);
/* Static text; NULL while the connection is well. */
const char *h2_client_why(const struct h2_client *c);

/* What is to be sent next; empty: nothing now. Valid until the next call of this header. */
struct slice h2_client_output(struct h2_client *c);
/* The first `n` bytes of it have been sent. */
void h2_client_sent(struct h2_client *c, size_t n);

/* The server's SETTINGS have come: it is known what it allows. */
bool h2_client_is_told(const struct h2_client *c);
/* Streams at a time that the server allows; 100, as long as it has not said (RFC 9113 6.5.2). */
uint32_t h2_client_max_streams(const struct h2_client *c);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_response.h - one bounded answer to a request of our own, out of bytes as they come.
 *
 * Knows no socket. The answer ends its connection, so framing that a reused connection could not
 * survive does no harm here.
 */
#pragma once

#include "base/buf.h"
#include "http/chunked.h"
#include "http/response.h"

#define FETCH_MAX_HEAD    16384u /* bytes of one head */
#define FETCH_MAX_INTERIM 8u     /* 1xx answers before the final one */
#define FETCH_MAX_TYPE    64u    /* bytes of a media type; longer ones count as none */

#define FETCH_FAULT_MAP(X)                                                                         \
	X(FETCH_NEEDS_TLS, "http is for localhost and loopback addresses only: use https")         \
	X(FETCH_BAD_FIELD, "a field of the request holds a control byte")                          \
	X(FETCH_REQUEST_TOO_BIG, "the request is longer than its maximum")                         \
	X(FETCH_NO_MEMORY, "out of memory")                                                        \
	X(FETCH_NO_ADDRESS, "the host name cannot be resolved")                                    \
	X(FETCH_LATE, "no complete answer in time")                                                \
	X(FETCH_STOPPED, "stopped")                                                                \
	X(FETCH_UNREACHABLE, "cannot connect")                                                     \
	X(FETCH_UNTRUSTED, "TLS failed")                                                           \
	X(FETCH_BROKEN, "the connection broke")                                                    \
	X(FETCH_CUT, "the connection closed before the answer was complete")                       \
	X(FETCH_NOT_HTTP, "the answer is not HTTP/1.x")                                            \
	X(FETCH_HEAD_TOO_BIG, "the head of the answer is longer than its maximum")                 \
	X(FETCH_BODY_TOO_BIG, "the body of the answer is longer than its maximum")                 \
	X(FETCH_REDIRECT, "the answer is a redirect, and none is followed")

enum fetch_fault {
	FETCH_OK = 0,
#define X(name, text) name,
	FETCH_FAULT_MAP(X)
#undef X
};

struct fetch_response {
	unsigned status;           /* 0: the head has not come yet */
	char type[FETCH_MAX_TYPE]; /* media type in lower case, without parameters */
	size_t type_len;
	bool has_max_age;
	uint64_t max_age_s; /* 0 also for no-store and no-cache (RFC 9111 5.2.2) */
	struct buf body;
	bool done;

	struct buf head;
	unsigned interim;
	enum http_body framing;
	uint64_t left; /* bytes of the body, for HTTP_BODY_LENGTH */
	struct http_chunked chunked;
};

/* Allocates nothing. `max_body` in bytes. */
void fetch_response_init(struct fetch_response *r, size_t max_body);
void fetch_response_fini(struct fetch_response *r);
/*
 * Takes the next bytes of the connection, until `done`. Faults: NOT_HTTP, HEAD_TOO_BIG,
 * BODY_TOO_BIG, REDIRECT (3xx, at its head), NO_MEMORY.
 */
enum fetch_fault fetch_response_eat(struct fetch_response *r, struct slice in);
/* The connection has ended. Faults: CUT where more was to come. */
enum fetch_fault fetch_response_end(struct fetch_response *r);
struct slice fetch_response_type(const struct fetch_response *r);
/* English, without a full stop; static storage. */
const char *fetch_fault_text(enum fetch_fault fault);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunked.h - strict incremental decoder of the chunked coding (RFC 9112 7.1).
 *
 * Extensions are refused when they hold controls and skipped otherwise; trailer
 * fields are checked for form and dropped. Lines end in CRLF, nothing else.
 */
#pragma once

#include "base/slice.h"
#include "http/request.h"

#define HTTP_MAX_CHUNK_LINE 256u  /* size and extensions */
#define HTTP_MAX_TRAILER    4096u /* bytes of all trailer lines, the empty one too */

/* In the order of the wire: the decoder compares them. */
enum http_chunk_state {
	CHUNK_SIZE,
	CHUNK_EXTENSION,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_TRAILER_START,
	CHUNK_TRAILER_NAME,
	CHUNK_TRAILER_VALUE,
	CHUNK_TRAILER_LF,
	CHUNK_LAST_LF,
	CHUNK_DONE,
};

struct http_chunked {
	enum http_chunk_state state;
	uint64_t left;  /* bytes of the current chunk to come */
	size_t line;    /* bytes of the current line */
	size_t trailer; /* bytes of trailer lines */
	unsigned digits;
};

void http_chunked_init(struct http_chunked *c);
/*
 * Eats from the front of `in`. *ret_used bytes were consumed; *ret_data is the piece of body
 * among them (maybe empty), pointing into `in`. Call again while HTTP_MORE and bytes are left.
 * HTTP_DONE: the body is complete, bytes behind *ret_used are the next request.
 */
enum http_step http_chunked_eat(struct http_chunked *c, struct slice in, size_t *ret_used,
				struct slice *ret_data, enum http_fault *ret_fault);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * response.h - tolerant reader of HTTP/1.x response heads, for the client tools.
 *
 * Keeps bytes, order and duplicates: what a broken server sent is evidence.
 */
#pragma once

#include "base/slice.h"
#include "http/request.h"

#define HTTP_MAX_RESPONSE_HEAD   65536u
#define HTTP_MAX_RESPONSE_FIELDS 128u

struct http_response {
	unsigned minor;
	unsigned status;
	struct slice reason;
	enum http_body body; /* HTTP_BODY_NONE: until the connection closes, also where the length
				is malformed. 1xx, 204 and 304 have HTTP_BODY_LENGTH of 0. What
				answers HEAD has no body either: only the caller knows that */
	uint64_t content_length;
	bool keep_alive;
	size_t field_count;
	/* A line without a colon is a name with an absent value; white space before the colon
	 * stays in the name; the value of a folded field holds its line breaks. */
	struct http_field fields[HTTP_MAX_RESPONSE_FIELDS];
};

/*
 * Looks for a whole head at the front of `in` (lines may end in LF alone).
 * HTTP_DONE: *ret_len bytes were the head and *ret_response points into `in`.
 * HTTP_REFUSED: not HTTP, or past a maximum; *ret_fault says why.
 * On HTTP_MORE and HTTP_REFUSED *ret_response is unspecified.
 */
enum http_step http_response_parse(struct slice in, struct http_response *ret_response,
				   size_t *ret_len, enum http_fault *ret_fault);
/* First value, ptr NULL if absent. */
struct slice http_response_get(const struct http_response *res, struct slice name);
size_t http_response_count(const struct http_response *res, struct slice name);

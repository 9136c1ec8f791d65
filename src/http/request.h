/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - strict HTTP/1.0 and HTTP/1.1 request heads (RFC 9112).
 *
 * Two steps, so that a peer that sends one byte at a time costs one look a byte:
 * the scanner finds the end of the head and refuses what can never become one;
 * the parser turns a whole head into slices of it. Nothing is allocated.
 */
#pragma once

#include "base/slice.h"
#include "http/fields.h"

#include <stdint.h>

#define HTTP_MAX_LINE   8192u  /* bytes of the request line, without CRLF */
#define HTTP_MAX_HEAD   16384u /* bytes of the whole head */
#define HTTP_MAX_FIELDS 64u    /* field lines */

/* Why a request is not HTTP that we take. One row each in http/fault.def: name, status, text. */
enum http_fault {
	HTTP_FAULT_NONE = 0,
#define X(name, status, text) name,
#include "http/fault.def"
#undef X
};

/* 400, 414, 431, 501 or 505, or 502 for a response; 0 for HTTP_FAULT_NONE. */
unsigned http_fault_status(enum http_fault fault);
/* What is wrong, in words for the log and for the peer; static. */
const char *http_fault_text(enum http_fault fault);

enum http_step {
	HTTP_MORE,    /* well-formed so far */
	HTTP_DONE,    /* complete */
	HTTP_REFUSED, /* the fault says why; the connection cannot go on */
};

struct http_scan {
	size_t at;     /* bytes looked at */
	size_t line;   /* start of the current line */
	size_t fields; /* lines behind the request line */
	bool cr;       /* the last byte was a CR */
	bool any;      /* the request line has begun */
};

/*
 * Looks at the bytes of `in` that it has not seen. `in` holds the same bytes as at the last
 * call and more. On HTTP_DONE *ret_head_len is the length of the head with its last CRLF.
 * One empty line before the request line is skipped (RFC 9112 2.2).
 */
enum http_step http_scan(struct http_scan *scan, struct slice in, size_t *ret_head_len,
			 enum http_fault *ret_fault);

/* In the order of their age. */
enum http_version {
	HTTP_1_0,
	HTTP_1_1,
	HTTP_2,
};

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_OPTIONS,
	HTTP_OTHER, /* a well-formed token that we do not serve */
};

enum http_body {
	HTTP_BODY_NONE,
	HTTP_BODY_LENGTH,
	HTTP_BODY_CHUNKED,
	HTTP_BODY_STREAM, /* until the end of the stream, of a length that nobody told: HTTP/2 */
};

struct http_request {
	enum http_method method;
	struct slice method_text;
	struct slice path;  /* begins with '/', still percent-encoded; "*" for OPTIONS *; a static
			       "/" where an absolute-form target has none */
	struct slice query; /* behind '?', still encoded; ptr NULL without '?' */
	struct slice host;  /* Host, checked against the authority of an absolute-form target;
			       the authority, or ptr NULL, where HTTP/1.0 sent none */
	enum http_version version;
	bool keep_alive;      /* what the request asks for, by version and Connection */
	bool expect_continue; /* never on HTTP/1.0 (RFC 9110 10.1.1) */
	bool expect_unknown;  /* Expect asks for something else: 417 */
	enum http_body body;
	uint64_t content_length; /* for HTTP_BODY_LENGTH */
	size_t field_count;
	struct http_field fields[HTTP_MAX_FIELDS];
};

/*
 * Parses a whole head as found by http_scan. Slices point into `head`.
 * On a fault *ret_req is unspecified.
 */
enum http_fault http_request_parse(struct slice head, struct http_request *ret_req);

struct arena;

/* A copy whose slices are the arena's. False: no memory. */
bool http_request_copy(struct arena *arena, const struct http_request *from,
		       struct http_request *ret);
/* "HTTP/1.1", "HTTP/2"; static. */
struct slice http_version_name(enum http_version version);

/* How many field lines have this name, and the value of the first; ptr NULL if none. */
size_t http_field_count(const struct http_request *req, struct slice name);
struct slice http_field_get(const struct http_request *req, struct slice name);

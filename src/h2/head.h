/* SPDX-License-Identifier: Apache-2.0 */
/* head.h - collects the fields of one request into a struct http_request. */
#pragma once

#include "base/buf.h"
#include "http/request.h"

#include <nghttp2/nghttp2.h>

#define H2_MAX_PSEUDO 4u /* :method, :scheme, :authority, :path */

/*
 * Names and values stay where nghttp2 has them, counted; but the crumbs of a cookie are joined
 * (RFC 9113 8.2.3). nghttp2 has judged each field by itself, and that no pseudo field is late,
 * missing or there twice.
 */
struct h2_head {
	struct http_request req;
	enum http_fault fault;
	struct slice method, scheme, authority, path;
	size_t bytes;      /* as SETTINGS_MAX_HEADER_LIST_SIZE counts */
	struct buf cookie; /* the crumbs */
	size_t cookie_row; /* of req.fields; HTTP_MAX_FIELDS: none */
	size_t held_count;
	nghttp2_rcbuf *held[2 * (HTTP_MAX_FIELDS + H2_MAX_PSEUDO)];
};

/* NULL: no memory. */
struct h2_head *h2_head_new(void);
/* NULL-safe. What h2_head_finish gave is gone with it. */
void h2_head_free(struct h2_head *head);

/* A name or value, where nghttp2 has it. */
struct slice h2_text(nghttp2_rcbuf *buf);
/* What a field costs (RFC 9113 6.5.2). */
size_t h2_field_size(struct slice name, struct slice value);
/* Past a maximum the head has a fault, and the field is not kept. False: no memory. */
bool h2_head_field(struct h2_head *head, nghttp2_rcbuf *name, nghttp2_rcbuf *value);
/*
 * All fields are there: judges them together. False: the request is malformed (RFC 9113 8.1.1).
 * Else head->req is whole, and head->fault tells why we would not take it. `ended`: no body
 * follows.
 */
bool h2_head_finish(struct h2_head *head, bool ended);

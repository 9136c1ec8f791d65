/* SPDX-License-Identifier: Apache-2.0 */
/* fields.h - field lines and what requests and responses read out of them alike. */
#pragma once

#include "base/slice.h"

struct http_field {
	struct slice name;  /* as sent; compare without case */
	struct slice value; /* without surrounding OWS */
};

/* How many of the lines have this name. */
size_t http_fields_count(const struct http_field *fields, size_t n, struct slice name);
/* The value of the first; ptr NULL if none. */
struct slice http_fields_get(const struct http_field *fields, size_t n, struct slice name);

/*
 * Walks a comma-separated list (RFC 9110 5.6.1): each call cuts one member from the front of
 * *rest, trimmed. Empty members are skipped. False at the end. Knows no quoted strings.
 */
bool http_list_next(struct slice *rest, struct slice *ret_member);
/* True where a list in any line of this name has the member, in any case. */
bool http_fields_list_has(const struct http_field *fields, size_t n, struct slice name,
			  struct slice member);
/* Whether the connection may stay after this message (RFC 9112 9.3). */
bool http_fields_keep_alive(const struct http_field *fields, size_t n, bool persists);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observation.h - what can be seen of one stream, whoever looks: the server at what it is about
 * to send, the auditor at what it received, the linter at what a configuration implies.
 */
#pragma once

#include "base/slice.h"
#include "http/request.h"

#include <stdint.h>

struct observation {
	/* request */
	unsigned request_minor; /* HTTP/1.minor, or 2 for HTTP/2 with request_h2 */
	bool request_h2;
	bool https;
	bool loopback;
	struct slice origin;  /* sent Origin, ptr NULL: none */
	bool origin_expected; /* that Origin is a foreign one which the stream is meant to allow */
	bool credentials;     /* a credential was sent */
	bool expect_refusal;  /* the request was made to be refused, so 200 is not wanted */
	/* response */
	unsigned status;
	unsigned response_minor;
	const struct http_field *fields; /* in order, duplicates kept */
	size_t field_count;
};

/* Value of the first field with this name; ptr NULL if absent. */
struct slice observation_field(const struct observation *o, struct slice name);
size_t observation_count(const struct observation *o, struct slice name);
/* True if a comma-separated field (all its lines) has this member, without case. */
bool observation_has_member(const struct observation *o, struct slice name, struct slice member);

/*
 * Walks the members of a comma-separated field over all its lines: commas inside double quotes
 * part nothing, empty members are skipped (RFC 9110 5.6.1). Start with .o and .name set.
 */
struct member_walk {
	const struct observation *o;
	struct slice name;
	struct slice rest; /* of the current line */
	size_t at;         /* next field */
};
bool member_next(struct member_walk *walk, struct slice *ret_member);

/* What stands before the first `sep` outside double quotes, trimmed; moves *rest behind it. */
struct slice quoted_cut(struct slice *rest, char sep);
/* Without one pair of surrounding double quotes; escapes stay. */
struct slice unquoted(struct slice s);

/*
 * The directive `key` of a field like Cache-Control: true if a member is `key` or `key=value`.
 * *ret_value is the value without quotes, empty where there is none; untouched on false.
 */
bool observation_directive(const struct observation *o, struct slice name, struct slice key,
			   struct slice *ret_value);
/* Likewise, where the value does not matter. */
bool observation_has_directive(const struct observation *o, struct slice name, struct slice key);

/* Media type without parameters; empty if Content-Type is absent. */
struct slice observation_media_type(const struct observation *o);
/* 200 and text/event-stream. */
bool observation_is_stream(const struct observation *o);

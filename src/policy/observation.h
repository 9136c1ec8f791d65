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
	unsigned request_minor;  /* HTTP/1.minor, or 2 for HTTP/2 with request_h2 */
	bool request_h2;
	bool https;
	bool loopback;
	struct slice origin;     /* sent Origin, ptr NULL: none */
	bool credentials;        /* a credential was sent */
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

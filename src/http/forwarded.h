/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forwarded.h - who the client is behind trusted proxies: X-Forwarded-For with X-Forwarded-Proto,
 * or Forwarded (RFC 7239).
 *
 * Only what a trusted proxy has written is believed. Each proxy adds the address that it saw
 * behind those that it was told, so the list is read from its end: as long as an entry names a
 * trusted proxy, the entry before it is that proxy's word. What stands further to the front may
 * be the client's own invention, and is not looked at.
 */
#pragma once

#include "http/fields.h"
#include "http/network.h"

#define FORWARDED_MAX_HOPS 16u /* proxies one behind the other */

enum forwarded_field {
	FORWARDED_FIELD_X,       /* X-Forwarded-For, X-Forwarded-Proto */
	FORWARDED_FIELD_RFC7239, /* Forwarded */
	FORWARDED_FIELD_NONE,
};

struct forwarded_rules {
	enum forwarded_field field; /* the other one is never read */
	const struct network *trusted;
	size_t trusted_count; /* 0: nobody is believed */
};

struct forwarded {
	struct addr addr;
	bool https;
	/*
	 * A trusted proxy said what cannot be understood, or there are too many hops: `addr` is
	 * the last that is sure, most likely the proxy's.
	 */
	bool malformed;
};

bool forwarded_trusts(const struct forwarded_rules *rules, const struct addr *addr);
/*
 * Reads the fields of a request that came from `peer`, over TLS or not. Where the peer is not
 * trusted, or says nothing, the answer is the peer itself. An entry that hides its address
 * ("unknown", "_hidden") ends the list at the proxy that wrote it.
 */
struct forwarded forwarded_read(const struct forwarded_rules *rules,
				const struct http_field *fields, size_t n, const struct addr *peer,
				bool https);

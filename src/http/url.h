/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - targets, queries and absolute http(s) URLs (RFC 3986, RFC 9110 4.2, WHATWG URL for
 * forms). */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "base/writer.h"

#include <stdint.h>

/*
 * Decodes %XX of `s` into `w`; '+' becomes a space where `form` says so (query strings).
 * On an error nothing stays written. Errors: E_SYNTAX (broken escape, NUL), E_BAD_UTF8 (the
 * result is not UTF-8), E_NO_SPACE.
 */
enum err url_decode(struct writer *w, struct slice s, bool form);
/* Escapes everything but unreserved characters. */
void url_encode(struct writer *w, struct slice s);

/*
 * Walks a query: each call cuts one pair from the front of *rest, still encoded.
 * False at the end. Empty pairs are skipped; a pair without '=' has an absent value (ptr NULL).
 */
bool url_query_next(struct slice *rest, struct slice *ret_name, struct slice *ret_value);
/*
 * Finds the `nth` (from 0) pair whose decoded name is `name`, and gives its encoded value
 * (empty, not absent, without '='). Errors: E_NOT_FOUND.
 */
enum err url_query_get(struct slice query, struct slice name, size_t nth, struct slice *ret_value);

struct url {
	bool https;
	struct slice host; /* without brackets for IPv6, as written otherwise */
	bool ipv6;
	uint16_t port; /* the scheme's default if absent */
	bool has_port;
	struct slice authority; /* as written: what the Host field repeats */
	struct slice target;    /* path and query, at least "/" */
};

/*
 * An absolute http or https URL. User information is refused: secrets do not belong there.
 * A fragment is cut off; a query needs a path before it. Errors: E_SYNTAX, E_RANGE (port).
 */
enum err url_parse(struct slice s, struct url *ret_url);
/*
 * User information of what may be a URL, also where its scheme is left out; ptr NULL: there is
 * none. For complaints: what is found here is not repeated.
 */
struct slice url_user(struct slice s);
/*
 * True where what is sent cannot be read on the way: https, or http to localhost or a loopback
 * address. Of loopback only what no resolver could lead elsewhere, in one spelling: not the names
 * below localhost, nor the IPv4 addresses within IPv6.
 */
bool url_is_private(const struct url *url);

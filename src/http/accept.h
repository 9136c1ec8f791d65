/* SPDX-License-Identifier: Apache-2.0 */
/* accept.h - media ranges of the Accept field (RFC 9110 12.5.1). */
#pragma once

#include "base/slice.h"

/* Members of a list that are looked at; a longer list is malformed. */
#define ACCEPT_MAX_RANGES 64

/* How the best matching range for a media type was written. */
enum accept_match {
	ACCEPT_ABSENT,    /* no Accept field, or an empty one */
	ACCEPT_NO,        /* nothing matches, or the most specific match has q=0 */
	ACCEPT_WILDCARD,  /* a wildcard range of the type or of all */
	ACCEPT_NAMED,     /* the type itself */
	ACCEPT_MALFORMED, /* not a list of media ranges */
};

/*
 * Judges one combined field value against `type`/`subtype` (lower case). Case, parameters,
 * OWS, empty list members and q-values as the RFC has them; the most specific range decides.
 */
enum accept_match accept_match(struct slice value, struct slice type, struct slice subtype);
/* Several field lines: the values in order, as if joined by commas. */
enum accept_match accept_match_lines(const struct slice *values, size_t n, struct slice type,
				     struct slice subtype);

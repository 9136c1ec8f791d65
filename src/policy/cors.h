/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cors.h - who may read: Host list, Origin allow-list, Fetch Metadata.
 * (Fetch "CORS protocol", RFC 9110 7.2, W3C Fetch Metadata; SPEC 2.3 to 2.5 and 4.)
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "base/writer.h"
#include "policy/refusal.h"

/* Bytes of a listed origin: scheme, "://", the longest DNS name, port. */
#define CORS_MAX_ORIGIN 288u

/* Parsed configuration; slices belong to it. */
struct cors_rules {
	const struct slice *origins; /* serialised, lower-case scheme and host, no default port */
	size_t origin_count;
	bool any;         /* every origin, without credentials: "*"; the list does not count then */
	bool credentials; /* cookies and Authorization from listed origins */
};

struct host_rules {
	const struct slice *hosts; /* host or host:port; "*" alone: any */
	size_t host_count;
};

/* What a request says about where it comes from; ptr NULL where the field is absent. */
struct request_source {
	struct slice origin;
	size_t origin_count; /* field lines; more than one is refused */
	struct slice host;
	struct slice fetch_site;
	struct slice fetch_mode;
	struct slice fetch_dest;
	bool https; /* over TLS, or a trusted proxy says so */
};

struct cors_verdict {
	enum refusal refusal;      /* REFUSAL_NONE: go on */
	struct slice allow_origin; /* value of Access-Control-Allow-Origin, ptr NULL: none. An entry
				      of the list or "*", never the raw header */
	bool credentials;          /* send Access-Control-Allow-Credentials: true */
	bool vary_origin;          /* the answer depends on Origin (Fetch, "CORS protocol and HTTP
				      caches"): also when it is absent or refused. Not where "*" is
				      given to everybody: that answer is the same for all */
	bool is_cors;              /* the request carried an Origin that is not our own */
};

/* 400 for a malformed or missing Host, 421 for one that is not on the list. */
enum refusal host_judge(const struct host_rules *rules, struct slice host);

/*
 * Judges one request. `is_stream`: a stream is nobody's page, image or script, so Fetch Metadata
 * other than mode cors/same-origin with an empty destination is refused there; elsewhere only
 * cross-site requests without an allowed Origin are, save a link that is followed to a page.
 *
 * Our own origin is scheme, host and port of the request. Without https the scheme is not known
 * for sure (a proxy may have ended TLS and not said so), so an https Origin on the same host and
 * port counts as our own then; an http Origin never does on a request over https, because who
 * controls the network can write that page.
 */
struct cors_verdict cors_judge(const struct cors_rules *rules, const struct request_source *source,
			       bool is_stream);

/*
 * Brings an origin of the configuration into the form that browsers send. Errors: E_SYNTAX (path,
 * userinfo, no scheme, "null"), E_RANGE (a wildcard), E_TOO_BIG (past CORS_MAX_ORIGIN),
 * E_NO_SPACE.
 */
enum err cors_origin_normalise(struct slice entry, struct writer *w);

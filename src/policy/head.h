/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head.h - the one place where response fields are decided (policy/fields.def).
 *
 * The server writes from this table; explain, rules and the documents print it; the
 * auditor and the linter will judge by it.
 */
#pragma once

#include "base/slice.h"
#include "base/writer.h"
#include "http/request.h"
#include "policy/cors.h"
#include "policy/refusal.h"

#define POLICY_MAX_HEAD 2048u /* bytes: no head that we write is longer */
#define POLICY_MAX_CSP  512u  /* bytes of the policy that a page of ours brings */

enum edge {
	EDGE_GENERIC = 1u << 0,
	EDGE_FASTLY = 1u << 1,
	EDGE_CLOUDFLARE = 1u << 2,
	EDGE_NGINX = 1u << 3,
};

/* Route and server settings that fields depend on. */
struct head_rules {
	unsigned edges; /* set of enum edge */
	bool charset;   /* "; charset=utf-8" behind the media type */
	bool guide;     /* preset guide: its literal values where lawful */
	bool hsts_preload;
	bool cors_any;   /* the route allows any origin: CORP cross-origin */
	bool cors_route; /* some cross-origin reader is allowed */
};

/* What this one answer is. */
struct head_facts {
	enum http_version version; /* of the request */
	struct slice date; /* now as IMF-fixdate, from who has a clock; ptr NULL: no Date field */
	struct slice set_cookie; /* of a stream opened by a ticket; ptr NULL: none */
	bool https;
	bool keep_alive;                 /* the connection goes on behind a short answer */
	bool vary_accept;                /* the route answers 406 */
	const struct cors_verdict *cors; /* NULL before it was judged */
};

/*
 * Status line and all fields of a stream (SPEC 3), with the closing empty line. To HTTP/1.0 the
 * stream is close-delimited (RFC 9112 6.3): no Transfer-Encoding, and Connection: close. For HTTP/2
 * the field lines alone, without any that belongs to a connection; the status is 200.
 */
void head_stream(struct writer *w, const struct head_rules *rules, const struct head_facts *facts);

/* A short answer: JSON, an asset, a preflight, a refusal. */
struct short_answer {
	unsigned status;           /* 0: the one of the refusal */
	struct slice content_type; /* ptr NULL: no body and no such field */
	struct slice csp;          /* ptr NULL: the strict one of short answers; POLICY_MAX_CSP */
	uint64_t content_length;
	enum refusal refusal;   /* REFUSAL_NONE: not one */
	struct slice allow;     /* for 405 and OPTIONS: "GET, HEAD, OPTIONS"; ptr NULL else */
	unsigned retry_after_s; /* 0: none */
	bool preflight; /* OPTIONS with Access-Control-Request-Method: adds the fields for it */
	bool cacheable; /* an asset: may be revalidated; all else is no-store */
};

/* The status that head_short writes. */
unsigned head_status(const struct short_answer *answer);
/* Likewise for short answers. */
void head_short(struct writer *w, const struct head_rules *rules, const struct head_facts *facts,
		const struct short_answer *answer);

#define REFUSAL_MAX_BODY 256u /* bytes: no body of a refusal is longer, but for its detail */

/*
 * The JSON body of a refusal, and a line feed: {"error":word,"message":sentence,"rule":id}, with
 * "detail" where the sentence of the row is not all that can be said (ptr NULL: it is).
 */
void refusal_body(struct writer *w, enum refusal refusal, struct slice detail);

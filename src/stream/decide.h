/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide.h - what a request is answered with. Pure: a request and settings in, a value out.
 *
 * The order is SPEC 4; the limits of connections and streams stand between the two halves
 * because they count, and counting is not pure.
 */
#pragma once

#include "base/arena.h"
#include "http/request.h"
#include "identity/auth_fault.h"
#include "identity/credential.h"
#include "identity/principal.h"
#include "policy/cors.h"
#include "policy/topic.h"
#include "stream/settings.h"

/* What has been found out about a request so far; refusals leave it filled up to there. */
struct ask {
	const struct http_request *req;
	bool https;
	const struct route *route; /* NULL until found */
	struct cors_verdict cors;
	struct slice allow; /* methods of the route, for 405 and OPTIONS */
	struct credential credential;
	enum auth_fault fault;        /* why the credential was not taken; for the log alone */
	enum auth_fault stale_resume; /* of a resume cookie that is no good any more */
	struct principal *principal;  /* counted; NULL: anonymous */
	size_t key_index;             /* of a static key in its ring */
	enum refusal query;           /* what is wrong with the query, told in its turn */
	struct slice ticket;          /* ?ticket=, ptr NULL: none */
	struct slice patterns[TOPIC_MAX_SET]; /* in the arena or the settings */
	size_t pattern_count;
	struct slice last_event_id; /* ptr NULL: none, or empty */
};

/* Host, method, route, Origin and Fetch Metadata. */
enum refusal decide_route(const struct stream_settings *settings, const struct http_request *req,
			  bool https, struct ask *ret_ask);
/* Reads the query of a stream into the ask; strings go to the arena. */
void decide_query(const struct stream_settings *settings, struct ask *ask, struct arena *arena);
/* The one credential of the request. */
enum refusal decide_credential(const struct stream_settings *settings, struct ask *ask,
			       struct slice *ret_resume);
/* Static keys: true if the credential is one, and then whose. Takes a reference. */
bool decide_key(const struct key_ring *ring, struct ask *ask);
/* What the fault of a credential is answered with. */
enum refusal decide_fault(enum auth_fault fault);
/* Topics: once it is known who asks. */
enum refusal decide_rights(const struct stream_settings *settings, struct ask *ask);
/* Accept and Last-Event-ID: once there is a place for the stream. */
enum refusal decide_stream(struct ask *ask);
/* Identity, media type, length: for the routes that are posted to, before a body is read. */
enum refusal decide_post(const struct stream_settings *settings, const struct ask *ask);

/*
 * True if `refusal` should be told in-band, with 200 and an event, because the peer is a native
 * EventSource that would give up for ever on any other status (SPEC 2.8).
 */
bool decide_softly(const struct ask *ask, enum refusal refusal);
/* The event that tells it: "overloaded", "draining" or "auth_expired". */
struct slice decide_soft_event(enum refusal refusal);
/* True for application/x-ndjson (and the older application/jsonl). */
bool decide_is_ndjson(const struct http_request *req);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - what the daemon logs of a stream: one record per open, refusal and close (SPEC 8).
 * Never holds a credential, a cookie or a query.
 */
#pragma once

#include "base/addr.h"
#include "base/slice.h"
#include "http/request.h"
#include "policy/refusal.h"

#include <stdint.h>

enum stream_close {
#define X(name, reason, is_error, text) CLOSE_##name,
#include "stream/close.def"
#undef X
	CLOSE_COUNT,
};

/* "client_gone"; static. */
struct slice close_reason(enum stream_close close);
bool close_is_error(enum stream_close close);

enum record_kind {
	RECORD_CONNECT,
	RECORD_REFUSE,
	RECORD_DISCONNECT,
};

/* Slices are valid during the call that hands the record over. */
struct stream_record {
	enum record_kind kind;
	struct slice user;   /* ptr NULL: anonymous */
	struct slice origin; /* as sent; ptr NULL: none */
	bool cors_allowed;
	struct slice auth_method;
	struct slice
		auth_reason; /* why a credential was not taken; ptr NULL: it is no such refusal */
	bool has_ttl;
	uint64_t ttl_s; /* of the credential, from now */
	struct addr addr;
	struct slice user_agent;
	struct slice route; /* path of the route, ptr NULL: none was found */
	enum http_version version;
	uint64_t request_id;
	struct slice last_event_id; /* on connect: where it resumes; on close: the last one sent */
	/* refusals */
	enum refusal refusal;
	unsigned status;
	bool soft;           /* answered 200 with an event that says so */
	struct slice detail; /* what was wrong with the framing; ptr NULL: the rule says it */
	/* closes */
	enum stream_close close;
	uint64_t duration_ms;
	uint64_t events;
	uint64_t bytes;
	uint64_t dropped; /* events that it did not get */
};

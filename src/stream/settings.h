/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what the exchange needs to know, already parsed and judged. Immutable while in
 * use; slices and arrays belong to the configuration.
 */
#pragma once

#include "base/slice.h"
#include "http/forwarded.h"
#include "identity/keys.h"
#include "policy/cors.h"
#include "policy/head.h"

#include <stdint.h>

enum accept_policy {
	ACCEPT_STRICT,  /* text/event-stream must be named */
	ACCEPT_LENIENT, /* a wildcard or no Accept will do */
	ACCEPT_ANY,     /* Accept is not looked at */
};

enum refuse_policy {
	REFUSE_AUTO, /* soft for a native EventSource that was streaming or is being shed */
	REFUSE_HARD,
	REFUSE_SOFT,
};

enum heartbeat_mode {
	HEARTBEAT_COMMENT,
	HEARTBEAT_EVENT,
	HEARTBEAT_OFF,
};

enum route_kind {
	ROUTE_STREAM,
	ROUTE_PUBLISH,
	ROUTE_HEALTH,
	ROUTE_TOKEN,  /* POST: a real credential for a ticket */
	ROUTE_REVOKE, /* POST: ends credentials and the streams that they opened */
	ROUTE_ASSET,
	ROUTE_DYNAMIC, /* GET: a body that the host makes for each request */
};

struct route {
	enum route_kind kind;
	struct slice path;
	/* streams */
	const struct slice *public_topics; /* patterns that need no credential */
	size_t public_count;
	const struct slice *fixed_topics; /* bound by configuration; then none may be asked for */
	size_t fixed_count;
	enum accept_policy accept;
	enum refuse_policy refuse;
	uint64_t heartbeat_ms;
	uint64_t max_streams; /* 0: no limit */
	/* assets; the type also of dynamic routes */
	struct slice content_type;
	struct slice csp;
	struct slice body;
};

struct stream_settings {
	struct host_rules hosts;
	struct cors_rules cors;
	struct head_rules head;
	const struct route *routes;
	size_t route_count;

	uint64_t expiring_ms;     /* auth_expiring comes so long before the end; 0: never */
	uint64_t auth_timeout_ms; /* for an answer of who checks credentials */
	uint64_t ticket_ttl_ms;
	uint64_t resume_ttl_ms; /* 0: no resume cookies */
	bool cross_site;        /* an origin of another site may read */

	struct slice cookie;                /* session cookie, ptr NULL: none */
	bool authenticates;                 /* there is some way for readers to log in */
	const struct key_ring *subscribers; /* NULL: none */
	const struct key_ring *publishers;

	enum heartbeat_mode heartbeat_mode;
	unsigned heartbeat_jitter; /* per cent */
	uint64_t retry_min_ms, retry_max_ms;
	uint64_t drain_retry_min_ms, drain_retry_max_ms;

	uint32_t h2_streams; /* at a time, of one HTTP/2 connection */
	uint64_t handshake_timeout_ms;
	uint64_t head_timeout_ms;  /* from the first byte to the end of the head */
	uint64_t body_timeout_ms;  /* for the whole body */
	uint64_t idle_timeout_ms;  /* between requests */
	uint64_t write_timeout_ms; /* without progress */
	uint64_t lag_ms;           /* age of the oldest event that a reader has not taken */
	size_t topics_per_stream;  /* at most TOPIC_MAX_SET */
	size_t replay_events;
	size_t replay_bytes;
	size_t max_body;
	size_t max_event;
	uint64_t emission_rate; /* events a second of one stream; 0: no limit */
	uint64_t emission_burst;
	struct forwarded_rules proxies;
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what sluice.yaml says, as values.
 *
 * Filled by conf_load and conf_defaults (conf/conf.h) from the rows of conf/options.def, which
 * has the meaning, range and default of each. Texts end in a NUL that len does not count; an
 * absent text has ptr NULL. All memory belongs to the arena that was given there.
 */
#pragma once

#include "base/slice.h"
#include "policy/cors.h"
#include "policy/head.h"

#include <stdint.h>

/* Words of the choices, in the order of their values: X(NAME, "word"). */
#define CONF_ACCEPT_MAP(X)                                                                         \
	X(STRICT, "strict")                                                                        \
	X(LENIENT, "lenient")                                                                      \
	X(ANY, "any")
#define CONF_REFUSE_MAP(X)                                                                         \
	X(HARD, "hard")                                                                            \
	X(SOFT, "soft")                                                                            \
	X(AUTO, "auto")
#define CONF_HEARTBEAT_MAP(X)                                                                      \
	X(COMMENT, "comment")                                                                      \
	X(EVENT, "event")                                                                          \
	X(OFF, "off")
#define CONF_PRESET_MAP(X)                                                                         \
	X(DEFAULT, "default")                                                                      \
	X(GUIDE, "guide")

#define X(name, word) CONF_ACCEPT_##name,
/* Which Accept fields a route serves. */
enum conf_accept { CONF_ACCEPT_MAP(X) };
#undef X
#define X(name, word) CONF_REFUSE_##name,
/* How a route says no to a browser that would never come back. */
enum conf_refuse { CONF_REFUSE_MAP(X) };
#undef X
#define X(name, word) CONF_HEARTBEAT_##name,
/* What is written in silence. */
enum conf_heartbeat { CONF_HEARTBEAT_MAP(X) };
#undef X
#define X(name, word) CONF_PRESET_##name,
/* Where defaults come from. */
enum conf_preset { CONF_PRESET_MAP(X) };
#undef X

struct listen_settings {
	struct slice address; /* as written */
	struct slice host;    /* without brackets; views address, so no NUL of its own */
	uint16_t port;        /* 0: the kernel chooses */
	bool ipv6;
	bool loopback;
};

struct route_settings {
	struct slice path;
	const struct slice *public_topics; /* patterns that anybody may read */
	size_t public_count;
	const struct slice *topics; /* patterns that the path stands for; none: the query says */
	size_t topic_count;
	enum conf_accept accept;
	enum conf_refuse refuse;
	uint64_t heartbeat_ms; /* 0: heartbeat.period_ms */
};

/* keys, issuer, audiences and algorithms are set all together, or none of them. */
struct jwt_settings {
	struct slice keys; /* a file, or a URL: conf_is_url (conf/form.h) */
	struct slice issuer;
	const struct slice *audiences;
	size_t audience_count;
	unsigned algorithms;       /* JWS_ALG_BIT of each (identity/jws_alg.h) */
	const struct slice *types; /* an absent typ is allowed besides */
	size_t type_count;
	uint64_t clock_skew_ms;
	uint64_t max_lifetime_ms; /* 0: off */
	bool required;            /* without keys the server does not start */
	struct slice ca_file;
};

struct introspect_settings {
	struct slice url; /* ptr NULL: no introspection */
	uint64_t timeout_ms;
	struct slice ca_file;
};

struct ticket_settings {
	struct slice path;
	uint64_t ttl_ms;
	uint64_t max;
	uint64_t resume_ttl_ms; /* 0: off */
};

struct revoke_settings {
	struct slice path;
	uint64_t keep_ms;
	uint64_t max;
};

struct auth_settings {
	struct slice cookie;
	struct slice keys_file;
	struct jwt_settings jwt;
	struct introspect_settings introspect;
	struct ticket_settings ticket;
	struct revoke_settings revoke;
	uint64_t expiring_ms; /* before the end of a stream's rights; 0: untold */
	uint64_t cache_ms;    /* 0: each token is verified each time */
	uint64_t timeout_ms;
};

struct publish_settings {
	struct slice path;
	struct slice key_file;
	uint64_t max_body;  /* bytes */
	uint64_t max_event; /* bytes of data */
	uint64_t rate;      /* events a second and publisher; 0: off */
};

struct heartbeat_settings {
	uint64_t period_ms;
	uint64_t jitter_percent;
	enum conf_heartbeat mode;
};

/* Each stream draws its `retry` between min and max; equal values mean no jitter. */
struct retry_settings {
	uint64_t min_ms;
	uint64_t max_ms;
	uint64_t drain_min_ms;
	uint64_t drain_max_ms;
};

struct limit_settings {
	uint64_t streams;     /* 0: auto, from the descriptor limit */
	uint64_t connections; /* 0: auto, from the descriptor limit */
	uint64_t per_address; /* 0: off */
	uint64_t topics_per_stream;
	uint64_t replay_events;
	uint64_t replay_bytes;
	uint64_t head_timeout_ms;
	uint64_t body_timeout_ms;
	uint64_t idle_timeout_ms;
	uint64_t write_timeout_ms;
	uint64_t lag_ms;
};

struct history_settings {
	uint64_t memory; /* bytes */
};

struct drain_settings {
	uint64_t window_ms;
	uint64_t deadline_ms;
};

struct settings {
	struct listen_settings *listen;
	size_t listen_count;
	struct listen_settings admin; /* address.ptr NULL: off */
	uint64_t workers;             /* 0: auto, one a core */
	struct host_rules hosts;
	struct cors_rules cors;
	struct auth_settings auth;
	struct publish_settings publish;
	const struct route_settings *routes;
	size_t route_count;
	struct heartbeat_settings heartbeat;
	struct retry_settings retry;
	struct limit_settings limits;
	struct history_settings history;
	struct drain_settings drain;
	unsigned edges; /* set of enum edge */
	bool charset;   /* "; charset=utf-8" behind the media type */
	bool hsts_preload;
	enum conf_preset preset;
};

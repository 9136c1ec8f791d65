/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what sluice.yaml says, as values.
 *
 * Filled by conf_load and conf_defaults (conf/conf.h) from the rows of conf/options.def, which
 * has the meaning, range and default of each. Texts end in a NUL that len does not count; an
 * absent text has ptr NULL. All memory belongs to the arena that was given there.
 */
#pragma once

#include "base/addr.h"
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

#define CONF_TLS_MAP(X)                                                                            \
	X(1_2, "1.2")                                                                              \
	X(1_3, "1.3")
#define CONF_CLIENT_CERTIFICATE_MAP(X)                                                             \
	X(OPTIONAL, "optional")                                                                    \
	X(REQUIRED, "required")
#define CONF_H2C_MAP(X)                                                                            \
	X(AUTO, "auto")                                                                            \
	X(ON, "on")                                                                                \
	X(OFF, "off")
#define CONF_PROXY_FIELD_MAP(X)                                                                    \
	X(X_FORWARDED_FOR, "x-forwarded-for")                                                      \
	X(FORWARDED, "forwarded")                                                                  \
	X(NONE, "none")

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

#define X(name, word) CONF_TLS_##name,
/* The oldest version of TLS. */
enum conf_tls { CONF_TLS_MAP(X) };
#undef X
#define X(name, word) CONF_CLIENT_CERTIFICATE_##name,
/* Whether clients must bring a certificate, where client_ca is set. */
enum conf_client_certificate { CONF_CLIENT_CERTIFICATE_MAP(X) };
#undef X
#define X(name, word) CONF_H2C_##name,
/* Whether HTTP/2 is taken without TLS. */
enum conf_h2c { CONF_H2C_MAP(X) };
#undef X
#define X(name, word) CONF_PROXY_FIELD_##name,
/* The field in which trusted proxies name the client. */
enum conf_proxy_field { CONF_PROXY_FIELD_MAP(X) };
#undef X

#define CONF_MAX_LISTENERS    16u
#define CONF_MAX_CERTIFICATES 16u
#define CONF_MAX_PROXIES      64u

/* certificate_count 0: no TLS. keys has as many entries, ocsp as many or none. */
struct tls_settings {
	const struct slice *certificates;
	size_t certificate_count;
	const struct slice *keys;
	size_t key_count;
	const struct slice *ocsp;
	size_t ocsp_count;
	enum conf_tls minimum;
	struct slice client_ca; /* ptr NULL: clients are not asked */
	enum conf_client_certificate client_certificate;
};

struct listen_settings {
	struct slice address; /* as written */
	struct slice host;    /* without brackets; views address, so no NUL of its own */
	struct addr addr;     /* what `host` says */
	uint16_t port;        /* 0: the kernel chooses */
	bool ipv6;
	bool loopback;
	struct tls_settings tls;
	enum conf_h2c h2c;
	bool proxy_protocol;
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
	uint64_t streams;      /* 0: off */
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
	uint64_t streams;      /* 0: auto, from the descriptor limit */
	uint64_t connections;  /* 0: auto, from the descriptor limit */
	uint64_t per_address;  /* 0: off */
	uint64_t per_user;     /* 0: off */
	uint64_t per_token;    /* 0: off */
	uint64_t connect_rate; /* a second and address; 0: off */
	uint64_t connect_burst;
	uint64_t emission_rate; /* a second and stream; 0: off */
	uint64_t emission_burst;
	uint64_t memory; /* bytes; 0: off */
	uint64_t topics_per_stream;
	uint64_t replay_events;
	uint64_t replay_bytes;
	uint64_t handshake_timeout_ms;
	uint64_t head_timeout_ms;
	uint64_t body_timeout_ms;
	uint64_t idle_timeout_ms;
	uint64_t write_timeout_ms;
	uint64_t lag_ms;
};

struct http2_settings {
	bool enabled;
	uint64_t streams;
};

/* Entries of trusted: an address, or network/bits. */
struct proxy_settings {
	const struct slice *trusted;
	size_t trusted_count;
	enum conf_proxy_field field;
};

struct history_settings {
	uint64_t memory; /* bytes */
};

struct drain_settings {
	uint64_t delay_ms; /* between "not ready" and the closing of the listeners */
	uint64_t window_ms;
	uint64_t deadline_ms;
};

struct settings {
	struct listen_settings *listen;
	size_t listen_count;
	struct listen_settings admin; /* address.ptr NULL: off */
	uint64_t workers;             /* 0: auto, one a core */
	struct host_rules hosts;
	struct proxy_settings proxies;
	struct cors_rules cors;
	struct auth_settings auth;
	struct publish_settings publish;
	const struct route_settings *routes;
	size_t route_count;
	struct heartbeat_settings heartbeat;
	struct retry_settings retry;
	struct limit_settings limits;
	struct http2_settings http2;
	struct history_settings history;
	struct drain_settings drain;
	unsigned edges; /* set of enum edge */
	bool charset;   /* "; charset=utf-8" behind the media type */
	bool hsts_preload;
	enum conf_preset preset;
	struct slice user; /* ptr NULL: stays who it is */
	bool sandbox;
};

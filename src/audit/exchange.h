/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - one probe on the wire: connect, maybe a tunnel, TLS, request, head, and a span of
 * the body.
 *
 * Never blocks and never waits for an end of a body: each phase has a deadline, and the span ends
 * the last one. The owner polls the descriptor and calls exchange_step.
 */
#pragma once

#include "audit/proxy.h"
#include "audit/recorder.h"
#include "h2/survey.h"
#include "http/url.h"
#include "os/tcp.h"
#include "os/tls_survey.h"

#include <poll.h>

#define EXCHANGE_MAX_FIELDS    20u
#define EXCHANGE_MAX_REQUEST   (64u << 10) /* bytes of a request with its body */
#define EXCHANGE_MAX_ADDRESSES 8u

#define EXCHANGE_CONNECT_MS 4000u /* for one address */
#define EXCHANGE_TUNNEL_MS  8000u /* for the proxy to look up the name and connect */
#define EXCHANGE_TLS_MS     5000u
#define EXCHANGE_SEND_MS    3000u

#define EXCHANGE_LEAST_SPAN_MS 4000u /* of body, however late the head was; or the span */

/* Where a probe goes: what a name was resolved to, or was told to be. */
struct route {
	struct tcp_target targets[EXCHANGE_MAX_ADDRESSES];
	size_t count;
	const char *why;                 /* count 0: the name was not found; static text */
	const struct audit_proxy *proxy; /* whose addresses they are; NULL: the target's own */
};

enum route_family {
	FAMILY_ANY,
	FAMILY_4,
	FAMILY_6,
};

/* What a probe sends. Slices belong to the owner of the plan and outlive the exchange. */
struct probe_spec {
	enum probe_kind kind;
	struct slice variant;
	size_t hop;
	struct url url;
	const struct route *route;
	enum route_family family;
	struct slice method;
	unsigned minor; /* HTTP/1.minor */
	bool h2;
	bool handshake_only;
	enum tls_survey_versions versions;
	struct http_field fields[EXCHANGE_MAX_FIELDS]; /* besides Host */
	size_t field_count;
	/* Of these fields, only where the peer is who it should be, or is this machine. */
	struct http_field secrets[2];
	size_t secret_count;
	struct slice body;    /* ptr NULL: none */
	struct slice target;  /* as the transcript shows it; ptr NULL: url.target */
	bool secret_target;   /* url.target has a secret in it */
	struct slice accept;  /* as the transcript shows it; ptr NULL: none was sent */
	struct slice origin;  /* ptr NULL: none */
	struct slice last_id; /* ptr NULL: none */
	enum probe_credential credential;
	bool origin_allowed;
	bool expect_refusal;
	uint32_t head_ms;  /* from the request to the end of the head */
	uint32_t span_ms;  /* behind the head */
	uint32_t window;   /* of the stream of HTTP/2, bytes; 0: plenty */
	uint32_t delay_ms; /* behind the start of its stage */
};

enum exchange_phase {
	EXCHANGE_DIAL,
	EXCHANGE_TUNNEL_ASK,
	EXCHANGE_TUNNEL,
	EXCHANGE_TLS,
	EXCHANGE_SEND,
	EXCHANGE_HEAD,
	EXCHANGE_BODY,
	EXCHANGE_OVER,
};

struct exchange_env {
	const struct tls_trust *trust;
	const struct recorder_secrets *secrets;
	uint64_t zero_ns; /* monotonic: the start of the run */
};

struct exchange {
	const struct probe_spec *spec;
	const struct exchange_env *env;
	struct transcript *t;
	struct recorder recorder;
	enum exchange_phase phase;
	size_t next; /* address */
	const struct tcp_target *peer;
	int fd;
	int error; /* errno of the last address; 0: none was of the family */
	short events;
	struct tls_client tls;
	struct h2_survey *h2;
	struct buf out;
	uint64_t due_ns;
	uint64_t now_ns;
	bool h2_closed;
	uint32_t h2_goaway_code;
};

/* `spec`, `env` and `t` (zeroed) stay and do not move; neither does `e`. */
void exchange_start(struct exchange *e, const struct probe_spec *spec,
		    const struct exchange_env *env, struct transcript *t, uint64_t now_ns);
/* Goes as far as it can at `now_ns` (monotonic). True when it is over: the transcript is whole. */
bool exchange_step(struct exchange *e, uint64_t now_ns);
/* Ends it as it is. */
void exchange_stop(struct exchange *e, uint64_t now_ns);
struct pollfd exchange_poll(const struct exchange *e);
uint64_t exchange_due_ns(const struct exchange *e);

/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - what the person asked for. All slices outlive the run. */
#pragma once

#include "audit/proxy.h"
#include "audit/run.h"
#include "http/fields.h"
#include "os/tls_survey.h"

#define AUDIT_MAX_RULES_OF_WAY 16u /* --resolve and --connect-to together */

#define AUDIT_TIME_MS          38000u /* the whole, without --soak */
#define AUDIT_QUICK_TIME_MS    4600u
#define AUDIT_DEFAULT_REQUESTS 150         /* bare, for it is also the text of an option */
#define AUDIT_MAX_DATA         (32u << 10) /* bytes of a body: 32 KiB, as complaints say */
#define AUDIT_MAX_CROWD        64u

/* Cookie, Authorization, or both; values are secret. */
struct audit_credential {
	struct http_field fields[2];
	size_t count;
};

/* host:port goes to another address or another name. */
struct audit_way {
	struct slice host; /* empty: any */
	uint16_t port;     /* 0: any */
	struct slice to_host;
	uint16_t to_port; /* 0: the same */
};

enum audit_family {
	AUDIT_ANY_FAMILY,
	AUDIT_IPV4,
	AUDIT_IPV6,
};

struct audit_progress {
	void *ctx;
	/* A probe is over: `done` of `total` known so far. */
	void (*on_probe)(void *ctx, size_t done, size_t total, const struct transcript *t);
};

struct audit_settings {
	struct url url;
	struct slice url_text;
	struct audit_hop vias[AUDIT_MAX_HOPS - 1];
	struct url via_urls[AUDIT_MAX_HOPS - 1];
	size_t via_count;
	enum audit_profile profile;
	bool quick;
	bool inject;
	struct slice origin; /* ptr NULL: none given */
	struct slice data; /* JSON: the stream opens with POST and this body; ptr NULL: with GET */
	struct audit_credential first;
	struct audit_credential second;
	bool has_ticket_url;
	struct url ticket_url;
	bool has_page;
	struct url page;
	struct slice page_text;
	uint64_t soak_ms;
	size_t crowd;     /* streams that are opened at one time, to see how it ends; 0: none */
	uint64_t span_ms; /* a stream is watched for no longer; 0: as probes.def has it */
	struct audit_way ways[AUDIT_MAX_RULES_OF_WAY];
	size_t way_count;
	struct slice unix_socket; /* ptr NULL: none */
	struct audit_proxy proxy; /* of targets with http */
	struct audit_proxy https_proxy;
	struct slice no_proxy; /* asked directly all the same, besides this machine */
	enum audit_family family;
	struct tls_trust *trust; /* owned by the caller */
	size_t max_requests;
	uint64_t delay_ms; /* at least so long between the starts of two requests */
	uint64_t seed;     /* of made-up names */
	int stop_fd;       /* readable: stop; -1: none */
	struct audit_progress progress;
};

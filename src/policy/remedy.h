/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remedy.h - what to do about a rule in the words of one product: policy/remedies.def.
 */
#pragma once

#include "base/slice.h"

/* In the order of a report: who writes the stream first, then who passes it on. */
#define STACK_MAP(X)                                                                               \
	X(STACK_EXPRESS, "express", "Express")                                                     \
	X(STACK_FASTAPI, "fastapi", "FastAPI")                                                     \
	X(STACK_GO, "go", "Go net/http")                                                           \
	X(STACK_NGINX, "nginx", "nginx")                                                           \
	X(STACK_CADDY, "caddy", "Caddy")                                                           \
	X(STACK_HAPROXY, "haproxy", "HAProxy")                                                     \
	X(STACK_APACHE, "apache", "Apache httpd")                                                  \
	X(STACK_ENVOY, "envoy", "Envoy")                                                           \
	X(STACK_CLOUDFLARE, "cloudflare", "Cloudflare")                                            \
	X(STACK_CLOUDFRONT, "cloudfront", "CloudFront")                                            \
	X(STACK_FASTLY, "fastly", "Fastly")                                                        \
	X(STACK_GCP, "gcp", "Google Cloud")                                                        \
	X(STACK_AKAMAI, "akamai", "Akamai")                                                        \
	X(STACK_AZURE, "azure", "Azure")

enum stack {
	STACK_GENERIC, /* none of those below, or not known */
#define X(symbol, name, title) symbol,
	STACK_MAP(X)
#undef X
		STACK_COUNT,
};

/* What rules have in common where it comes to mending. */
enum remedy {
	REMEDY_NONE,
	REMEDY_TYPE,
	REMEDY_ACCEPT,
	REMEDY_BUFFERING,
	REMEDY_CACHE,
	REMEDY_STATUS,
	REMEDY_COMPRESSION,
	REMEDY_HEARTBEAT,
	REMEDY_TOKEN,
	REMEDY_ORIGIN,
	REMEDY_FIELDS,
	REMEDY_COOKIE,
	REMEDY_GRAMMAR,
	REMEDY_RESUME,
	REMEDY_FRAMING,
	REMEDY_HTTP2,
	REMEDY_TLS,
	REMEDY_BANNER,
	REMEDY_PAGE,
	REMEDY_COUNT,
};

/* ptr NULL: there is nothing of that stack's own to say. */
struct slice remedy_text(enum remedy remedy, enum stack stack);
/* "nginx": as an option has it. */
struct slice stack_name(enum stack stack);
/* "Apache httpd": as a person writes it. */
struct slice stack_title(enum stack stack);
/* STACK_COUNT: there is none of that name. Without case. */
enum stack stack_find(struct slice name);

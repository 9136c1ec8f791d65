/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin.h - serialised origins (RFC 6454 7, WHATWG HTML "origin") and Host values.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

/* Bytes of a host name, as DNS has it (RFC 1035 2.3.4). */
#define HOST_MAX 255u

struct origin {
	struct slice scheme; /* as written */
	struct slice host;   /* brackets kept for IPv6 */
	uint16_t port;       /* effective; 0 for a scheme without a known default */
	bool has_port;
};

/*
 * Parses scheme "://" host [":" port] and nothing behind it: no path, no userinfo, no list.
 * "null" is not an origin here; test for it first. Errors: E_SYNTAX.
 */
enum err origin_parse(struct slice s, struct origin *ret_origin);

/* host [":" port] as in the Host field (RFC 9110 7.2). */
struct host_port {
	struct slice host; /* without one trailing dot; brackets kept for IPv6 */
	uint16_t port;
	bool has_port;
};

/* 80 for http; 0 for a scheme without a known default. */
uint16_t origin_default_port(struct slice scheme);

/* Host names are letters, digits, '-', '_' and single dots. Errors: E_SYNTAX. */
enum err host_parse(struct slice s, struct host_port *ret_host);
/* As host_parse, but the host keeps its trailing dot. Errors: E_SYNTAX, E_RANGE (port). */
enum err authority_parse(struct slice s, struct host_port *ret_host);
/* Equal names (ASCII case, trailing dot) and, where `want` has a port, equal ports. */
bool host_matches(struct host_port got, struct host_port want);
/* The root's dot at the end names the same host. */
struct slice host_without_dot(struct slice host);
/* localhost, *.localhost, 127.0.0.0/8, [::1]. */
bool host_is_loopback(struct slice host);
/* An IPv4 or IPv6 literal. */
bool host_is_literal(struct slice host);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver.h - addresses of a host name for service threads (c-ares): literals, the hosts file,
 * then DNS, with a deadline that getaddrinfo does not have.
 *
 * Each lookup has its own channel, so threads share nothing.
 */
#pragma once

#include "os/patience.h"
#include "os/tcp.h"

#define RESOLVER_MAX_ADDRESSES 8u /* of one name; more are not given */

/*
 * Once per process before the first lookup, while there is one thread; and once after the last.
 * Errors: E_NOMEM.
 */
enum err resolver_init(void);
void resolver_fini(void);
/*
 * Addresses of host:port, best first (RFC 6724). `host` has no brackets. localhost and names
 * below it are loopback whatever DNS says (RFC 6761 6.3). `servers`: "ip:port,ip:port" instead of
 * /etc/resolv.conf, NULL for that. On error *ret_why says what is wrong, static text. Errors:
 * E_TOO_BIG, E_NOT_FOUND, E_NOMEM, E_IO (late or stopped).
 */
enum err resolver_lookup(struct slice host, uint16_t port, const char *servers,
			 const struct patience *patience,
			 struct tcp_target ret_targets[RESOLVER_MAX_ADDRESSES], size_t *ret_count,
			 const char **ret_why);
/* True for 127.0.0.0/8 and ::1. */
bool resolver_is_loopback(const struct tcp_target *target);

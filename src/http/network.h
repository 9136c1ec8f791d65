/* SPDX-License-Identifier: Apache-2.0 */
/* network.h - an address or a block of addresses (RFC 4632, RFC 4291 2.3), as a value. */
#pragma once

#include "base/addr.h"
#include "base/err.h"

struct network {
	struct addr addr; /* bits behind the prefix are zero */
	unsigned bits;
};

/*
 * "10.0.0.0/8", "fd00::/8", or an address alone. IPv4 in IPv6 becomes IPv4. Errors: E_SYNTAX,
 * E_RANGE (more bits than the address has, or bits set behind the prefix).
 */
enum err network_parse(struct slice text, struct network *ret);
bool network_contains(const struct network *network, const struct addr *addr);

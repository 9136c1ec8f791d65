/* SPDX-License-Identifier: Apache-2.0 */
/* addr.h - a peer's address as a value: 18 bytes, no socket types. */
#pragma once

#include "base/slice.h"
#include "base/writer.h"

#include <stdint.h>

#define ADDR_KEY_MAX  9u  /* bytes of the key that limits count by */
#define ADDR_TEXT_MAX 48u /* bytes of the longest address as text */

enum addr_family {
	ADDR_NONE, /* not an IP peer: a unix socket, a pipe */
	ADDR_V4,   /* also for IPv4 addresses mapped into IPv6 */
	ADDR_V6,
};

struct addr {
	uint8_t family;
	uint8_t bytes[16]; /* network order; the first 4 for IPv4 */
};

/* IPv4-mapped IPv6 becomes IPv4. */
struct addr addr_v4(const uint8_t bytes[4]);
struct addr addr_v6(const uint8_t bytes[16]);
/*
 * What counts as one address: all of IPv4, the /64 of IPv6 (one household gets that many).
 * `out` has ADDR_KEY_MAX bytes and backs the result.
 */
struct slice addr_key(const struct addr *addr, char out[ADDR_KEY_MAX]);
bool addr_is_loopback(const struct addr *addr);
/* RFC 5952 form; "-" for ADDR_NONE. */
void put_addr(struct writer *w, const struct addr *addr);

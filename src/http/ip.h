/* SPDX-License-Identifier: Apache-2.0 */
/* ip.h - address literals, without the leniency of inet_aton and of zone identifiers. */
#pragma once

#include "base/slice.h"

#include <stdint.h>

/* Four decimal numbers without leading zeros (RFC 3986 3.2.2). */
bool ip4_parse(struct slice s, uint8_t ret_bytes[static 4]);
/* IPv6 without brackets (RFC 4291 2.2), its last 32 bits maybe as IPv4. */
bool ip6_parse(struct slice s, uint8_t ret_bytes[static 16]);

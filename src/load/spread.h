/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spread.h - source addresses for many connections to one loopback listener.
 *
 * One address has about 28,000 ephemeral ports towards one listener; all of 127.0.0.0/8 is ours.
 */
#pragma once

#include <stdint.h>

#define SPREAD_PER_ADDRESS 10000u /* connections; well below the ephemeral ports of one address */

/*
 * The IPv4 source of connection `n` in host order: 127.1.0.1, 127.1.0.2, ... 127.1.1.1, ...;
 * neither .0 nor .255, and again from the start after 127.1.255.254.
 */
uint32_t spread_source(uint64_t n);

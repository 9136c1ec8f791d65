/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_rate.h - a token bucket for each client address that has asked for streams lately.
 *
 * A bucket that is full again says no more than one that was never there: it is taken away when
 * it fills up, by a timer, so the table holds the addresses of the last burst / rate seconds and
 * no others. Where the table is full of buckets that are not, a new address is refused. To give
 * up a bucket in use would let whoever owns many addresses wipe out their debts by turns; and to
 * keep the table full takes CONNECT_RATE_MAX times the rate in requests a second, all of them
 * from different addresses, since a bucket of which one token was taken is full again after one
 * token's time.
 *
 * No locks: the owner's.
 */
#pragma once

#include "base/slice.h"
#include "base/table.h"
#include "base/wheel.h"

#define CONNECT_RATE_MAX (128u << 10) /* addresses: about 16 MiB at the bound */

struct connect_rate {
	struct table buckets;
	struct wheel refills;
	uint64_t now_ms; /* the latest time that anybody told: it does not go back */
};

/* At most `max` addresses. */
void connect_rate_init(struct connect_rate *c, struct siphash_key key, size_t max);
void connect_rate_fini(struct connect_rate *c);
/*
 * Takes one token from the bucket of the address, which holds `burst` and gains `rate` a second.
 * False: it is empty, or a new one cannot be had.
 */
bool connect_rate_take(struct connect_rate *c, struct slice address, uint64_t burst, uint64_t rate,
		       uint64_t now_ms);
/* Addresses that have a bucket. */
size_t connect_rate_count(const struct connect_rate *c);

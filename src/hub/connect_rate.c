/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/connect_rate.h"

#include "base/addr.h"
#include "base/ratelimit.h"
#include "base/require.h"

#include <stdlib.h>
#include <string.h>

#define RECLAIMS 8u /* of one take: more than it may add, so that they never pile up */

struct bucket {
	struct ratelimit limit;
	struct timer full; /* when it need not be kept any longer */
	uint8_t key_len;
	char key[ADDR_KEY_MAX];
};

static struct slice bucket_key(const void *item)
{
	const struct bucket *b = item;

	return (struct slice){b->key, b->key_len};
}

void connect_rate_init(struct connect_rate *c, struct siphash_key key, size_t max)
{
	table_init(&c->buckets, key, bucket_key, max);
	wheel_init(&c->refills, 0);
	c->now_ms = 0;
}

void connect_rate_fini(struct connect_rate *c)
{
	size_t at = 0;

	for (void *b = table_next(&c->buckets, &at); b; b = table_next(&c->buckets, &at))
		free(b);
	table_fini(&c->buckets);
}

static void watch(struct connect_rate *c, struct bucket *b)
{
	uint64_t wait_ms = ratelimit_wait_ms(&b->limit, b->limit.burst);

	wheel_set(&c->refills, &b->full, b->limit.last_ms + wait_ms);
}

static void reclaim(struct connect_rate *c)
{
	for (unsigned i = 0; i < RECLAIMS; i++) {
		struct timer *t = wheel_pop(&c->refills, c->now_ms);

		if (!t)
			return;
		struct bucket *b = container_of(t, struct bucket, full);
		(void)table_remove(&c->buckets, bucket_key(b));
		free(b);
	}
}

static struct bucket *bucket_new(struct connect_rate *c, struct slice address, uint64_t burst,
				 uint64_t rate)
{
	struct bucket *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	require(address.len <= sizeof(b->key));
	memcpy(b->key, address.ptr, address.len);
	b->key_len = (uint8_t)address.len;
	ratelimit_init(&b->limit, burst, rate, c->now_ms);
	if (table_insert(&c->buckets, b)) {
		free(b);
		return NULL;
	}
	return b;
}

bool connect_rate_take(struct connect_rate *c, struct slice address, uint64_t burst, uint64_t rate,
		       uint64_t now_ms)
{
	/* Workers read the clock each for itself: one may be a moment behind another. */
	if (now_ms > c->now_ms)
		c->now_ms = now_ms;
	reclaim(c);
	struct bucket *b = table_find(&c->buckets, address);
	if (!b)
		b = bucket_new(c, address, burst, rate);
	if (!b)
		return false;
	ratelimit_set(&b->limit, burst, rate);
	bool ok = ratelimit_take(&b->limit, 1, c->now_ms);
	watch(c, b);
	return ok;
}

size_t connect_rate_count(const struct connect_rate *c)
{
	return c->buckets.count;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/admit.h"

#include "base/ratelimit.h"
#include "base/require.h"
#include "base/table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ADMIT_MAX_ADDRESSES (4u << 20)

struct address_count {
	uint64_t streams;
	size_t key_len;
	char key[ADDR_KEY_MAX];
};

struct admit {
	pthread_mutex_t lock;
	struct admit_limits limits;
	uint64_t connections;
	uint64_t streams;
	struct table addresses; /* only those that have streams, and only with a limit */
	struct ratelimit publishers[ADMIT_MAX_PUBLISHERS];
};

static struct slice count_key(const void *item)
{
	const struct address_count *c = item;

	return (struct slice){c->key, c->key_len};
}

struct admit *admit_new(struct admit_limits limits, struct siphash_key key)
{
	struct admit *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->limits = limits;
	table_init(&a->addresses, key, count_key, ADMIT_MAX_ADDRESSES);
	for (size_t i = 0; i < ADMIT_MAX_PUBLISHERS; i++)
		ratelimit_init(&a->publishers[i], limits.publish_rate, limits.publish_rate, 0);
	(void)pthread_mutex_init(&a->lock, NULL); /* default attributes cannot fail */
	return a;
}

void admit_free(struct admit *a)
{
	size_t at = 0;

	if (!a)
		return;
	for (void *c = table_next(&a->addresses, &at); c; c = table_next(&a->addresses, &at))
		free(c);
	table_fini(&a->addresses);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

bool admit_connection(struct admit *a)
{
	(void)pthread_mutex_lock(&a->lock);
	bool ok = a->limits.connections == 0 || a->connections < a->limits.connections;
	if (ok)
		a->connections++;
	(void)pthread_mutex_unlock(&a->lock);
	return ok;
}

void admit_connection_end(struct admit *a)
{
	(void)pthread_mutex_lock(&a->lock);
	require(a->connections > 0);
	a->connections--;
	(void)pthread_mutex_unlock(&a->lock);
}

static struct address_count *count_new(struct admit *a, struct slice key)
{
	struct address_count *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	memcpy(c->key, key.ptr, key.len);
	c->key_len = key.len;
	if (table_insert(&a->addresses, c)) {
		free(c);
		return NULL;
	}
	return c;
}

static enum admit_verdict count_address(struct admit *a, struct slice key)
{
	struct address_count *c = table_find(&a->addresses, key);

	if (c && c->streams >= a->limits.per_address)
		return ADMIT_ADDRESS;
	if (!c)
		c = count_new(a, key);
	if (!c)
		return ADMIT_FULL;
	c->streams++;
	return ADMIT_OK;
}

static enum admit_verdict judge(struct admit *a, const struct addr *addr)
{
	char key[ADDR_KEY_MAX];

	if (a->limits.streams > 0 && a->streams >= a->limits.streams)
		return ADMIT_FULL;
	return a->limits.per_address > 0 ? count_address(a, addr_key(addr, key)) : ADMIT_OK;
}

enum admit_verdict admit_stream(struct admit *a, const struct addr *addr)
{
	(void)pthread_mutex_lock(&a->lock);
	enum admit_verdict verdict = judge(a, addr);
	if (verdict == ADMIT_OK)
		a->streams++;
	(void)pthread_mutex_unlock(&a->lock);
	return verdict;
}

static void uncount_address(struct admit *a, struct slice key)
{
	struct address_count *c = table_find(&a->addresses, key);

	require(c && c->streams > 0);
	if (--c->streams > 0)
		return;
	table_remove(&a->addresses, key);
	free(c);
}

void admit_stream_end(struct admit *a, const struct addr *addr)
{
	char key[ADDR_KEY_MAX];

	(void)pthread_mutex_lock(&a->lock);
	require(a->streams > 0);
	a->streams--;
	if (a->limits.per_address > 0)
		uncount_address(a, addr_key(addr, key));
	(void)pthread_mutex_unlock(&a->lock);
}

bool admit_publish(struct admit *a, size_t publisher, uint64_t events, uint64_t now_ms)
{
	uint64_t rate = a->limits.publish_rate;

	if (rate == 0)
		return true;
	require(publisher < ADMIT_MAX_PUBLISHERS);
	(void)pthread_mutex_lock(&a->lock);
	struct ratelimit *r = &a->publishers[publisher];
	/* Workers read the clock each for itself: one may be a moment behind another. */
	uint64_t at_ms = now_ms > r->last_ms ? now_ms : r->last_ms;
	bool ok = ratelimit_take(r, events < rate ? events : rate, at_ms);
	(void)pthread_mutex_unlock(&a->lock);
	return ok;
}

static uint64_t read_locked(struct admit *a, const uint64_t *value)
{
	(void)pthread_mutex_lock(&a->lock);
	uint64_t n = *value;
	(void)pthread_mutex_unlock(&a->lock);
	return n;
}

uint64_t admit_streams(struct admit *a)
{
	return read_locked(a, &a->streams);
}

uint64_t admit_connections(struct admit *a)
{
	return read_locked(a, &a->connections);
}

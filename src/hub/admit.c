/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/admit.h"

#include "base/ratelimit.h"
#include "base/require.h"
#include "hub/connect_rate.h"
#include "hub/counts.h"

#include <pthread.h>
#include <stdlib.h>

#define RELIEF 20u /* memory is short until it is a part of so many below its limit */

struct admit {
	pthread_mutex_t lock;
	struct admit_limits limits;
	uint64_t connections;
	uint64_t streams;
	uint64_t resident; /* bytes */
	bool is_short;
	struct counts counts;
	struct connect_rate connects;
	struct ratelimit publishers[ADMIT_MAX_PUBLISHERS];
};

struct admit *admit_new(struct admit_limits limits, struct siphash_key key)
{
	struct admit *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->limits = limits;
	counts_init(&a->counts, key);
	connect_rate_init(&a->connects, key, CONNECT_RATE_MAX);
	for (size_t i = 0; i < ADMIT_MAX_PUBLISHERS; i++)
		ratelimit_init(&a->publishers[i], limits.publish_rate, limits.publish_rate, 0);
	(void)pthread_mutex_init(&a->lock, NULL); /* default attributes cannot fail */
	return a;
}

void admit_free(struct admit *a)
{
	if (!a)
		return;
	counts_fini(&a->counts);
	connect_rate_fini(&a->connects);
	(void)pthread_mutex_destroy(&a->lock);
	free(a);
}

/* Connections. */

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

/* Streams, before it is known who asks. */

static enum admit_verdict take(struct admit *a, enum count_kind kind, struct slice key,
			       uint64_t limit, enum admit_verdict at_limit)
{
	enum err err = counts_take(&a->counts, kind, key, limit);

	return err == E_RANGE ? at_limit : err ? ADMIT_FULL : ADMIT_OK;
}

static bool is_slow_enough(struct admit *a, struct slice address, uint64_t now_ms)
{
	return a->limits.connect_rate == 0 ||
	       connect_rate_take(&a->connects, address, a->limits.connect_burst,
				 a->limits.connect_rate, now_ms);
}

/* The route is counted; all else is given back where a later step says no. */
static enum admit_verdict take_address(struct admit *a, const struct admit_place *place,
				       uint64_t now_ms)
{
	char memory[ADDR_KEY_MAX];
	struct slice address = addr_key(&place->addr, memory);
	enum admit_verdict verdict =
		take(a, COUNT_ADDRESS, address, a->limits.per_address, ADMIT_ADDRESS);

	if (verdict == ADMIT_OK && !is_slow_enough(a, address, now_ms)) {
		counts_give(&a->counts, COUNT_ADDRESS, address);
		verdict = ADMIT_RATE;
	}
	return verdict;
}

static enum admit_verdict take_place(struct admit *a, const struct admit_place *place,
				     uint64_t now_ms)
{
	if (a->is_short)
		return ADMIT_MEMORY;
	if (a->limits.streams > 0 && a->streams >= a->limits.streams)
		return ADMIT_FULL;
	enum admit_verdict verdict =
		take(a, COUNT_ROUTE, place->route, place->route_limit, ADMIT_ROUTE);
	if (verdict != ADMIT_OK)
		return verdict;
	verdict = take_address(a, place, now_ms);
	if (verdict == ADMIT_OK)
		a->streams++;
	else
		counts_give(&a->counts, COUNT_ROUTE, place->route);
	return verdict;
}

enum admit_verdict admit_stream(struct admit *a, const struct admit_place *place, uint64_t now_ms)
{
	(void)pthread_mutex_lock(&a->lock);
	enum admit_verdict verdict = take_place(a, place, now_ms);
	(void)pthread_mutex_unlock(&a->lock);
	return verdict;
}

void admit_stream_end(struct admit *a, const struct admit_place *place)
{
	char memory[ADDR_KEY_MAX];

	(void)pthread_mutex_lock(&a->lock);
	require(a->streams > 0);
	a->streams--;
	counts_give(&a->counts, COUNT_ADDRESS, addr_key(&place->addr, memory));
	counts_give(&a->counts, COUNT_ROUTE, place->route);
	(void)pthread_mutex_unlock(&a->lock);
}

/* Streams, once it is known who asks. */

static enum admit_verdict take_holder(struct admit *a, const struct admit_holder *holder)
{
	enum admit_verdict verdict = ADMIT_OK;

	if (holder->user.len > 0)
		verdict = take(a, COUNT_USER, holder->user, a->limits.per_user, ADMIT_USER);
	if (verdict != ADMIT_OK || holder->token.len == 0)
		return verdict;
	verdict = take(a, COUNT_TOKEN, holder->token, a->limits.per_token, ADMIT_TOKEN);
	if (verdict != ADMIT_OK && holder->user.len > 0)
		counts_give(&a->counts, COUNT_USER, holder->user);
	return verdict;
}

enum admit_verdict admit_holder(struct admit *a, const struct admit_holder *holder)
{
	if (holder->user.len == 0 && holder->token.len == 0)
		return ADMIT_OK;
	(void)pthread_mutex_lock(&a->lock);
	enum admit_verdict verdict = take_holder(a, holder);
	(void)pthread_mutex_unlock(&a->lock);
	return verdict;
}

void admit_holder_end(struct admit *a, const struct admit_holder *holder)
{
	if (holder->user.len == 0 && holder->token.len == 0)
		return;
	(void)pthread_mutex_lock(&a->lock);
	if (holder->user.len > 0)
		counts_give(&a->counts, COUNT_USER, holder->user);
	if (holder->token.len > 0)
		counts_give(&a->counts, COUNT_TOKEN, holder->token);
	(void)pthread_mutex_unlock(&a->lock);
}

/* Publishers. */

static bool take_events(struct admit *a, size_t publisher, uint64_t events, uint64_t now_ms)
{
	struct ratelimit *r = &a->publishers[publisher];
	uint64_t rate = a->limits.publish_rate;

	if (rate == 0)
		return true;
	/* Workers read the clock each for itself: one may be a moment behind another. */
	return ratelimit_take(r, events < rate ? events : rate,
			      now_ms > r->last_ms ? now_ms : r->last_ms);
}

bool admit_publish(struct admit *a, size_t publisher, uint64_t events, uint64_t now_ms)
{
	require(publisher < ADMIT_MAX_PUBLISHERS);
	(void)pthread_mutex_lock(&a->lock);
	bool ok = take_events(a, publisher, events, now_ms);
	(void)pthread_mutex_unlock(&a->lock);
	return ok;
}

/* Memory. */

static void judge_memory(struct admit *a)
{
	uint64_t limit = a->limits.memory;

	if (limit == 0)
		a->is_short = false;
	else if (a->resident > limit)
		a->is_short = true;
	else if (a->resident <= limit - limit / RELIEF)
		a->is_short = false;
}

void admit_set_resident(struct admit *a, uint64_t bytes)
{
	(void)pthread_mutex_lock(&a->lock);
	a->resident = bytes;
	judge_memory(a);
	(void)pthread_mutex_unlock(&a->lock);
}

bool admit_is_short(struct admit *a)
{
	(void)pthread_mutex_lock(&a->lock);
	bool is_short = a->is_short;
	(void)pthread_mutex_unlock(&a->lock);
	return is_short;
}

/* Limits and numbers. */

/* Where there was no rate the buckets are empty: they begin full. */
static void set_publish_rate(struct admit *a, uint64_t rate)
{
	bool was_off = a->limits.publish_rate == 0;

	for (size_t i = 0; i < ADMIT_MAX_PUBLISHERS; i++) {
		struct ratelimit *r = &a->publishers[i];

		if (was_off)
			ratelimit_init(r, rate, rate, r->last_ms);
		else
			ratelimit_set(r, rate, rate);
	}
}

void admit_set_limits(struct admit *a, struct admit_limits limits)
{
	(void)pthread_mutex_lock(&a->lock);
	set_publish_rate(a, limits.publish_rate);
	a->limits = limits;
	judge_memory(a);
	(void)pthread_mutex_unlock(&a->lock);
}

static uint64_t read_locked(struct admit *a, const uint64_t *value)
{
	(void)pthread_mutex_lock(&a->lock);
	uint64_t n = *value;
	(void)pthread_mutex_unlock(&a->lock);
	return n;
}

uint64_t admit_resident(struct admit *a)
{
	return read_locked(a, &a->resident);
}

uint64_t admit_keys(struct admit *a)
{
	(void)pthread_mutex_lock(&a->lock);
	uint64_t n = a->counts.table.count;
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

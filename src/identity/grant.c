/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/grant.h"

#include "identity/digest.h"

#include <stdlib.h>
#include <string.h>

/* Past grants that one call clears away: more than it adds, few enough that nobody waits. */
#define CLEAR_MAX 16u

enum grant_state {
	STATE_LIVE,
	STATE_SPENT,
	STATE_REVOKED,
};

struct grant {
	struct digest digest;
	struct principal *principal; /* NULL once the grant is good for nothing */
	struct timer expiry;
	struct list lapsed;
	uint64_t expires_ms;
	enum grant_state state;
	size_t route_len;
	char route[];
};

static struct slice grant_key(const void *item)
{
	const struct grant *grant = item;

	return digest_slice(&grant->digest);
}

void grants_init(struct grants *g, struct slice domain, size_t max, struct siphash_key key)
{
	g->domain = domain;
	table_init(&g->table, key, grant_key, max);
	wheel_init(&g->expiries, 0);
	list_init(&g->lapsed);
	(void)pthread_mutex_init(&g->lock, NULL); /* default attributes cannot fail */
}

void grants_fini(struct grants *g)
{
	size_t at = 0;

	for (struct grant *grant = table_next(&g->table, &at); grant;
	     grant = table_next(&g->table, &at)) {
		principal_unref(grant->principal);
		free(grant);
	}
	table_fini(&g->table);
	(void)pthread_mutex_destroy(&g->lock);
}

static void let_go(struct grant *grant, enum grant_state state)
{
	principal_unref(grant->principal);
	grant->principal = NULL;
	grant->state = state;
}

static struct grant *oldest_lapsed(struct grants *g)
{
	if (list_is_empty(&g->lapsed))
		return NULL;
	return container_of(g->lapsed.next, struct grant, lapsed);
}

static void forget(struct grants *g, struct grant *grant)
{
	list_remove(&grant->lapsed);
	table_remove(&g->table, grant_key(grant));
	free(grant);
}

/* Moves what has expired to the remembered ones. */
static void lapse_some(struct grants *g, uint64_t now_ms)
{
	for (unsigned n = 0; n < CLEAR_MAX; n++) {
		struct timer *t = wheel_pop(&g->expiries, now_ms);

		if (!t)
			return;
		struct grant *grant = container_of(t, struct grant, expiry);
		let_go(grant, grant->state);
		list_append(&g->lapsed, &grant->lapsed);
	}
}

static bool is_forgettable(const struct grant *grant, uint64_t now_ms)
{
	return now_ms >= grant->expires_ms && now_ms - grant->expires_ms >= GRANT_REMEMBER_MS;
}

static void clear_some(struct grants *g, uint64_t now_ms)
{
	lapse_some(g, now_ms);
	for (unsigned n = 0; n < CLEAR_MAX; n++) {
		struct grant *grant = oldest_lapsed(g);

		if (!grant || !is_forgettable(grant, now_ms))
			return;
		forget(g, grant);
	}
}

/* A memory is worth less than a new grant: the oldest one goes. */
static bool make_room(struct grants *g)
{
	if (g->table.count < g->table.max)
		return true;
	struct grant *grant = oldest_lapsed(g);
	if (!grant)
		return false;
	forget(g, grant);
	return true;
}

static uint64_t expiry_of(const struct grant_order *order)
{
	uint64_t end_ms = order->principal->facts.expires_ms;
	uint64_t expires_ms = order->now_ms + order->ttl_ms;

	return end_ms > 0 && end_ms < expires_ms ? end_ms : expires_ms;
}

static struct grant *grant_new(const struct grant_order *order, const struct digest *digest)
{
	struct grant *grant = calloc(1, sizeof(*grant) + order->route.len);

	if (!grant)
		return NULL;
	grant->digest = *digest;
	grant->expires_ms = expiry_of(order);
	grant->route_len = order->route.len;
	if (order->route.len > 0)
		memcpy(grant->route, order->route.ptr, order->route.len);
	return grant;
}

static enum err insert(struct grants *g, const struct grant_order *order,
		       const struct digest *digest)
{
	if (table_find(&g->table, digest_slice(digest)))
		return E_EXISTS;
	if (!make_room(g))
		return E_FULL;
	struct grant *grant = grant_new(order, digest);
	if (!grant)
		return E_NOMEM;
	enum err err = table_insert(&g->table, grant);
	if (err) {
		free(grant);
		return err;
	}
	grant->principal = principal_ref(order->principal);
	wheel_set(&g->expiries, &grant->expiry, grant->expires_ms);
	return OK;
}

static enum err check_order(const struct grant_order *order, struct slice random)
{
	if (random.len < GRANT_MIN_RANDOM || random.len > GRANT_MAX_RANDOM)
		return E_RANGE;
	if (order->ttl_ms == 0 || order->ttl_ms > UINT64_MAX - order->now_ms ||
	    principal_is_expired(order->principal, order->now_ms))
		return E_RANGE;
	return order->route.len > GRANT_MAX_ROUTE ? E_TOO_BIG : OK;
}

/* Of the bytes and not of the text: there is one spelling alone. */
static enum err digest_secret(const struct grants *g, struct slice secret, struct digest *ret)
{
	const struct slice parts[] = {g->domain, secret};

	return digest_parts(parts, 2, ret);
}

enum err grants_make(struct grants *g, const struct grant_order *order, struct slice random,
		     struct writer *w)
{
	struct digest digest;
	enum err err = check_order(order, random);

	if (err)
		return err;
	if (w->overflow || w->cap - w->len < BASE64URL_CHARS(random.len))
		return E_NO_SPACE;
	if (digest_secret(g, random, &digest))
		return E_NOMEM;
	(void)pthread_mutex_lock(&g->lock);
	clear_some(g, order->now_ms);
	err = insert(g, order, &digest);
	(void)pthread_mutex_unlock(&g->lock);
	if (!err)
		put_base64url(w, random);
	return err;
}

static enum grant_verdict judge(const struct grant *grant, const struct grant_ask *ask)
{
	if (grant->state == STATE_REVOKED)
		return GRANT_REVOKED;
	if (grant->state == STATE_SPENT)
		return GRANT_SPENT;
	if (ask->now_ms >= grant->expires_ms || !grant->principal)
		return GRANT_EXPIRED;
	if (!slice_eq((struct slice){grant->route, grant->route_len}, ask->route))
		return GRANT_ROUTE;
	if (!rights_allow_all(&grant->principal->facts.subscribe, ask->topics, ask->topic_count))
		return GRANT_TOPICS;
	return GRANT_OK;
}

static enum grant_verdict use_locked(struct grants *g, const struct digest *digest,
				     const struct grant_ask *ask, bool spend,
				     struct principal **ret_principal)
{
	struct grant *grant = table_find(&g->table, digest_slice(digest));

	if (!grant)
		return GRANT_UNKNOWN;
	enum grant_verdict verdict = judge(grant, ask);
	if (verdict == GRANT_OK)
		*ret_principal = principal_ref(grant->principal);
	if (spend && grant->principal && verdict != GRANT_EXPIRED)
		let_go(grant, STATE_SPENT);
	return verdict;
}

static enum grant_verdict read_secret(const struct grants *g, struct slice text,
				      struct digest *ret_digest)
{
	uint8_t secret[GRANT_MAX_RANDOM];
	size_t len;

	if (base64url_decode(text, secret, sizeof(secret), &len) || len < GRANT_MIN_RANDOM)
		return GRANT_MALFORMED;
	if (digest_secret(g, (struct slice){(const char *)secret, len}, ret_digest))
		return GRANT_NO_MEMORY;
	return GRANT_OK;
}

enum grant_verdict grants_use(struct grants *g, const struct grant_ask *ask, bool spend,
			      struct principal **ret_principal)
{
	struct digest digest;
	enum grant_verdict verdict = read_secret(g, ask->text, &digest);

	if (verdict)
		return verdict;
	(void)pthread_mutex_lock(&g->lock);
	clear_some(g, ask->now_ms);
	verdict = use_locked(g, &digest, ask, spend, ret_principal);
	(void)pthread_mutex_unlock(&g->lock);
	return verdict;
}

size_t grants_revoke(struct grants *g, const struct revocation *revocation)
{
	size_t at = 0, n = 0;

	(void)pthread_mutex_lock(&g->lock);
	for (struct grant *grant = table_next(&g->table, &at); grant;
	     grant = table_next(&g->table, &at)) {
		if (!grant->principal || !revocation_hits(revocation, grant->principal))
			continue;
		let_go(grant, STATE_REVOKED);
		n++;
	}
	(void)pthread_mutex_unlock(&g->lock);
	return n;
}

void grants_end(struct grants *g, struct slice text)
{
	struct digest digest;

	if (read_secret(g, text, &digest))
		return;
	(void)pthread_mutex_lock(&g->lock);
	struct grant *grant = table_find(&g->table, digest_slice(&digest));
	if (grant && grant->principal)
		let_go(grant, STATE_REVOKED);
	(void)pthread_mutex_unlock(&g->lock);
}

size_t grants_count(struct grants *g)
{
	(void)pthread_mutex_lock(&g->lock);
	size_t n = g->table.count;
	(void)pthread_mutex_unlock(&g->lock);
	return n;
}

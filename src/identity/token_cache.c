/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/token_cache.h"

#include "base/list.h"
#include "base/table.h"

#include <pthread.h>
#include <stdlib.h>

/* Entries that a put looks at for one to drop: past that the next one goes, asked for or not. */
#define CLOCK_MAX 16u

struct entry {
	struct digest key;
	struct principal *principal;
	uint64_t fresh_until_ms;
	struct list link;
	bool asked; /* since the clock's hand last passed */
};

struct token_cache {
	pthread_mutex_t lock;
	uint64_t ttl_ms;
	struct table table;
	struct list ring; /* the hand is at the front: second chance, a clock by another name */
};

static struct slice entry_key(const void *item)
{
	const struct entry *e = item;

	return digest_slice(&e->key);
}

enum err token_cache_key(const struct token_source *source, struct digest *ret_key)
{
	const struct slice parts[] = {source->issuer, source->key_id, source->token};

	return digest_parts(parts, sizeof(parts) / sizeof(parts[0]), ret_key);
}

struct token_cache *token_cache_new(size_t max, uint64_t ttl_ms, struct siphash_key key)
{
	struct token_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->ttl_ms = ttl_ms < TOKEN_CACHE_MAX_TTL ? ttl_ms : TOKEN_CACHE_MAX_TTL;
	table_init(&c->table, key, entry_key, max);
	list_init(&c->ring);
	(void)pthread_mutex_init(&c->lock, NULL); /* default attributes cannot fail */
	return c;
}

static void drop(struct token_cache *c, struct entry *e)
{
	list_remove(&e->link);
	table_remove(&c->table, entry_key(e));
	principal_unref(e->principal);
	free(e);
}

static struct entry *front(struct token_cache *c)
{
	if (list_is_empty(&c->ring))
		return NULL;
	return container_of(c->ring.next, struct entry, link);
}

void token_cache_free(struct token_cache *c)
{
	if (!c)
		return;
	for (struct entry *e = front(c); e; e = front(c))
		drop(c, e);
	table_fini(&c->table);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

static struct principal *find_locked(struct token_cache *c, const struct digest *key,
				     uint64_t now_ms)
{
	struct entry *e = table_find(&c->table, digest_slice(key));

	if (!e)
		return NULL;
	if (now_ms >= e->fresh_until_ms) {
		drop(c, e);
		return NULL;
	}
	e->asked = true;
	return principal_ref(e->principal);
}

struct principal *token_cache_find(struct token_cache *c, const struct digest *key, uint64_t now_ms)
{
	(void)pthread_mutex_lock(&c->lock);
	struct principal *p = find_locked(c, key, now_ms);
	(void)pthread_mutex_unlock(&c->lock);
	return p;
}

/* Drops what is no longer fresh at the hand, so that a quiet cache does not keep principals. */
static void drop_stale(struct token_cache *c, uint64_t now_ms)
{
	for (unsigned n = 0; n < CLOCK_MAX; n++) {
		struct entry *e = front(c);

		if (!e || now_ms < e->fresh_until_ms)
			return;
		drop(c, e);
	}
}

static void make_room(struct token_cache *c)
{
	struct entry *e = front(c);

	if (c->table.count < c->table.max)
		return;
	for (unsigned n = 0; e && e->asked && n < CLOCK_MAX; n++) {
		e->asked = false;
		list_remove(&e->link);
		list_append(&c->ring, &e->link);
		e = front(c);
	}
	if (e)
		drop(c, e);
}

static uint64_t fresh_until(const struct token_cache *c, const struct principal *p, uint64_t now_ms)
{
	uint64_t until_ms = now_ms + c->ttl_ms;
	uint64_t expires_ms = p->facts.expires_ms;

	return expires_ms > 0 && expires_ms < until_ms ? expires_ms : until_ms;
}

static void insert(struct token_cache *c, const struct digest *key, struct principal *p,
		   uint64_t fresh_until_ms)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return;
	e->key = *key;
	e->fresh_until_ms = fresh_until_ms;
	if (table_insert(&c->table, e)) {
		free(e);
		return;
	}
	e->principal = principal_ref(p);
	list_append(&c->ring, &e->link);
}

void token_cache_put(struct token_cache *c, const struct digest *key, struct principal *p,
		     uint64_t now_ms)
{
	uint64_t until_ms = fresh_until(c, p, now_ms);

	if (until_ms <= now_ms)
		return;
	(void)pthread_mutex_lock(&c->lock);
	struct entry *old = table_find(&c->table, digest_slice(key));
	if (old)
		drop(c, old);
	drop_stale(c, now_ms);
	make_room(c);
	insert(c, key, p, until_ms);
	(void)pthread_mutex_unlock(&c->lock);
}

size_t token_cache_revoke(struct token_cache *c, const struct revocation *revocation)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&c->lock);
	for (struct list *l = c->ring.next, *next; l != &c->ring; l = next) {
		struct entry *e = container_of(l, struct entry, link);

		next = l->next;
		if (!revocation_hits(revocation, e->principal))
			continue;
		drop(c, e);
		n++;
	}
	(void)pthread_mutex_unlock(&c->lock);
	return n;
}

size_t token_cache_count(struct token_cache *c)
{
	(void)pthread_mutex_lock(&c->lock);
	size_t n = c->table.count;
	(void)pthread_mutex_unlock(&c->lock);
	return n;
}

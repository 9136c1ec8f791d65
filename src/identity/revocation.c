/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/revocation.h"

#include "base/list.h"
#include "base/require.h"
#include "base/table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A kind, then the id: one table for the three kinds. */
#define MAX_KEY (1u + REVOCATIONS_MAX_ID)

struct entry {
	struct list link;
	uint64_t at_ms;
	uint64_t keep_until_ms;
	size_t key_len;
	char key[];
};

struct revocations {
	pthread_mutex_t lock;
	uint64_t keep_ms;
	struct table table;
	struct list by_change; /* of all entries, the last to be added or moved at the end */
	atomic_uint_fast64_t generation;
};

struct slice revocation_kind_name(enum revocation_kind kind)
{
	switch (kind) {
	case REVOKE_SUBJECT:
		return SLICE("subject");
	case REVOKE_SID:
		return SLICE("sid");
	case REVOKE_JTI:
		return SLICE("jti");
	}
	unreachable();
}

static struct slice id_of(const struct principal *p, enum revocation_kind kind)
{
	switch (kind) {
	case REVOKE_SUBJECT:
		return p->facts.subject;
	case REVOKE_SID:
		return p->facts.sid;
	case REVOKE_JTI:
		return p->facts.jti;
	}
	unreachable();
}

static bool is_in_time(enum revocation_kind kind, uint64_t at_ms, const struct principal *p)
{
	return kind != REVOKE_SUBJECT || p->facts.issued_ms < at_ms;
}

bool revocation_hits(const struct revocation *revocation, const struct principal *p)
{
	return revocation->id.len > 0 && slice_eq(revocation->id, id_of(p, revocation->kind)) &&
	       is_in_time(revocation->kind, revocation->at_ms, p);
}

static struct slice entry_key(const void *item)
{
	const struct entry *e = item;

	return (struct slice){e->key, e->key_len};
}

/* `id` is not empty and no longer than the maximum. */
static struct slice make_key(char out[MAX_KEY], enum revocation_kind kind, struct slice id)
{
	out[0] = (char)kind;
	memcpy(out + 1, id.ptr, id.len);
	return (struct slice){out, 1 + id.len};
}

struct revocations *revocations_new(size_t max, uint64_t keep_ms, struct siphash_key key)
{
	struct revocations *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->keep_ms = keep_ms;
	table_init(&r->table, key, entry_key, max);
	list_init(&r->by_change);
	atomic_init(&r->generation, 0);
	(void)pthread_mutex_init(&r->lock, NULL); /* default attributes cannot fail */
	return r;
}

static void forget(struct revocations *r, struct entry *e)
{
	list_remove(&e->link);
	table_remove(&r->table, entry_key(e));
	free(e);
}

static struct entry *first_entry(struct revocations *r)
{
	if (list_is_empty(&r->by_change))
		return NULL;
	return container_of(r->by_change.next, struct entry, link);
}

void revocations_free(struct revocations *r)
{
	if (!r)
		return;
	for (struct entry *e = first_entry(r); e; e = first_entry(r))
		forget(r, e);
	table_fini(&r->table);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

/*
 * By order of change: one that waits behind another is kept longer, by REVOCATIONS_MAX_AHEAD at
 * most as long as the clock does not go back.
 */
static void forget_old(struct revocations *r, uint64_t now_ms)
{
	for (struct entry *e = first_entry(r); e && e->keep_until_ms <= now_ms; e = first_entry(r))
		forget(r, e);
}

static struct entry *entry_new(struct slice key)
{
	struct entry *e = calloc(1, sizeof(*e) + key.len);

	if (!e)
		return NULL;
	e->key_len = key.len;
	memcpy(e->key, key.ptr, key.len);
	return e;
}

static enum err find_or_add(struct revocations *r, struct slice key, struct entry **ret_entry)
{
	struct entry *e = table_find(&r->table, key);

	if (!e) {
		e = entry_new(key);
		if (!e)
			return E_NOMEM;
		enum err err = table_insert(&r->table, e);
		if (err) {
			free(e);
			return err;
		}
	}
	*ret_entry = e;
	return OK;
}

/* The last instant at which a credential can live that was issued until `at_ms`. */
static uint64_t last_life(const struct revocations *r, uint64_t at_ms)
{
	if (r->keep_ms == 0 || r->keep_ms > UINT64_MAX - at_ms)
		return UINT64_MAX;
	return at_ms + r->keep_ms;
}

static enum err add_locked(struct revocations *r, struct slice key, uint64_t at_ms, uint64_t now_ms)
{
	uint64_t until_ms = last_life(r, at_ms > now_ms ? at_ms : now_ms);
	struct entry *e;

	forget_old(r, now_ms);
	enum err err = find_or_add(r, key, &e);
	if (err)
		return err;
	if (at_ms > e->at_ms)
		e->at_ms = at_ms;
	if (until_ms > e->keep_until_ms)
		e->keep_until_ms = until_ms;
	list_remove(&e->link);
	list_append(&r->by_change, &e->link);
	return OK;
}

enum err revocations_add(struct revocations *r, const struct revocation *revocation,
			 uint64_t now_ms)
{
	char text[MAX_KEY];

	if (revocation->id.len == 0)
		return E_RANGE;
	if (revocation->at_ms > now_ms && revocation->at_ms - now_ms > REVOCATIONS_MAX_AHEAD)
		return E_RANGE;
	if (revocation->id.len > REVOCATIONS_MAX_ID)
		return E_TOO_BIG;
	struct slice key = make_key(text, revocation->kind, revocation->id);
	(void)pthread_mutex_lock(&r->lock);
	enum err err = add_locked(r, key, revocation->at_ms, now_ms);
	/* After the entry: who sees the new number finds it. */
	if (!err)
		atomic_fetch_add_explicit(&r->generation, 1, memory_order_release);
	(void)pthread_mutex_unlock(&r->lock);
	return err;
}

static bool kind_hits(struct revocations *r, enum revocation_kind kind, const struct principal *p)
{
	struct slice id = id_of(p, kind);
	char text[MAX_KEY];

	if (id.len == 0)
		return false;
	const struct entry *e = table_find(&r->table, make_key(text, kind, id));
	return e && is_in_time(kind, e->at_ms, p);
}

bool revocations_hit(struct revocations *r, const struct principal *p)
{
	(void)pthread_mutex_lock(&r->lock);
	bool hit = kind_hits(r, REVOKE_SUBJECT, p) || kind_hits(r, REVOKE_SID, p) ||
		   kind_hits(r, REVOKE_JTI, p);
	(void)pthread_mutex_unlock(&r->lock);
	return hit;
}

uint64_t revocations_generation(const struct revocations *r)
{
	return atomic_load_explicit(&r->generation, memory_order_acquire);
}

size_t revocations_count(struct revocations *r)
{
	(void)pthread_mutex_lock(&r->lock);
	size_t n = r->table.count;
	(void)pthread_mutex_unlock(&r->lock);
	return n;
}

void revocations_each(struct revocations *r,
		      void (*visit)(void *arg, const struct revocation *revocation), void *arg)
{
	(void)pthread_mutex_lock(&r->lock);
	for (struct list *l = r->by_change.next; l != &r->by_change; l = l->next) {
		const struct entry *e = container_of(l, struct entry, link);
		struct revocation revocation = {
			.kind = (enum revocation_kind)e->key[0],
			.id = {e->key + 1, e->key_len - 1},
			.at_ms = e->at_ms,
		};

		visit(arg, &revocation);
	}
	(void)pthread_mutex_unlock(&r->lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"

#include "base/require.h"

#include <stdlib.h>

#define TABLE_FIRST 16u /* slots of the first allocation */

void table_init(struct table *t, struct siphash_key key, table_key_fn key_of, size_t max)
{
	*t = (struct table){.key = key, .key_of = key_of, .max = max};
}

void table_fini(struct table *t)
{
	free(t->slots);
	table_init(t, t->key, t->key_of, t->max);
}

/* The slot that holds `key`, or the free one where a probe for it ends. */
static size_t probe(const struct table *t, uint64_t hash, struct slice key)
{
	size_t mask = t->cap - 1;
	size_t i = (size_t)hash & mask;

	while (t->slots[i].item) {
		if (t->slots[i].hash == hash && slice_eq(t->key_of(t->slots[i].item), key))
			break;
		i = (i + 1) & mask;
	}
	return i;
}

void *table_find(const struct table *t, struct slice key)
{
	if (t->count == 0)
		return NULL;
	return t->slots[probe(t, siphash(t->key, key), key)].item;
}

static enum err grow(struct table *t)
{
	size_t cap = t->cap ? t->cap * 2 : TABLE_FIRST;
	struct table_slot *slots = calloc(cap, sizeof(*slots));

	if (!slots)
		return E_NOMEM;
	for (size_t i = 0; i < t->cap; i++) {
		if (!t->slots[i].item)
			continue;
		size_t at = (size_t)t->slots[i].hash & (cap - 1);
		while (slots[at].item)
			at = (at + 1) & (cap - 1);
		slots[at] = t->slots[i];
	}
	free(t->slots);
	t->slots = slots;
	t->cap = cap;
	return OK;
}

enum err table_insert(struct table *t, void *item)
{
	struct slice key = t->key_of(item);

	if (t->count >= t->max)
		return E_FULL;
	/* At most 3/4 full: a probe ends soon. */
	if (t->count + 1 > t->cap / 4 * 3) {
		enum err err = grow(t);

		if (err)
			return err;
	}
	uint64_t hash = siphash(t->key, key);
	size_t at = probe(t, hash, key);
	require(!t->slots[at].item);
	t->slots[at] = (struct table_slot){hash, item};
	t->count++;
	return OK;
}

/* Closes the hole so that no probe stops short (backward shift deletion). */
static void close_hole(struct table *t, size_t hole)
{
	size_t mask = t->cap - 1;

	for (size_t i = (hole + 1) & mask; t->slots[i].item; i = (i + 1) & mask) {
		size_t home = (size_t)t->slots[i].hash & mask;

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			t->slots[hole] = t->slots[i];
			hole = i;
		}
	}
	t->slots[hole].item = NULL;
}

void *table_remove(struct table *t, struct slice key)
{
	if (t->count == 0)
		return NULL;
	size_t at = probe(t, siphash(t->key, key), key);
	void *item = t->slots[at].item;
	if (!item)
		return NULL;
	close_hole(t, at);
	t->count--;
	return item;
}

void *table_next(const struct table *t, size_t *at)
{
	while (*at < t->cap) {
		void *item = t->slots[(*at)++].item;

		if (item)
			return item;
	}
	return NULL;
}

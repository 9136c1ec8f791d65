/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - hash table from bytes to items, keyed by SipHash, with a maximum.
 *
 * The table stores pointers; an item holds its own key, which `key_of` finds.
 * Items and keys belong to the caller and must outlive their entry. One thread.
 */
#pragma once

#include "base/err.h"
#include "base/siphash.h"
#include "base/slice.h"

typedef struct slice (*table_key_fn)(const void *item);

struct table_slot {
	uint64_t hash;
	void *item; /* NULL: free */
};

struct table {
	struct table_slot *slots;
	size_t cap; /* power of two, or 0 before the first insert */
	size_t count;
	size_t max; /* items */
	table_key_fn key_of;
	struct siphash_key key;
};

/* Allocates nothing. `key` must be random where peers choose the keys. */
void table_init(struct table *t, struct siphash_key key, table_key_fn key_of, size_t max);
/* Frees the slots, not the items. */
void table_fini(struct table *t);

/* NULL if absent. */
void *table_find(const struct table *t, struct slice key);
/*
 * Adds `item`; its key must be absent. Errors: E_FULL at the maximum, E_NOMEM.
 */
enum err table_insert(struct table *t, void *item);
/* Takes the item with `key` out and returns it; NULL if absent. */
void *table_remove(struct table *t, struct slice key);
/*
 * Walks the items in no order: start with *at = 0, NULL ends. Inserting or
 * removing during a walk is a programmer error.
 */
void *table_next(const struct table *t, size_t *at);

/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/group.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SEQS 8u /* numbers of the first ring of a topic; a power of two */

struct slice topic_key(const void *item)
{
	const struct topic *t = item;

	return (struct slice){t->name, t->name_len};
}

struct topic *topic_find(const struct view *v, struct slice name)
{
	return table_find(&v->topics, name);
}

static struct topic *topic_new(struct slice name)
{
	struct topic *t = calloc(1, sizeof(*t) + name.len);

	if (!t)
		return NULL;
	t->name_len = name.len;
	memcpy(t->name, name.ptr, name.len);
	return t;
}

static void topic_free(struct topic *t)
{
	free(t->groups);
	free(t->seqs);
	free(t);
}

static enum err join_matching(struct view *v, struct topic *t)
{
	for (struct list *l = v->wild.next; l != &v->wild; l = l->next) {
		struct group *g = container_of(l, struct group, wild_link);

		if (topic_join_if_matches(t, g))
			return E_NOMEM;
	}
	return OK;
}

struct topic *topic_get(struct view *v, struct slice name)
{
	struct topic *t = topic_find(v, name);

	if (t)
		return t;
	t = topic_new(name);
	if (!t)
		return NULL;
	if (join_matching(v, t) || table_insert(&v->topics, t)) {
		topic_free(t);
		return NULL;
	}
	return t;
}

void topic_drop_if_unused(struct view *v, struct topic *t)
{
	if (t->pins > 0 || t->seq_count > 0)
		return;
	table_remove(&v->topics, topic_key(t));
	topic_free(t);
}

uint64_t topic_seq(const struct topic *t, uint32_t index)
{
	return t->seqs[(t->seq_at + index) & (t->seq_cap - 1)];
}

static enum err ring_grow(struct topic *t)
{
	uint32_t cap = t->seq_cap ? t->seq_cap * 2 : FIRST_SEQS;
	uint64_t *seqs = malloc(cap * sizeof(*seqs));

	if (!seqs)
		return E_NOMEM;
	for (uint32_t i = 0; i < t->seq_count; i++)
		seqs[i] = topic_seq(t, i);
	free(t->seqs);
	t->seqs = seqs;
	t->seq_at = 0;
	t->seq_cap = cap;
	return OK;
}

enum err topic_push(struct topic *t, uint64_t seq)
{
	if (t->seq_count == t->seq_cap) {
		enum err err = ring_grow(t);

		if (err)
			return err;
	}
	t->seqs[(t->seq_at + t->seq_count++) & (t->seq_cap - 1)] = seq;
	return OK;
}

void topic_trim(struct topic *t, uint64_t oldest_seq)
{
	while (t->seq_count > 0 && topic_seq(t, 0) < oldest_seq) {
		t->seq_at = (t->seq_at + 1) & (t->seq_cap - 1);
		t->seq_count--;
	}
}

uint32_t topic_lower_bound(const struct topic *t, uint64_t seq)
{
	uint32_t low = 0, high = t->seq_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (topic_seq(t, mid) < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

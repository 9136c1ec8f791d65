/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/group.h"

#include "base/require.h"

#include <stdlib.h>

void view_init(struct view *v, struct log *log, struct siphash_key key)
{
	*v = (struct view){.log = log, .oldest = log_oldest(log)};
	v->head = v->oldest;
	v->oldest_seq = v->oldest->first_seq;
	v->next_seq = v->oldest_seq;
	table_init(&v->topics, key, topic_key, SIZE_MAX / 2);
	table_init(&v->groups, key, group_key, VIEW_MAX_GROUPS);
	list_init(&v->wild);
	list_init(&v->dirty);
}

/* Topics are bounded by what the log keeps and what groups name. */
void view_fini(struct view *v)
{
	const struct batch *batch;
	size_t at = 0;

	/* An open round still holds groups that nobody is in any more. */
	(void)view_round_next(v, &batch);
	require(v->groups.count == 0);
	for (struct topic *t = table_next(&v->topics, &at); t; t = table_next(&v->topics, &at)) {
		free(t->groups);
		free(t->seqs);
		free(t);
	}
	table_fini(&v->topics);
	table_fini(&v->groups);
	log_segment_unref(v->oldest);
	v->oldest = NULL;
}

enum err view_subscribe(struct view *v, struct subscriber *sub, struct slice *patterns, size_t n,
			bool sees_private)
{
	require(n >= 1 && n <= TOPIC_MAX_SET && !sub->group);
	struct group *g = group_get(v, patterns, n, sees_private);
	if (!g)
		return E_NOMEM;
	enum err err = group_add(g, sub);
	if (err) {
		group_drop_if_empty(v, g);
		return err;
	}
	sub->live = true;
	sub->cursor = v->next_seq;
	return OK;
}

/*
 * While the group is being served from the end of its array, the hole of a subscriber that is
 * still to come must be filled by another one still to come, not by one that was served.
 */
static void keep_order(struct view *v, struct group *g, struct subscriber *sub)
{
	if (v->serving != g || sub->slot >= v->serving_left)
		return;
	struct subscriber *other = g->subs[--v->serving_left];
	uint32_t hole = sub->slot;

	g->subs[hole] = other;
	g->subs[other->slot] = sub;
	sub->slot = other->slot;
	other->slot = hole;
}

void view_unsubscribe(struct view *v, struct subscriber *sub)
{
	struct group *g = sub->group;

	if (!g)
		return;
	keep_order(v, g, sub);
	group_remove(g, sub);
	group_drop_if_empty(v, g);
}

static unsigned visible(const struct log_segment *s)
{
	return atomic_load_explicit(&s->count, memory_order_acquire);
}

static struct log_segment *next_segment(const struct log_segment *s)
{
	return atomic_load_explicit(&s->next, memory_order_acquire);
}

bool view_has_news(const struct view *v)
{
	const struct log_segment *s = v->head;

	return s->first_seq + visible(s) > v->next_seq || next_segment(s);
}

/* Follows the log's own trimming, a segment at a time. Not while a round is open. */
static void trim(struct view *v)
{
	uint64_t oldest_seq = log_oldest_seq(v->log);

	while (v->oldest_seq < oldest_seq && v->oldest != v->head) {
		struct log_segment *gone = v->oldest;
		struct log_segment *next = next_segment(gone);
		unsigned count = visible(gone);

		for (unsigned i = 0; i < count; i++) {
			const struct log_entry *e = gone->entries[i];

			for (size_t j = 0; j < e->topic_count; j++) {
				struct topic *t = topic_find(v, e->topics[j]);

				if (!t)
					continue;
				topic_trim(t, next->first_seq);
				topic_drop_if_unused(v, t);
			}
		}
		v->oldest = log_segment_ref(next);
		v->oldest_seq = next->first_seq;
		log_segment_unref(gone);
	}
}

/* The entry after the last round, moving on to the next segment; NULL at the end of the log. */
static const struct log_entry *next_entry(struct view *v)
{
	struct log_segment *s = v->head;

	while (v->next_seq - s->first_seq >= visible(s)) {
		struct log_segment *next = next_segment(s);

		if (!next)
			return NULL;
		/* Entries may have become visible between the two loads. */
		if (v->next_seq - s->first_seq < visible(s))
			break;
		s = next;
		v->head = s;
	}
	return s->entries[v->next_seq - s->first_seq];
}

static bool takes(const struct group *g, const struct log_entry *e)
{
	return g->sub_count > 0 && (!e->is_private || g->sees_private);
}

static enum err batch_ready(struct view *v, struct group *g)
{
	if (g->batch)
		return OK;
	g->batch = malloc(sizeof(*g->batch));
	if (!g->batch)
		return E_NOMEM;
	batch_clear(g->batch);
	list_append(&v->dirty, &g->dirty_link);
	return OK;
}

static enum err batches_ready(struct view *v, const struct topic *t, const struct log_entry *e)
{
	for (uint32_t i = 0; i < t->group_count; i++) {
		if (takes(t->groups[i], e) && batch_ready(v, t->groups[i]))
			return E_NOMEM;
	}
	return OK;
}

static enum err topic_index(struct topic *t, uint64_t seq)
{
	if (t->seq_count > 0 && topic_seq(t, t->seq_count - 1) == seq)
		return OK;
	return topic_push(t, seq);
}

/* All that needs memory: a failure here leaves the round at the entry before, for everybody. */
static enum err prepare(struct view *v, const struct log_entry *e)
{
	for (size_t i = 0; i < e->topic_count; i++) {
		struct topic *t = topic_get(v, e->topics[i]);

		if (!t || topic_index(t, e->seq) || batches_ready(v, t, e))
			return E_NOMEM;
	}
	return OK;
}

static void give(const struct group *g, const struct log_entry *e)
{
	struct batch *b = g->batch;

	/* An entry on two topics of one group is one entry. */
	if (b->count > 0 && b->entries[b->count - 1] == e)
		return;
	bool added = batch_add(b, e, VIEW_ROUND_ENTRIES);
	require(added); /* the round has the same maxima */
}

static void distribute(struct view *v, const struct log_entry *e)
{
	for (size_t i = 0; i < e->topic_count; i++) {
		const struct topic *t = topic_find(v, e->topics[i]);

		for (uint32_t j = 0; t && j < t->group_count; j++) {
			if (takes(t->groups[j], e))
				give(t->groups[j], e);
		}
	}
}

bool view_round_is_open(const struct view *v)
{
	return v->serving || !list_is_empty(&v->dirty);
}

bool view_round_begin(struct view *v)
{
	size_t bytes = 0;

	require(!view_round_is_open(v));
	trim(v);
	v->round_first = v->next_seq;
	for (size_t n = 0; n < VIEW_ROUND_ENTRIES; n++) {
		const struct log_entry *e = next_entry(v);

		if (!e || (n > 0 && bytes + e->wire_len > VIEW_ROUND_BYTES))
			break;
		if (prepare(v, e))
			break;
		bytes += e->wire_len;
		distribute(v, e);
		v->next_seq = e->seq + 1;
	}
	return v->next_seq > v->round_first || view_round_is_open(v);
}

static void serve_next_group(struct view *v)
{
	struct group *done = v->serving;

	v->serving = NULL;
	if (done) {
		free(done->batch);
		done->batch = NULL;
		group_drop_if_empty(v, done);
	}
	if (list_is_empty(&v->dirty))
		return;
	v->serving = container_of(v->dirty.next, struct group, dirty_link);
	list_remove(&v->serving->dirty_link);
	v->serving->batch->end_seq = v->next_seq;
	v->serving_left = v->serving->sub_count;
}

struct subscriber *view_round_next(struct view *v, const struct batch **ret_batch)
{
	for (;;) {
		while (v->serving && v->serving_left > 0) {
			struct subscriber *sub = v->serving->subs[--v->serving_left];

			/* Who joined during the round, or fell behind, does not want it. */
			if (!sub->live || sub->cursor > v->round_first)
				continue;
			/* No memory came between the batch and its first entry. */
			if (v->serving->batch->count == 0)
				continue;
			*ret_batch = v->serving->batch;
			return sub;
		}
		if (!view_round_is_open(v))
			return NULL;
		serve_next_group(v);
	}
}

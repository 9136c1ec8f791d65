/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/group.h"

#include "base/require.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 4u /* elements of the first array of a group or a topic */

struct slice group_key(const void *item)
{
	const struct group *g = item;

	return (struct slice){g->key, g->key_len};
}

size_t group_patterns(const struct group *g, const struct slice **ret_patterns)
{
	*ret_patterns = g->patterns;
	return g->pattern_count;
}

static int compare(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static size_t sort_unique(struct slice *patterns, size_t n)
{
	size_t kept = 0;

	qsort(patterns, n, sizeof(*patterns), compare);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !slice_eq(patterns[i], patterns[kept - 1]))
			patterns[kept++] = patterns[i];
	}
	return kept;
}

/* Sets the key, and the patterns as slices of it. */
static void set_key(struct group *g, const struct slice *patterns, size_t n)
{
	char *at = g->key;

	*at++ = g->sees_private ? 'a' : 'p';
	for (size_t i = 0; i < n; i++) {
		memcpy(at, patterns[i].ptr, patterns[i].len);
		g->patterns[i] = (struct slice){at, patterns[i].len};
		at[patterns[i].len] = '\0';
		at += patterns[i].len + 1;
		g->is_wild |= topic_pattern_is_wild(patterns[i]);
	}
	g->pattern_count = n;
	g->key_len = (size_t)(at - g->key);
}

static struct group *group_new(const struct slice *patterns, size_t n, bool sees_private)
{
	size_t key_len = 1;

	for (size_t i = 0; i < n; i++)
		key_len += patterns[i].len + 1;
	struct group *g = calloc(1, sizeof(*g) + key_len);
	if (!g)
		return NULL;
	g->sees_private = sees_private;
	set_key(g, patterns, n);
	return g;
}

static enum err topic_join(struct topic *t, struct group *g)
{
	for (uint32_t i = 0; i < t->group_count; i++) {
		if (t->groups[i] == g)
			return OK;
	}
	if (t->group_count == t->group_cap) {
		uint32_t cap = t->group_cap ? t->group_cap * 2 : FIRST_CAP;
		struct group **groups = calloc(cap, sizeof(struct group *));

		if (!groups)
			return E_NOMEM;
		if (t->group_count > 0)
			memcpy(groups, t->groups, t->group_count * sizeof(struct group *));
		free(t->groups);
		t->groups = groups;
		t->group_cap = cap;
	}
	t->groups[t->group_count++] = g;
	return OK;
}

static void topic_leave(struct topic *t, const struct group *g)
{
	for (uint32_t i = 0; i < t->group_count; i++) {
		if (t->groups[i] == g) {
			t->groups[i] = t->groups[--t->group_count];
			return;
		}
	}
}

static bool name_matches(const struct group *g, struct slice topic)
{
	for (size_t i = 0; i < g->pattern_count; i++) {
		if (topic_matches(g->patterns[i], topic))
			return true;
	}
	return false;
}

enum err topic_join_if_matches(struct topic *t, struct group *g)
{
	return name_matches(g, topic_key(t)) ? topic_join(t, g) : OK;
}

bool group_wants(const struct group *g, const struct log_entry *entry)
{
	if (entry->is_private && !g->sees_private)
		return false;
	for (size_t i = 0; i < entry->topic_count; i++) {
		if (name_matches(g, entry->topics[i]))
			return true;
	}
	return false;
}

/* Exact names pin their topic: its entries are indexed for catch-up from now on. */
static enum err join_exact(struct view *v, struct group *g)
{
	for (; g->pinned < g->pattern_count; g->pinned++) {
		struct slice name = g->patterns[g->pinned];

		if (topic_pattern_is_wild(name))
			continue;
		struct topic *t = topic_get(v, name);
		if (!t)
			return E_NOMEM;
		if (topic_join(t, g)) {
			topic_drop_if_unused(v, t);
			return E_NOMEM;
		}
		t->pins++;
	}
	return OK;
}

static enum err join_wild(struct view *v, struct group *g)
{
	size_t at = 0;

	if (!g->is_wild)
		return OK;
	list_append(&v->wild, &g->wild_link);
	for (struct topic *t = table_next(&v->topics, &at); t; t = table_next(&v->topics, &at)) {
		if (topic_join_if_matches(t, g))
			return E_NOMEM;
	}
	return OK;
}

static void leave_exact(struct view *v, struct group *g)
{
	for (size_t i = 0; i < g->pinned; i++) {
		if (topic_pattern_is_wild(g->patterns[i]))
			continue;
		struct topic *t = topic_find(v, g->patterns[i]);
		require(t && t->pins > 0);
		topic_leave(t, g);
		t->pins--;
		topic_drop_if_unused(v, t);
	}
}

static void leave_wild(struct view *v, struct group *g)
{
	size_t at = 0;

	if (!g->is_wild)
		return;
	list_remove(&g->wild_link);
	for (struct topic *t = table_next(&v->topics, &at); t; t = table_next(&v->topics, &at))
		topic_leave(t, g);
}

void group_drop_if_empty(struct view *v, struct group *g)
{
	if (g->sub_count > 0 || list_is_linked(&g->dirty_link) || v->serving == g)
		return;
	leave_wild(v, g);
	leave_exact(v, g);
	table_remove(&v->groups, group_key(g));
	free(g->subs);
	free(g);
}

struct group *group_get(struct view *v, struct slice *patterns, size_t n, bool sees_private)
{
	n = sort_unique(patterns, n);
	struct group *made = group_new(patterns, n, sees_private);
	if (!made)
		return NULL;
	struct group *known = table_find(&v->groups, group_key(made));
	if (known) {
		free(made);
		return known;
	}
	if (table_insert(&v->groups, made)) {
		free(made);
		return NULL;
	}
	if (join_exact(v, made) || join_wild(v, made)) {
		group_drop_if_empty(v, made);
		return NULL;
	}
	return made;
}

enum err group_add(struct group *g, struct subscriber *sub)
{
	if (g->sub_count == g->sub_cap) {
		uint32_t cap = g->sub_cap ? g->sub_cap + g->sub_cap / 2 : FIRST_CAP;
		struct subscriber **subs = calloc(cap, sizeof(struct subscriber *));

		if (!subs)
			return E_NOMEM;
		if (g->sub_count > 0)
			memcpy(subs, g->subs, g->sub_count * sizeof(struct subscriber *));
		free(g->subs);
		g->subs = subs;
		g->sub_cap = cap;
	}
	sub->group = g;
	sub->slot = g->sub_count;
	g->subs[g->sub_count++] = sub;
	return OK;
}

void group_remove(struct group *g, struct subscriber *sub)
{
	struct subscriber *last = g->subs[--g->sub_count];

	require(g->subs[sub->slot] == sub || last == sub);
	g->subs[sub->slot] = last;
	last->slot = sub->slot;
	sub->group = NULL;
}

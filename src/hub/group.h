/* SPDX-License-Identifier: Apache-2.0 */
/* group.h - inside of the view: pattern sets with their subscribers, and topics. Not for others. */
#pragma once

#include "hub/view.h"

struct group {
	struct list wild_link;
	struct list dirty_link;
	struct subscriber **subs;
	uint32_t sub_count;
	uint32_t sub_cap;
	bool sees_private;
	bool is_wild;
	struct batch *batch; /* while dirty; belongs to the view's round */
	size_t pattern_count;
	size_t pinned; /* of its patterns the first so many, wildcards aside, pin their topic */
	struct slice patterns[TOPIC_MAX_SET];
	size_t key_len;
	char key[]; /* 'p' or 'a', then each pattern and a NUL: the patterns point into it */
};

/* A topic that the log has entries of, or that a group names. */
struct topic {
	struct group **groups; /* all that match it */
	uint32_t group_count;
	uint32_t group_cap;
	uint32_t pins;   /* groups that name it exactly */
	uint64_t *seqs;  /* ring of its entries' numbers, rising */
	uint32_t seq_at; /* index of the oldest */
	uint32_t seq_count;
	uint32_t seq_cap; /* power of two or 0 */
	size_t name_len;
	char name[];
};

struct group *group_get(struct view *v, struct slice *patterns, size_t n, bool sees_private);
void group_drop_if_empty(struct view *v, struct group *g);
enum err group_add(struct group *g, struct subscriber *sub);
void group_remove(struct group *g, struct subscriber *sub);

/* Notes in the topic that the group wants it, if a pattern matches. Errors: E_NOMEM. */
enum err topic_join_if_matches(struct topic *t, struct group *g);
/* Finds or makes; NULL: no memory. A new topic knows the groups that match it. */
struct topic *topic_get(struct view *v, struct slice name);
struct topic *topic_find(const struct view *v, struct slice name);
enum err topic_push(struct topic *t, uint64_t seq);
/* Forgets entries below `oldest_seq`. */
void topic_trim(struct topic *t, uint64_t oldest_seq);
void topic_drop_if_unused(struct view *v, struct topic *t);
/* Index (0..seq_count) of the first entry at or after `seq`. */
uint32_t topic_lower_bound(const struct topic *t, uint64_t seq);
uint64_t topic_seq(const struct topic *t, uint32_t index);

struct slice topic_key(const void *item);
struct slice group_key(const void *item);

void batch_clear(struct batch *b);
/* False when the batch is at a maximum: the entry starts the next one. */
bool batch_add(struct batch *b, const struct log_entry *entry, size_t max_entries);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - what the hub must do, said so naively that it can be seen to be right.
 *
 * All events ever published in one array; who wants what is a table written by hand.
 */
#pragma once

#include "hub.h"

#define MODEL_EVENTS 8192u
#define MODEL_TOPICS 5u

static const char *const model_topics[MODEL_TOPICS] = {"a", "b", "c/x", "c/y", "d/e/f"};

/* Bit i stands for model_topics[i]. */
struct model_set {
	const char *patterns;
	unsigned topics;
};

static const struct model_set model_sets[] = {
	{"a", 0x01},     {"b", 0x02},     {"a b", 0x03},    {"b c/x c/y", 0x0e}, {"*", 0x03},
	{"c/*", 0x0c},   {"**", 0x1f},    {"a c/**", 0x0d}, {"* d/**", 0x13},    {"a *", 0x03},
	{"*/y a", 0x09}, {"d/e/f", 0x10}, {"x/* y", 0x00},
};

struct model_event {
	unsigned topics; /* where it was delivered */
	unsigned own_id; /* 0: minted */
	bool is_private;
};

/* events[seq]; the first is at 1. */
struct model {
	struct model_event events[MODEL_EVENTS];
	uint64_t next_seq;
};

/* The topics among `topics` on which the log, as far back as `oldest`, has this id. */
static inline unsigned model_known(const struct model *m, unsigned own_id, unsigned topics,
				   uint64_t oldest)
{
	unsigned known = 0;

	for (uint64_t seq = oldest; own_id && seq < m->next_seq; seq++) {
		if (m->events[seq].own_id == own_id)
			known |= m->events[seq].topics & topics;
	}
	return known;
}

/* The first event in [from, to) that this set wants, or `to`. */
static inline uint64_t model_next(const struct model *m, const struct model_set *set,
				  bool sees_private, uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq < to; seq++) {
		const struct model_event *e = &m->events[seq];

		if ((e->topics & set->topics) && (!e->is_private || sees_private))
			return seq;
	}
	return to;
}

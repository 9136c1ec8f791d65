/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.h - one worker's view of the log: which local subscribers get which entries.
 *
 * Subscribers with the same set of patterns form a group, in a dense array. A round takes the
 * entries that are new since the last one, sorts them to the groups they match, and hands out
 * (subscriber, batch) pairs one by one, so that the caller can stop after a slice of work and
 * look at its sockets. A subscriber that fell behind reads the log by its own cursor instead.
 *
 * One thread; sequence numbers and memory of the log are shared with the other workers' views.
 */
#pragma once

#include "base/list.h"
#include "base/table.h"
#include "hub/log.h"

#define VIEW_ROUND_ENTRIES 128u         /* entries of one round */
#define VIEW_ROUND_BYTES   (256u << 10) /* wire bytes of one round, or one larger entry */
#define VIEW_CATCHUP_LOOK  4096u        /* entries that one catch-up step may look at */
#define VIEW_BACKLOG_LOOK  100000u      /* entries that counting a backlog may look at */
#define VIEW_MAX_GROUPS    (1u << 20)

struct group;

/* Lives in the owner's record; zeroed = not subscribed. */
struct subscriber {
	struct group *group;
	uint32_t slot;   /* index in the group's array */
	bool live;       /* gets rounds; otherwise it reads by view_catchup */
	uint64_t cursor; /* entries below this are done */
};

/* Entries for one subscriber, oldest first. Valid until the next call that takes the view. */
struct batch {
	const struct log_entry *entries[VIEW_ROUND_ENTRIES];
	size_t count;
	struct slice wire[VIEW_ROUND_ENTRIES]; /* the same as bytes; neighbours are joined */
	size_t wire_count;
	size_t wire_bytes;
	uint64_t end_seq; /* the cursor once all of it has been sent */
};

struct view {
	struct log *log;
	struct log_segment *oldest; /* counted */
	struct log_segment *head;
	uint64_t oldest_seq;
	uint64_t next_seq; /* entries below this were given to rounds */
	struct table topics;
	struct table groups;
	struct list wild;  /* groups with a wildcard */
	struct list dirty; /* groups that the current round has still to serve */
	struct group *serving;
	size_t serving_left; /* subscribers of `serving` still to be served, from the end */
	uint64_t round_first;
};

/* `key` keys the tables of topics and pattern sets. */
void view_init(struct view *v, struct log *log, struct siphash_key key);
/* All subscribers must be gone. */
void view_fini(struct view *v);

/*
 * Joins `sub` to the group of these patterns (sorted and deduplicated in place), live from the
 * entry after the last round on. `sees_private`: it has a right of its own to what it asks for.
 * Errors: E_NOMEM, E_FULL.
 */
enum err view_subscribe(struct view *v, struct subscriber *sub, struct slice *patterns, size_t n,
			bool sees_private);
/* Harmless on one that is not subscribed. */
void view_unsubscribe(struct view *v, struct subscriber *sub);

/* True if the log has entries that no round has given out. Any thread's publish makes it so. */
bool view_has_news(const struct view *v);
/*
 * Starts a round over the news; false if there are none, or no memory: then they stay news, and
 * the call may be repeated. Not while a round is open.
 */
bool view_round_begin(struct view *v);
bool view_round_is_open(const struct view *v);
/*
 * The next live subscriber of the round and its batch; NULL ends the round. The caller sends
 * and sets cursor = batch->end_seq, or live = false with the cursor at the first entry unsent.
 */
struct subscriber *view_round_next(struct view *v, const struct batch **ret_batch);

/*
 * Fills `ret_batch` with what a subscriber that is not live has to read next, at most
 * `max_entries` and VIEW_ROUND_BYTES. An empty batch with end_seq == the view's next_seq: it has
 * caught up; otherwise (nothing matched in what was looked at) set the cursor and call again. A
 * cursor ahead of next_seq (it read on another worker) stays, and waits for the next round.
 * False if the cursor has fallen out of the log: entries [cursor, *ret_oldest) are lost to it.
 */
bool view_catchup(struct view *v, const struct subscriber *sub, size_t max_entries,
		  struct batch *ret_batch, uint64_t *ret_oldest);
/*
 * True if what the subscriber has to read from its cursor on is at most so much. Looks at no
 * more than VIEW_BACKLOG_LOOK entries: behind more than that nothing fits.
 */
bool view_backlog_fits(const struct view *v, const struct subscriber *sub, size_t max_events,
		       size_t max_bytes);
/*
 * The number of the newest event that a publisher called `id` on a topic of the subscriber.
 * Errors: E_NOT_FOUND.
 */
enum err view_find_own(const struct view *v, const struct subscriber *sub, struct slice id,
		       uint64_t *ret_seq);
/* Publication time of the first entry at or after the cursor that is still kept; 0 if none. */
uint64_t view_entry_time_ms(const struct view *v, uint64_t cursor);

/* True if some pattern of the group matches some topic of the entry, and it may see it. */
bool group_wants(const struct group *g, const struct log_entry *entry);
/* The patterns of a group, for finding a publisher's id and for the log. */
size_t group_patterns(const struct group *g, const struct slice **ret_patterns);

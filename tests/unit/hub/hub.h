/* SPDX-License-Identifier: Apache-2.0 */
/* hub.h - logs, events and watchers, made in one line. */
#pragma once

#include "base/require.h"
#include "hub/view.h"

#define EPOCH     UINT64_C(1700000000000)
#define EPOCH_S   "1700000000000"
#define KEY       ((struct siphash_key){1, 2})
#define MAX_EVENT ((size_t)1 << 20) /* bytes of data of one event */

static inline struct log *new_log(size_t memory)
{
	return log_new((struct log_limits){.memory = memory, .max_event = MAX_EVENT}, EPOCH, KEY);
}

/* Splits at spaces: "a b/c" is two names. */
static inline size_t names(const char *text, struct slice out[TOPIC_MAX_SET])
{
	struct slice rest = slice_of(text);
	size_t n = 0;

	while (rest.ptr) {
		require(n < TOPIC_MAX_SET);
		out[n++] = slice_cut(&rest, ' ');
	}
	return n;
}

static inline struct log_event event_on(const char *topics, struct slice data)
{
	struct log_event event = {.sse.data = data};

	event.topic_count = names(topics, event.topics);
	return event;
}

static inline enum err publish_as(struct log *log, const char *topics, struct slice id,
				  struct log_receipt *ret_receipt)
{
	struct log_event event = event_on(topics, SLICE("x"));

	event.sse.id = id;
	return log_publish(log, &event, 0, ret_receipt);
}

/* A minted id and short data. */
static inline void publish(struct log *log, const char *topics)
{
	struct log_receipt receipt;
	enum err err = publish_as(log, topics, SLICE_NONE, &receipt);

	require(err == OK);
}

/* `n` events with 4000 bytes of data each: 400 of them more than fill LOG_MIN_MEMORY. */
static inline void publish_bulk(struct log *log, const char *topics, size_t n)
{
	static const char bulk[4000];
	struct log_event event = event_on(topics, (struct slice){bulk, sizeof(bulk)});
	struct log_receipt receipt;

	for (size_t i = 0; i < n; i++) {
		enum err err = log_publish(log, &event, 0, &receipt);

		require(err == OK);
	}
}

static inline enum err watch_as(struct view *v, struct subscriber *sub, const char *patterns,
				bool sees_private)
{
	struct slice list[TOPIC_MAX_SET];
	size_t n = names(patterns, list);

	return view_subscribe(v, sub, list, n, sees_private);
}

static inline void watch(struct view *v, struct subscriber *sub, const char *patterns)
{
	enum err err = watch_as(v, sub, patterns, false);

	require(err == OK);
}

/* Gives every live subscriber all there is; returns the number of entries handed out. */
static inline size_t serve_all(struct view *v)
{
	const struct batch *batch;
	size_t n = 0;

	while (view_round_begin(v)) {
		struct subscriber *sub;

		while ((sub = view_round_next(v, &batch))) {
			sub->cursor = batch->end_seq;
			n += batch->count;
		}
	}
	return n;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random publishers and watchers against a naive model; the seeds are fixed.
 *
 * Each watcher gets exactly what its patterns match, once, in order, from its start on, or is
 * told how far it fell behind.
 */
#include "../test.h"

#include "model.h"

#include "base/rng.h"

#include <string.h>

#define SEEDS    12
#define STEPS    6000
#define WATCHERS 80
#define OWN_IDS  40 /* so few that they come again, in the log and after it */
#define MAX_DATA 12000

struct watcher {
	struct subscriber sub;
	const struct model_set *set;
	bool sees_private;
	uint64_t position; /* all below is accounted for */
};

struct world {
	struct rng rng;
	struct log *log;
	struct view view;
	struct model model;
	struct watcher watchers[WATCHERS];
	/* That the run met what it is about. */
	unsigned delivered, duplicates, dropped, joined, behind;
};

static bool chance(struct world *w, unsigned percent)
{
	return rng_between(&w->rng, 1, 100) <= percent;
}

static struct slice draw_id(struct world *w, unsigned *ret_own_id, char *text)
{
	struct writer id;

	*ret_own_id = 0;
	if (chance(w, 70))
		return SLICE_NONE;
	*ret_own_id = (unsigned)rng_between(&w->rng, 1, OWN_IDS);
	writer_init(&id, text, 8);
	put(&id, SLICE("id-"));
	put_u64(&id, *ret_own_id);
	return writer_slice(&id);
}

static unsigned draw_topics(struct world *w, struct log_event *event)
{
	unsigned mask = 1u << rng_between(&w->rng, 0, MODEL_TOPICS - 1);

	if (chance(w, 25))
		mask = (unsigned)rng_between(&w->rng, 1, (1u << MODEL_TOPICS) - 1);
	for (unsigned i = 0; i < MODEL_TOPICS; i++) {
		if (mask & 1u << i)
			event->topics[event->topic_count++] = slice_of(model_topics[i]);
	}
	return mask;
}

static void step_publish(struct world *w)
{
	static const char data[MAX_DATA];
	char id_text[8];
	struct model *m = &w->model;
	struct model_event *made = &m->events[m->next_seq];
	struct log_event event = {.is_private = chance(w, 20)};
	struct log_receipt receipt;

	unsigned topics = draw_topics(w, &event);
	event.sse.data = (struct slice){data, rng_between(&w->rng, 0, MAX_DATA)};
	event.sse.id = draw_id(w, &made->own_id, id_text);
	made->topics = topics & ~model_known(m, made->own_id, topics, log_oldest_seq(w->log));
	made->is_private = event.is_private;
	assert_int_equal(log_publish(w->log, &event, 0, &receipt), OK);
	assert_int_equal(receipt.duplicate, made->topics == 0);
	w->duplicates += receipt.duplicate;
	m->next_seq += !receipt.duplicate;
}

/* `n` entries of the batch were sent: they must be the next ones that the watcher wants. */
static void receive(struct world *w, struct watcher *who, const struct batch *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t next = model_next(&w->model, who->set, who->sees_private, who->position,
					   w->model.next_seq);

		assert_int_equal(b->entries[i]->seq, next);
		who->position = next + 1;
	}
	w->delivered += (unsigned)n;
}

/* All of the batch was sent: nothing that the watcher wants stands before its end. */
static void receive_all(struct world *w, struct watcher *who, const struct batch *b)
{
	receive(w, who, b, b->count);
	assert_true(b->end_seq <= w->view.next_seq);
	assert_int_equal(
		model_next(&w->model, who->set, who->sees_private, who->position, b->end_seq),
		b->end_seq);
	who->position = b->end_seq;
	who->sub.cursor = b->end_seq;
}

static void check_wire(const struct batch *b)
{
	size_t bytes = 0, piece = 0, at = 0;

	for (size_t i = 0; i < b->count; i++) {
		assert_ptr_equal(b->wire[piece].ptr + at, b->entries[i]->wire);
		bytes += b->entries[i]->wire_len;
		at += b->entries[i]->wire_len;
		if (at == b->wire[piece].len) {
			piece++;
			at = 0;
		}
	}
	assert_int_equal(piece, b->wire_count);
	assert_int_equal(bytes, b->wire_bytes);
	assert_true(b->count <= 1 || bytes <= VIEW_ROUND_BYTES);
}

/* The one being served, and others of its group, served or not: their connections broke. */
static void leave_together(struct world *w, struct watcher *who)
{
	const struct group *group = who->sub.group;

	view_unsubscribe(&w->view, &who->sub);
	for (size_t i = 0; i < WATCHERS; i++) {
		if (w->watchers[i].sub.group == group && chance(w, 30))
			view_unsubscribe(&w->view, &w->watchers[i].sub);
	}
}

static void serve_one(struct world *w)
{
	const struct batch *b;
	struct subscriber *sub = view_round_next(&w->view, &b);

	if (!sub)
		return;
	struct watcher *who = container_of(sub, struct watcher, sub);
	assert_non_null(sub->group);
	assert_true(b->count > 0);
	check_wire(b);
	if (chance(w, 8)) {
		leave_together(w, who);
		return;
	}
	if (!chance(w, 15)) {
		receive_all(w, who, b);
		return;
	}
	size_t sent = rng_between(&w->rng, 0, b->count - 1);
	receive(w, who, b, sent);
	who->sub.cursor = b->entries[sent]->seq;
	who->sub.live = false;
	w->behind++;
}

static void step_round(struct world *w)
{
	if (!view_round_is_open(&w->view))
		(void)view_round_begin(&w->view);
	for (uint64_t n = rng_between(&w->rng, 0, 12); n > 0; n--)
		serve_one(w);
}

static void fell_out(struct world *w, struct watcher *who, uint64_t oldest)
{
	assert_int_equal(oldest, w->view.oldest_seq);
	assert_true(who->sub.cursor < oldest);
	assert_true(oldest <= log_oldest_seq(w->log));
	who->sub.cursor = oldest;
	who->position = oldest;
	w->dropped++;
}

static void step_catch_up(struct world *w, struct watcher *who)
{
	static struct batch b;
	uint64_t oldest = 0;
	size_t max = chance(w, 30) ? VIEW_ROUND_ENTRIES : rng_between(&w->rng, 1, 6);

	if (!who->sub.group || who->sub.live)
		return;
	if (!view_catchup(&w->view, &who->sub, max, &b, &oldest)) {
		fell_out(w, who, oldest);
		return;
	}
	assert_true(b.count <= max);
	check_wire(&b);
	receive_all(w, who, &b);
	who->sub.live = b.count == 0 && b.end_seq == w->view.next_seq;
}

static void step_join(struct world *w, struct watcher *who)
{
	if (who->sub.group)
		return;
	who->set = &model_sets[rng_between(&w->rng, 0, COUNT_OF(model_sets) - 1)];
	if (chance(w, 40))
		who->set = &model_sets[0]; /* so that one group is large */
	who->sees_private = chance(w, 40);
	assert_int_equal(watch_as(&w->view, &who->sub, who->set->patterns, who->sees_private), OK);
	if (chance(w, 40)) {
		who->sub.live = false;
		who->sub.cursor = rng_between(&w->rng, w->view.oldest_seq, w->view.next_seq);
	}
	who->position = who->sub.cursor;
	w->joined++;
}

static void step(struct world *w)
{
	struct watcher *who = &w->watchers[rng_between(&w->rng, 0, WATCHERS - 1)];
	uint64_t what = rng_between(&w->rng, 0, 99);

	if (what < 30)
		step_publish(w);
	else if (what < 60)
		step_round(w);
	else if (what < 85)
		step_catch_up(w, who);
	else if (what < 95)
		step_join(w, who);
	else
		view_unsubscribe(&w->view, &who->sub);
}

/* After the last publish all is delivered: nobody who is live misses anything. */
static void drain(struct world *w)
{
	do {
		while (view_round_is_open(&w->view))
			serve_one(w);
	} while (view_round_begin(&w->view));
	for (size_t i = 0; i < WATCHERS; i++) {
		struct watcher *who = &w->watchers[i];

		while (who->sub.group && !who->sub.live)
			step_catch_up(w, who);
		if (who->sub.group)
			assert_int_equal(model_next(&w->model, who->set, who->sees_private,
						    who->position, w->model.next_seq),
					 w->model.next_seq);
		view_unsubscribe(&w->view, &who->sub);
	}
}

static void run(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	w->rng.state = seed;
	w->model.next_seq = 1;
	w->log = new_log(LOG_MIN_MEMORY);
	assert_non_null(w->log);
	view_init(&w->view, w->log, KEY);
	for (int i = 0; i < STEPS; i++)
		step(w);
	drain(w);
	assert_int_equal(w->view.groups.count, 0);
	assert_true(log_oldest_seq(w->log) > 1);
	view_fini(&w->view);
	log_free(w->log);
}

static void each_watcher_gets_what_it_wants_once_in_order_or_is_told(void **state)
{
	(void)state;
	static struct world w;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		run(&w, seed);
		assert_true(w.delivered > 1000 && w.joined > 100 && w.behind > 50);
		assert_true(w.duplicates > 10 && w.dropped > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_watcher_gets_what_it_wants_once_in_order_or_is_told),
	};

	return cmocka_run_group_tests_name("hub property", tests, NULL, NULL);
}

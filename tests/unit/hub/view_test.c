/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "hub.h"

struct room {
	struct log *log;
	struct view view;
};

static void open_room(struct room *r)
{
	r->log = new_log(LOG_MIN_MEMORY);
	require(r->log);
	view_init(&r->view, r->log, KEY);
}

static void close_room(struct room *r)
{
	view_fini(&r->view);
	log_free(r->log);
}

static const struct {
	const char *name;
	const char *patterns;
	bool sees_private;
	const char *topics; /* of the event */
	bool is_private;
	size_t count; /* times it is delivered */
} matches[] = {
	{"an exact name gets its topic", "a", false, "a", false, 1},
	{"and no other", "a", false, "b", false, 0},
	{"one of several names", "a b c", false, "b", false, 1},
	{"one of several topics", "b", false, "a b c", false, 1},
	{"two topics of one set are one event", "a b", false, "a b", false, 1},
	{"a name and a wildcard are one event", "a *", false, "a", false, 1},
	{"two wildcards are one event", "* **", false, "a b", false, 1},
	{"a star gets one segment", "a/*", false, "a/b", false, 1},
	{"a star gets not two", "a/*", false, "a/b/c", false, 0},
	{"two stars get all", "**", false, "a/b/c", false, 1},
	{"a repeated pattern is one", "a a a", false, "a", false, 1},
	{"a private event is kept from a name", "a", false, "a", true, 0},
	{"a private event is kept from a wildcard", "**", false, "a", true, 0},
	{"a private event goes to a right of its own", "a", true, "a", true, 1},
	{"and by wildcard", "*", true, "a", true, 1},
	{"who sees private events sees the others", "a", true, "a", false, 1},
};

static size_t catch_up_whole(struct view *v, struct subscriber *sub)
{
	struct batch batch;
	uint64_t oldest;
	size_t n = 0;

	do {
		require(view_catchup(v, sub, VIEW_ROUND_ENTRIES, &batch, &oldest));
		n += batch.count;
		sub->cursor = batch.end_seq;
	} while (batch.count > 0 || batch.end_seq < v->next_seq);
	return n;
}

/* The topic may be known before the group, or the group before the topic. */
static void an_entry_goes_to_who_matches_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(matches); i++) {
		size_t at = i / 2;
		struct room r;
		struct subscriber sub = {0};
		struct log_event event = event_on(matches[at].topics, SLICE("x"));
		struct log_receipt receipt;

		open_room(&r);
		if (i % 2)
			publish(r.log, matches[at].topics);
		(void)serve_all(&r.view);
		check(matches[at].name, watch_as(&r.view, &sub, matches[at].patterns,
						 matches[at].sees_private) == OK);
		event.is_private = matches[at].is_private;
		check(matches[at].name, log_publish(r.log, &event, 0, &receipt) == OK);
		uint64_t before = sub.cursor;
		check(matches[at].name, serve_all(&r.view) == matches[at].count);
		sub.live = false;
		sub.cursor = before;
		check(matches[at].name, catch_up_whole(&r.view, &sub) == matches[at].count);
		view_unsubscribe(&r.view, &sub);
		close_room(&r);
	}
}

static void subscribers_of_one_set_share_a_group(void **state)
{
	(void)state;
	struct room r;
	struct subscriber a = {0}, b = {0}, c = {0};
	const struct slice *patterns;

	open_room(&r);
	watch(&r.view, &a, "x y");
	watch(&r.view, &b, "y x y");
	assert_int_equal(watch_as(&r.view, &c, "x y", true), OK);
	assert_ptr_equal(a.group, b.group);
	assert_ptr_not_equal(a.group, c.group);
	assert_int_equal(group_patterns(a.group, &patterns), 2);
	check_slice("sorted", patterns[0], SLICE("x"));
	view_unsubscribe(&r.view, &a);
	view_unsubscribe(&r.view, &a);
	view_unsubscribe(&r.view, &b);
	view_unsubscribe(&r.view, &c);
	assert_int_equal(r.view.groups.count, 0);
	assert_int_equal(r.view.topics.count, 0);
	close_room(&r);
}

static void live_begins_after_the_last_round(void **state)
{
	(void)state;
	struct room r;
	struct subscriber sub = {0};

	open_room(&r);
	assert_false(view_has_news(&r.view));
	assert_false(view_round_begin(&r.view));
	publish(r.log, "a");
	assert_true(view_has_news(&r.view));
	assert_int_equal(serve_all(&r.view), 0);
	assert_false(view_has_news(&r.view));
	watch(&r.view, &sub, "a");
	assert_true(sub.live);
	assert_int_equal(sub.cursor, 2);
	publish(r.log, "a");
	assert_int_equal(serve_all(&r.view), 1);
	assert_int_equal(sub.cursor, 3);
	view_unsubscribe(&r.view, &sub);
	close_room(&r);
}

static void neighbours_leave_as_one_piece_of_wire(void **state)
{
	(void)state;
	struct room r;
	struct subscriber all = {0}, some = {0};
	const struct batch *batch;

	open_room(&r);
	watch(&r.view, &all, "**");
	watch(&r.view, &some, "a");
	publish(r.log, "a");
	publish(r.log, "b");
	publish(r.log, "a");
	publish(r.log, "a");
	assert_true(view_round_begin(&r.view));
	for (int i = 0; i < 2; i++) {
		struct subscriber *sub = view_round_next(&r.view, &batch);
		size_t bytes = 0;

		assert_int_equal(batch->count, sub == &all ? 4 : 3);
		assert_int_equal(batch->wire_count, sub == &all ? 1 : 2);
		for (size_t j = 0; j < batch->wire_count; j++)
			bytes += batch->wire[j].len;
		assert_int_equal(bytes, batch->wire_bytes);
		sub->cursor = batch->end_seq;
	}
	assert_null(view_round_next(&r.view, &batch));
	view_unsubscribe(&r.view, &all);
	view_unsubscribe(&r.view, &some);
	close_room(&r);
}

static size_t entries_of_round(struct view *v, const struct batch **ret_batch)
{
	require(view_round_begin(v));
	struct subscriber *sub = view_round_next(v, ret_batch);
	size_t n = (*ret_batch)->count;

	sub->cursor = (*ret_batch)->end_seq;
	require(!view_round_next(v, ret_batch));
	return n;
}

static void a_round_has_a_maximum_of_entries(void **state)
{
	(void)state;
	struct room r;
	struct subscriber sub = {0};
	const struct batch *batch;

	open_room(&r);
	watch(&r.view, &sub, "a");
	for (unsigned i = 0; i < VIEW_ROUND_ENTRIES + 1; i++)
		publish(r.log, "a");
	assert_int_equal(entries_of_round(&r.view, &batch), VIEW_ROUND_ENTRIES);
	assert_int_equal(entries_of_round(&r.view, &batch), 1);
	assert_false(view_round_begin(&r.view));
	view_unsubscribe(&r.view, &sub);
	close_room(&r);
}

static void publish_sized(struct log *log, size_t wire)
{
	static const char data[VIEW_ROUND_BYTES];
	const size_t frame = sizeof("20000\r\nid: " EPOCH_S "~1\ndata: \n\n\r\n") - 1;
	struct log_event event = event_on("a", (struct slice){data, wire - frame});
	struct log_receipt receipt;
	enum err err = log_publish(log, &event, 0, &receipt);

	require(err == OK);
}

static const struct {
	const char *name;
	size_t first, second; /* bytes on the wire */
	size_t count;         /* entries of the first round */
} sizes[] = {
	{"two that fill a round", VIEW_ROUND_BYTES / 2, VIEW_ROUND_BYTES / 2, 2},
	{"a byte more is the next round", VIEW_ROUND_BYTES / 2, VIEW_ROUND_BYTES / 2 + 1, 1},
	{"a small one before a large one", VIEW_ROUND_BYTES / 2, VIEW_ROUND_BYTES - 16, 1},
};

static void a_round_has_a_maximum_of_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct room r;
		struct subscriber sub = {0};
		const struct batch *batch;
		struct batch again;
		uint64_t oldest;

		open_room(&r);
		watch(&r.view, &sub, "a");
		publish_sized(r.log, sizes[i].first);
		publish_sized(r.log, sizes[i].second);
		check(sizes[i].name, entries_of_round(&r.view, &batch) == sizes[i].count);
		(void)serve_all(&r.view);
		sub.live = false;
		sub.cursor = 1;
		check(sizes[i].name, view_catchup(&r.view, &sub, 10, &again, &oldest));
		check(sizes[i].name, again.count == sizes[i].count);
		view_unsubscribe(&r.view, &sub);
		close_room(&r);
	}
}

static void one_larger_entry_is_a_round(void **state)
{
	(void)state;
	static const char data[VIEW_ROUND_BYTES + 1];
	struct room r;
	struct subscriber sub = {0};
	struct log_event event = event_on("a", (struct slice){data, sizeof(data)});
	struct log_receipt receipt;

	open_room(&r);
	watch(&r.view, &sub, "a");
	assert_int_equal(log_publish(r.log, &event, 0, &receipt), OK);
	assert_int_equal(serve_all(&r.view), 1);
	view_unsubscribe(&r.view, &sub);
	close_room(&r);
}

/* Each of four is served once, but for one that leaves after `when` of them, and maybe the last. */
static void leave_in_round(size_t when, size_t who, bool last_leaves)
{
	struct room r;
	struct subscriber subs[4] = {0};
	struct subscriber *sub = NULL;
	const struct batch *batch;

	open_room(&r);
	for (size_t i = 0; i < COUNT_OF(subs); i++)
		watch(&r.view, &subs[i], "a");
	publish(r.log, "a");
	assert_true(view_round_begin(&r.view));
	for (size_t served = 0; served < when; served++) {
		sub = view_round_next(&r.view, &batch);
		sub->cursor = batch->end_seq;
	}
	if (sub && last_leaves)
		view_unsubscribe(&r.view, sub);
	view_unsubscribe(&r.view, &subs[who]);
	while ((sub = view_round_next(&r.view, &batch))) {
		assert_non_null(sub->group);
		assert_int_equal(sub->cursor, 1);
		sub->cursor = batch->end_seq;
	}
	for (size_t i = 0; i < COUNT_OF(subs); i++) {
		assert_true(i == who || subs[i].cursor == 2);
		view_unsubscribe(&r.view, &subs[i]);
	}
	close_room(&r);
}

static void leaving_in_a_round_costs_nobody_an_entry(void **state)
{
	(void)state;
	for (size_t when = 0; when <= 4; when++) {
		for (size_t who = 0; who < 4; who++) {
			leave_in_round(when, who, false);
			leave_in_round(when, who, true);
		}
	}
}

static void joining_in_a_round_waits_for_the_next(void **state)
{
	(void)state;
	struct room r;
	struct subscriber first = {0}, late = {0}, other = {0};
	const struct batch *batch;

	open_room(&r);
	watch(&r.view, &first, "a");
	publish(r.log, "a");
	assert_true(view_round_begin(&r.view));
	watch(&r.view, &late, "a");
	watch(&r.view, &other, "*");
	assert_ptr_equal(view_round_next(&r.view, &batch), &first);
	first.cursor = batch->end_seq;
	assert_null(view_round_next(&r.view, &batch));
	assert_false(view_round_is_open(&r.view));
	publish(r.log, "a");
	assert_int_equal(serve_all(&r.view), 3);
	view_unsubscribe(&r.view, &first);
	view_unsubscribe(&r.view, &late);
	view_unsubscribe(&r.view, &other);
	close_room(&r);
}

static void a_view_may_end_in_a_round(void **state)
{
	(void)state;
	for (size_t served = 0; served < 3; served++) {
		struct room r;
		struct subscriber a = {0}, b = {0};
		const struct batch *batch;

		open_room(&r);
		watch(&r.view, &a, "a");
		watch(&r.view, &b, "*");
		publish(r.log, "a");
		assert_true(view_round_begin(&r.view));
		for (size_t i = 0; i < served; i++)
			assert_non_null(view_round_next(&r.view, &batch));
		view_unsubscribe(&r.view, &a);
		view_unsubscribe(&r.view, &b);
		close_room(&r);
	}
}

static void who_is_not_live_gets_no_rounds(void **state)
{
	(void)state;
	struct room r;
	struct subscriber sub = {0};

	open_room(&r);
	watch(&r.view, &sub, "a");
	sub.live = false;
	publish(r.log, "a");
	publish(r.log, "a");
	assert_int_equal(serve_all(&r.view), 0);
	assert_int_equal(catch_up_whole(&r.view, &sub), 2);
	sub.live = true;
	publish(r.log, "a");
	assert_int_equal(serve_all(&r.view), 1);
	view_unsubscribe(&r.view, &sub);
	close_room(&r);
}

static void a_cursor_that_fell_out_of_the_log_is_told(void **state)
{
	(void)state;
	struct room r;
	struct subscriber sub = {0};
	struct batch batch;
	uint64_t oldest = 0;

	open_room(&r);
	watch(&r.view, &sub, "a");
	sub.live = false;
	publish_bulk(r.log, "a", 400);
	(void)serve_all(&r.view);
	publish_bulk(r.log, "a", 1);
	(void)serve_all(&r.view);
	assert_false(view_catchup(&r.view, &sub, 10, &batch, &oldest));
	assert_int_equal(oldest, log_oldest_seq(r.log));
	sub.cursor = oldest - 1;
	assert_false(view_catchup(&r.view, &sub, 10, &batch, &oldest));
	sub.cursor = oldest;
	assert_true(view_catchup(&r.view, &sub, 10, &batch, &oldest));
	assert_int_equal(batch.entries[0]->seq, oldest);
	assert_int_equal(batch.count, 10);
	view_unsubscribe(&r.view, &sub);
	close_room(&r);
}

static const struct {
	const char *name;
	const char *pattern;
	const char *topic;
	bool is_private;
} looks[] = {
	{"a wildcard that nothing matches", "x/*", "a", false},
	{"a wildcard without the right", "*", "a", true},
	{"a name without the right", "a", "a", true},
};

static void a_step_looks_at_a_maximum_of_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(looks); i++) {
		struct log_event event = event_on(looks[i].topic, SLICE("x"));
		struct log_receipt receipt;
		struct room r = {.log = new_log((size_t)8 << 20)};
		struct subscriber sub = {0};
		struct batch batch;
		uint64_t oldest;

		view_init(&r.view, r.log, KEY);
		watch(&r.view, &sub, looks[i].pattern);
		sub.live = false;
		event.is_private = looks[i].is_private;
		for (unsigned n = 0; n < VIEW_CATCHUP_LOOK + 1; n++)
			check(looks[i].name, log_publish(r.log, &event, 0, &receipt) == OK);
		(void)serve_all(&r.view);
		check(looks[i].name, view_catchup(&r.view, &sub, 10, &batch, &oldest));
		check(looks[i].name, batch.count == 0 && batch.end_seq == 1 + VIEW_CATCHUP_LOOK);
		sub.cursor = batch.end_seq;
		check(looks[i].name, view_catchup(&r.view, &sub, 10, &batch, &oldest));
		check(looks[i].name, batch.count == 0 && batch.end_seq == r.view.next_seq);
		view_unsubscribe(&r.view, &sub);
		close_room(&r);
	}
}

/* Its last event came from another worker, whose news this view has not looked at yet. */
static void a_cursor_ahead_of_the_view_stays_where_it_is(void **state)
{
	(void)state;
	static const char *const patterns[] = {"a", "*"};

	for (size_t i = 0; i < COUNT_OF(patterns); i++) {
		struct room r;
		struct subscriber sub = {0};
		struct batch batch;
		uint64_t oldest;

		open_room(&r);
		watch(&r.view, &sub, patterns[i]);
		sub.live = false;
		publish(r.log, "a");
		publish(r.log, "a");
		sub.cursor = 2;
		assert_true(view_catchup(&r.view, &sub, 10, &batch, &oldest));
		assert_int_equal(batch.count, 0);
		assert_int_equal(batch.end_seq, 2);
		(void)serve_all(&r.view);
		assert_int_equal(catch_up_whole(&r.view, &sub), 1);
		view_unsubscribe(&r.view, &sub);
		close_room(&r);
	}
}

static void the_age_of_a_cursor_is_that_of_its_next_entry(void **state)
{
	(void)state;
	struct room r;
	struct log_event event = event_on("a", SLICE("x"));
	struct log_receipt receipt;

	open_room(&r);
	assert_int_equal(view_entry_time_ms(&r.view, 1), 0);
	for (uint64_t t = 10; t <= 20; t += 10)
		assert_int_equal(log_publish(r.log, &event, t, &receipt), OK);
	(void)serve_all(&r.view);
	assert_int_equal(view_entry_time_ms(&r.view, 0), 10);
	assert_int_equal(view_entry_time_ms(&r.view, 1), 10);
	assert_int_equal(view_entry_time_ms(&r.view, 2), 20);
	assert_int_equal(view_entry_time_ms(&r.view, 3), 0);
	close_room(&r);
}

static void topics_are_forgotten_with_their_last_entry(void **state)
{
	(void)state;
	struct room r;

	open_room(&r);
	publish(r.log, "short/lived");
	publish_bulk(r.log, "a", 1);
	(void)serve_all(&r.view);
	assert_int_equal(r.view.topics.count, 2);
	publish_bulk(r.log, "a", 400);
	(void)serve_all(&r.view);
	publish_bulk(r.log, "a", 1);
	(void)serve_all(&r.view);
	assert_int_equal(r.view.topics.count, 1);
	close_room(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_goes_to_who_matches_it),
		cmocka_unit_test(subscribers_of_one_set_share_a_group),
		cmocka_unit_test(live_begins_after_the_last_round),
		cmocka_unit_test(neighbours_leave_as_one_piece_of_wire),
		cmocka_unit_test(a_round_has_a_maximum_of_entries),
		cmocka_unit_test(a_round_has_a_maximum_of_bytes),
		cmocka_unit_test(one_larger_entry_is_a_round),
		cmocka_unit_test(leaving_in_a_round_costs_nobody_an_entry),
		cmocka_unit_test(joining_in_a_round_waits_for_the_next),
		cmocka_unit_test(a_view_may_end_in_a_round),
		cmocka_unit_test(who_is_not_live_gets_no_rounds),
		cmocka_unit_test(a_cursor_that_fell_out_of_the_log_is_told),
		cmocka_unit_test(a_step_looks_at_a_maximum_of_entries),
		cmocka_unit_test(a_cursor_ahead_of_the_view_stays_where_it_is),
		cmocka_unit_test(the_age_of_a_cursor_is_that_of_its_next_entry),
		cmocka_unit_test(topics_are_forgotten_with_their_last_entry),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a returning subscriber asks of the view: where its id was, and how much there is to read. */
#include "../test.h"

#include "hub.h"

struct room {
	struct log *log;
	struct view view;
};

static void open_room(struct room *r)
{
	r->log = new_log((size_t)64 << 20);
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
	struct slice id;
	uint64_t seq; /* 0: not found */
} finds[] = {
	{"an id on the topic", "a", SLICE_INIT("x"), 1},
	{"another topic's id of that name", "b", SLICE_INIT("x"), 2},
	{"of several topics the newest", "a b", SLICE_INIT("x"), 2},
	{"a wildcard finds it too", "*", SLICE_INIT("x"), 2},
	{"a wildcard looks only where it matches", "c/*", SLICE_INIT("y"), 3},
	{"not where it does not", "c/*", SLICE_INIT("x"), 0},
	{"a name and a wildcard", "a c/**", SLICE_INIT("y"), 3},
	{"an id that nobody gave", "**", SLICE_INIT("z"), 0},
	{"a topic without events", "d", SLICE_INIT("x"), 0},
};

static void an_own_id_is_found_where_the_subscriber_could_have_read_it(void **state)
{
	(void)state;
	struct log_receipt receipt;
	struct room r;

	open_room(&r);
	assert_int_equal(publish_as(r.log, "a", SLICE("x"), &receipt), OK);
	assert_int_equal(publish_as(r.log, "b", SLICE("x"), &receipt), OK);
	assert_int_equal(publish_as(r.log, "c/d", SLICE("y"), &receipt), OK);
	(void)serve_all(&r.view);
	for (size_t i = 0; i < COUNT_OF(finds); i++) {
		struct subscriber sub = {0};
		uint64_t seq = 0;

		watch(&r.view, &sub, finds[i].patterns);
		enum err err = view_find_own(&r.view, &sub, finds[i].id, &seq);
		check(finds[i].name, err == (finds[i].seq ? OK : E_NOT_FOUND));
		check(finds[i].name, seq == finds[i].seq);
		view_unsubscribe(&r.view, &sub);
	}
	close_room(&r);
}

#define FRAME (sizeof("1d\r\nid: " EPOCH_S "~1\ndata: x\n\n\r\n") - 1)

/* The log: 1 a, 2 b, 3 a (private), 4 a b. */
static const struct {
	const char *name;
	const char *patterns;
	uint64_t cursor;
	size_t max_events, max_bytes;
	bool fits;
} fits[] = {
	{"as many as there are", "a", 1, 2, SIZE_MAX, true},
	{"one fewer", "a", 1, 1, SIZE_MAX, false},
	{"as many bytes as there are", "a", 1, 9, 2 * FRAME, true},
	{"one byte fewer", "a", 1, 9, 2 * FRAME - 1, false},
	{"an event on two topics counts once", "a b", 1, 3, SIZE_MAX, true},
	{"by wildcard as many as there are", "*", 1, 3, 3 * FRAME, true},
	{"by wildcard one fewer", "*", 1, 2, SIZE_MAX, false},
	{"from the cursor on", "a", 4, 1, SIZE_MAX, true},
	{"nothing to read", "a", 5, 0, 0, true},
	{"ahead of the view there is nothing", "*", 99, 0, 0, true},
	{"what matches nothing", "z", 1, 0, 0, true},
	{"a cursor that fell out of the log", "a", 0, 9, SIZE_MAX, false},
};

static void a_backlog_is_counted_as_it_would_be_read(void **state)
{
	(void)state;
	struct log_event private_event = event_on("a", SLICE("x"));
	struct log_receipt receipt;
	struct room r;

	open_room(&r);
	publish(r.log, "a");
	publish(r.log, "b");
	private_event.is_private = true;
	assert_int_equal(log_publish(r.log, &private_event, 0, &receipt), OK);
	publish(r.log, "a b");
	(void)serve_all(&r.view);
	for (size_t i = 0; i < COUNT_OF(fits); i++) {
		struct subscriber sub = {0};

		watch(&r.view, &sub, fits[i].patterns);
		sub.cursor = fits[i].cursor;
		check(fits[i].name, view_backlog_fits(&r.view, &sub, fits[i].max_events,
						      fits[i].max_bytes) == fits[i].fits);
		view_unsubscribe(&r.view, &sub);
	}
	close_room(&r);
}

static void counting_looks_at_a_maximum_of_entries(void **state)
{
	(void)state;
	static const char *const patterns[] = {"a", "*"};
	struct room r;

	open_room(&r);
	for (unsigned n = 0; n < VIEW_BACKLOG_LOOK + 1; n++)
		publish(r.log, "a");
	(void)serve_all(&r.view);
	assert_int_equal(log_oldest_seq(r.log), 1);
	for (size_t i = 0; i < COUNT_OF(patterns); i++) {
		struct subscriber sub = {0};

		watch(&r.view, &sub, patterns[i]);
		sub.cursor = 2;
		assert_true(view_backlog_fits(&r.view, &sub, SIZE_MAX - 1, SIZE_MAX - 1));
		sub.cursor = 1;
		assert_false(view_backlog_fits(&r.view, &sub, SIZE_MAX - 1, SIZE_MAX - 1));
		view_unsubscribe(&r.view, &sub);
	}
	close_room(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_own_id_is_found_where_the_subscriber_could_have_read_it),
		cmocka_unit_test(a_backlog_is_counted_as_it_would_be_read),
		cmocka_unit_test(counting_looks_at_a_maximum_of_entries),
	};

	return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub when memory ends. What was acknowledged is neither lost nor doubled; what failed may be
 * tried again.
 */
#include "../oom.h"

#include "base/arena.h"
#include "hub.h"
#include "hub/admit.h"
#include "hub/publish.h"

#include <jansson.h>

#define PUBLISHED 60

static struct slice own_id(char text[16], unsigned n)
{
	struct writer w;

	writer_init(&w, text, 16);
	put(&w, SLICE("own-"));
	put_u64(&w, n);
	return n % 2 ? SLICE_NONE : writer_slice(&w);
}

/* Large enough that segments are added, small enough that none is dropped. */
static enum err publish_nth(struct log *log, unsigned n, struct log_receipt *ret)
{
	static const char data[9000];
	char id[16];
	struct log_event event = event_on("a b", (struct slice){data, sizeof(data)});

	event.sse.id = own_id(id, n);
	return log_publish(log, &event, 0, ret);
}

static void check_published_once(struct log *log)
{
	struct log_segment *first = log_oldest(log);
	uint64_t seq = 0;

	for (struct log_segment *s = first; s; s = atomic_load(&s->next)) {
		for (unsigned i = 0; i < s->count; i++)
			assert_int_equal(s->entries[i]->seq, ++seq);
	}
	assert_int_equal(seq, PUBLISHED);
	log_segment_unref(first);
}

static void publish_attempt(size_t nth, bool *ret_reached)
{
	struct log *log = new_log(LOG_MIN_MEMORY);
	struct log_receipt r;

	countdown = nth;
	for (unsigned n = 0; n < PUBLISHED; n++) {
		enum err err = publish_nth(log, n, &r);

		if (err) {
			assert_int_equal(err, E_NOMEM);
			assert_int_equal(publish_nth(log, n, &r), OK);
		}
		assert_false(r.duplicate);
	}
	*ret_reached = disarm();
	for (unsigned n = 0; n < PUBLISHED; n += 2) {
		assert_int_equal(publish_nth(log, n, &r), OK);
		assert_true(r.duplicate);
	}
	check_published_once(log);
	log_free(log);
}

static void a_publish_that_failed_may_be_tried_again(void **state)
{
	(void)state;
	fail_each(publish_attempt);
}

static void make_attempt(size_t nth, bool *ret_reached)
{
	countdown = nth;
	struct log *log = new_log(LOG_MIN_MEMORY);
	struct admit *admit = admit_new((struct admit_limits){.per_address = 1}, KEY);
	*ret_reached = disarm();
	assert_int_equal(!log || !admit, *ret_reached);
	log_free(log);
	admit_free(admit);
}

static void a_hub_that_cannot_be_made_is_not(void **state)
{
	(void)state;
	fail_each(make_attempt);
}

static void admit_attempt(size_t nth, bool *ret_reached)
{
	struct admit_limits limits = {.per_address = 1, .connect_rate = 1, .connect_burst = 9};
	struct admit_place place = {{ADDR_V4, {192, 0, 2, 1}}, SLICE("/stream"), 1};
	struct admit_holder holder = {SLICE("alice"), SLICE("t1")};
	struct admit *a = admit_new(limits, KEY);

	countdown = nth;
	enum admit_verdict stream = admit_stream(a, &place, 0);
	enum admit_verdict who = admit_holder(a, &holder);
	*ret_reached = disarm();
	assert_int_equal(stream != ADMIT_OK || who != ADMIT_OK, *ret_reached);
	if (stream)
		assert_int_equal(admit_stream(a, &place, 0), ADMIT_OK);
	if (who)
		assert_int_equal(admit_holder(a, &holder), ADMIT_OK);
	assert_int_equal(admit_streams(a), 1);
	admit_stream_end(a, &place);
	admit_holder_end(a, &holder);
	admit_free(a);
}

static void a_stream_without_memory_does_not_count(void **state)
{
	(void)state;
	fail_each(admit_attempt);
}

#define SUBSCRIBERS 6

static const char *const sets[SUBSCRIBERS] = {"b", "a b c/x", "*", "c/*", "**", "b c/x new/**"};

struct hall {
	struct log *log;
	struct view view;
	struct subscriber subs[SUBSCRIBERS];
	uint64_t got[SUBSCRIBERS]; /* entries */
	uint64_t last[SUBSCRIBERS];
};

static void open_hall(struct hall *h)
{
	*h = (struct hall){.log = new_log(LOG_MIN_MEMORY)};
	view_init(&h->view, h->log, KEY);
}

static void close_hall(struct hall *h)
{
	for (size_t i = 0; i < SUBSCRIBERS; i++)
		view_unsubscribe(&h->view, &h->subs[i]);
	assert_int_equal(h->view.groups.count, 0);
	view_fini(&h->view);
	log_free(h->log);
}

static void take(struct hall *h, struct subscriber *sub, const struct batch *b)
{
	size_t i = (size_t)(sub - h->subs);

	for (size_t n = 0; n < b->count; n++) {
		assert_true(b->entries[n]->seq > h->last[i]);
		h->last[i] = b->entries[n]->seq;
	}
	h->got[i] += b->count;
	sub->cursor = b->end_seq;
}

/* As a worker does: rounds as long as there is news. Nobody falls behind for want of memory. */
static void serve(struct hall *h)
{
	const struct batch *b;
	struct subscriber *sub;

	while (view_has_news(&h->view)) {
		(void)view_round_begin(&h->view);
		while ((sub = view_round_next(&h->view, &b)))
			take(h, sub, b);
	}
	for (size_t i = 0; i < SUBSCRIBERS; i++)
		assert_true(!h->subs[i].group || h->subs[i].live);
}

static void publish_all(struct hall *h)
{
	static const char *const topics[] = {"a", "b", "c/x", "a b", "new/1", "new/2", "b", "d"};

	for (size_t i = 0; i < COUNT_OF(topics); i++)
		publish(h->log, topics[i]);
}

static void check_got(const struct hall *h, uint64_t times)
{
	static const uint64_t want[SUBSCRIBERS] = {3, 5, 5, 1, 8, 6};

	for (size_t i = 0; i < SUBSCRIBERS; i++)
		check(sets[i], h->got[i] == times * want[i]);
}

static void subscribe_attempt(size_t nth, bool *ret_reached)
{
	struct hall h;

	open_hall(&h);
	countdown = nth;
	for (size_t i = 0; i < SUBSCRIBERS; i++) {
		enum err err = watch_as(&h.view, &h.subs[i], sets[i], false);

		if (err) {
			assert_int_equal(err, E_NOMEM);
			assert_null(h.subs[i].group);
			/* Before the retry mends it: whoever was there still gets all. */
			publish(h.log, "c/x");
			serve(&h);
			assert_int_equal(watch_as(&h.view, &h.subs[i], sets[i], false), OK);
		}
	}
	*ret_reached = disarm();
	for (size_t i = 0; i < SUBSCRIBERS; i++)
		h.got[i] = 0;
	publish_all(&h);
	serve(&h);
	check_got(&h, 1);
	close_hall(&h);
}

static void a_subscription_that_failed_harms_nobody(void **state)
{
	(void)state;
	fail_each(subscribe_attempt);
}

/* The one who is refused shares topics with one who is there: those must stay. */
static void refuse_attempt(size_t nth, bool *ret_reached)
{
	struct hall h;

	open_hall(&h);
	watch(&h.view, &h.subs[0], "y z");
	countdown = nth;
	enum err err = watch_as(&h.view, &h.subs[1], "a b c x y z *", false);
	*ret_reached = disarm();
	assert_int_equal(err, *ret_reached ? E_NOMEM : OK);
	view_unsubscribe(&h.view, &h.subs[1]);
	assert_int_equal(h.view.topics.count, 2);
	publish(h.log, "y");
	publish(h.log, "z");
	serve(&h);
	assert_int_equal(h.got[0], 2);
	close_hall(&h);
}

static void a_refused_subscription_keeps_the_topics_of_others(void **state)
{
	(void)state;
	fail_each(refuse_attempt);
}

static void round_attempt(size_t nth, bool *ret_reached)
{
	struct hall h;

	open_hall(&h);
	for (size_t i = 0; i < SUBSCRIBERS; i++)
		watch(&h.view, &h.subs[i], sets[i]);
	publish_all(&h);
	countdown = nth;
	serve(&h);
	publish_all(&h);
	serve(&h);
	*ret_reached = disarm();
	publish_all(&h);
	serve(&h);
	check_got(&h, 3);
	close_hall(&h);
}

static void a_round_without_memory_loses_and_doubles_nothing(void **state)
{
	(void)state;
	fail_each(round_attempt);
}

static const struct slice body =
	SLICE_INIT("{\"topic\":[\"a\",\"b\"],\"data\":\"text\",\"event\":\"t\",\"id\":\"i\"}\n"
		   "{\"topic\":\"a\",\"data\":{\"k\":[1.5,\"s\"]}}\n");

static void parse_attempt(size_t nth, bool *ret_reached)
{
	struct publish_options options = {.ndjson = true, .max_event = MAX_EVENT};
	struct publish_body parsed = {0};
	char text[PUBLISH_MAX_DETAIL];
	struct writer detail;
	struct arena arena;

	arena_init(&arena, MAX_EVENT);
	writer_init(&detail, text, sizeof(text));
	countdown = nth;
	enum publish_fault f = publish_parse(body, &options, &arena, &parsed, &detail);
	*ret_reached = disarm();
	/* Jansson itself calls a string that it has no memory for a fault of the text. */
	if (*ret_reached && f == PUBLISH_BAD_JSON)
		assert_true(detail.len > 0);
	else
		assert_true(f == PUBLISH_NO_MEMORY || f == PUBLISH_OK);
	assert_true(*ret_reached || f == PUBLISH_OK);
	assert_int_equal(parsed.count, f ? 0 : 2);
	arena_free(&arena);
}

static void a_body_without_memory_gives_no_events(void **state)
{
	(void)state;
	json_set_alloc_funcs(malloc, free);
	fail_each(parse_attempt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_publish_that_failed_may_be_tried_again),
		cmocka_unit_test(a_hub_that_cannot_be_made_is_not),
		cmocka_unit_test(a_stream_without_memory_does_not_count),
		cmocka_unit_test(a_subscription_that_failed_harms_nobody),
		cmocka_unit_test(a_refused_subscription_keeps_the_topics_of_others),
		cmocka_unit_test(a_round_without_memory_loses_and_doubles_nothing),
		cmocka_unit_test(a_body_without_memory_gives_no_events),
	};

	return cmocka_run_group_tests_name("hub without memory", tests, NULL, NULL);
}

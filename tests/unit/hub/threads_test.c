/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two writers and three readers, each with a view of its own, on one small log. What the
 * threads do is not repeatable; what must come out is. Run it under TSan as well.
 */
#include "../test.h"

#include "hub.h"

#include "base/rng.h"
#include "base/text.h"

#include <pthread.h>
#include <sched.h>

#define WRITERS 2
#define READERS 3
#define EVENTS  6000 /* of each writer: many times what the log keeps */
#define PADDING 1500 /* bytes of data besides the numbers */

/* Writer w publishes 1, 2, ... on "w0" or "w1"; every third one on "both" as well. */
struct writer_thread {
	pthread_t thread;
	struct log *log;
	unsigned number;
	bool failed;
};

struct reader_thread {
	pthread_t thread;
	struct view view;
	struct subscriber live;
	struct subscriber slow;
	uint64_t live_last[WRITERS]; /* number of the writer's last event */
	uint64_t slow_last[WRITERS];
	uint64_t seen;
	unsigned step; /* of one writer's numbers that the patterns match: each, or each third */
	const char *fault;
};

static void *write_all(void *arg)
{
	static const char padding[PADDING];
	struct writer_thread *t = arg;

	for (uint64_t n = 1; n <= EVENTS; n++) {
		char data[PADDING + 32];
		struct writer w;
		struct log_receipt receipt;

		writer_init(&w, data, sizeof(data));
		put_u64(&w, t->number);
		put_char(&w, ' ');
		put_u64(&w, n);
		put_char(&w, ' ');
		put(&w, (struct slice){padding, sizeof(padding)});
		struct log_event event = event_on(t->number ? "w1" : "w0", writer_slice(&w));
		if (n % 3 == 0)
			event.topics[event.topic_count++] = SLICE("both");
		t->failed |= log_publish(t->log, &event, n, &receipt) != OK;
	}
	return NULL;
}

/* From the frame, not from the entry: the bytes must be whole when they are seen. */
static bool read_numbers(const struct log_entry *e, uint64_t *ret_writer, uint64_t *ret_n)
{
	struct slice rest = {e->wire, e->wire_len};

	while (rest.ptr) {
		struct slice line = slice_cut(&rest, '\n');

		if (!slice_starts(line, SLICE("data: ")))
			continue;
		line = slice_from(line, SLICE("data: ").len);
		return parse_u64(slice_cut(&line, ' '), ret_writer) == OK &&
		       parse_u64(slice_cut(&line, ' '), ret_n) == OK && *ret_writer < WRITERS;
	}
	return false;
}

static void read_batch(struct reader_thread *t, const struct batch *b, uint64_t last[WRITERS],
		       bool gapless)
{
	for (size_t i = 0; i < b->count; i++) {
		uint64_t writer, n;

		if (!read_numbers(b->entries[i], &writer, &n)) {
			t->fault = "a frame is torn";
			return;
		}
		if (n <= last[writer])
			t->fault = "an event came twice or out of order";
		if (gapless && n != last[writer] + t->step)
			t->fault = "an event was lost";
		last[writer] = n;
	}
}

static void read_round(struct reader_thread *t)
{
	const struct batch *b;
	struct subscriber *sub;

	(void)view_round_begin(&t->view);
	while ((sub = view_round_next(&t->view, &b))) {
		bool is_live = sub == &t->live;

		if (is_live)
			t->seen += b->count;
		read_batch(t, b, is_live ? t->live_last : t->slow_last, is_live);
		sub->cursor = b->end_seq;
		sub->live = is_live;
	}
}

/* A step behind the live one, and now and then many. */
static void read_slowly(struct reader_thread *t, struct rng *rng)
{
	static _Thread_local struct batch b;
	uint64_t oldest;

	if (t->slow.live || rng_between(rng, 0, 3) > 0)
		return;
	if (!view_catchup(&t->view, &t->slow, 5, &b, &oldest)) {
		t->slow.cursor = oldest;
		return;
	}
	read_batch(t, &b, t->slow_last, false);
	t->slow.cursor = b.end_seq;
	t->slow.live = b.count == 0 && b.end_seq == t->view.next_seq;
}

static void *read_all(void *arg)
{
	struct reader_thread *t = arg;
	struct rng rng = {(uint64_t)t->step};

	while (!t->fault && t->seen < (uint64_t)WRITERS * EVENTS / t->step) {
		read_round(t);
		read_slowly(t, &rng);
		if (!view_has_news(&t->view))
			(void)sched_yield();
	}
	return NULL;
}

static void start_readers(struct log *log, struct reader_thread readers[READERS])
{
	static const struct {
		const char *patterns;
		unsigned step;
	} wants[READERS] = {{"w0 w1", 1}, {"**", 1}, {"both", 3}};

	for (size_t i = 0; i < READERS; i++) {
		view_init(&readers[i].view, log, KEY);
		watch(&readers[i].view, &readers[i].live, wants[i].patterns);
		watch(&readers[i].view, &readers[i].slow, wants[i].patterns);
		readers[i].step = wants[i].step;
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]),
				 0);
	}
}

static void join_readers(struct reader_thread readers[READERS])
{
	for (size_t i = 0; i < READERS; i++) {
		assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
		if (readers[i].fault)
			fail_msg("reader %zu: %s", i, readers[i].fault);
		for (size_t w = 0; w < WRITERS; w++)
			assert_int_equal(readers[i].live_last[w], EVENTS);
		view_unsubscribe(&readers[i].view, &readers[i].live);
		view_unsubscribe(&readers[i].view, &readers[i].slow);
		view_fini(&readers[i].view);
	}
}

static void views_of_many_threads_read_what_many_threads_write(void **state)
{
	(void)state;
	struct log *log = new_log(LOG_MIN_MEMORY);
	struct writer_thread writers[WRITERS] = {0};
	static struct reader_thread readers[READERS];

	start_readers(log, readers);
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer_thread){.log = log, .number = i};
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_all, &writers[i]),
				 0);
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_int_equal(pthread_join(writers[i].thread, NULL), 0);
		assert_false(writers[i].failed);
	}
	join_readers(readers);
	assert_true(log_oldest_seq(log) > 1);
	log_free(log);
}

/* One id, from all sides at once: the log must take it once. */
static void *publish_same_id(void *arg)
{
	struct log *log = arg;
	uintptr_t taken = 0;

	for (unsigned n = 0; n < 500; n++) {
		char id[16];
		struct writer w;
		struct log_receipt receipt;

		writer_init(&w, id, sizeof(id));
		put(&w, SLICE("n"));
		put_u64(&w, n);
		if (publish_as(log, "a", writer_slice(&w), &receipt) == OK)
			taken += !receipt.duplicate;
	}
	return (void *)taken;
}

static void an_id_from_many_threads_is_taken_once(void **state)
{
	(void)state;
	struct log *log = new_log((size_t)8 << 20);
	pthread_t threads[4];
	uintptr_t taken = 0;

	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, publish_same_id, log), 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		void *ret;

		assert_int_equal(pthread_join(threads[i], &ret), 0);
		taken += (uintptr_t)ret;
	}
	assert_int_equal(taken, 500);
	log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_of_many_threads_read_what_many_threads_write),
		cmocka_unit_test(an_id_from_many_threads_is_taken_once),
	};

	return cmocka_run_group_tests_name("hub threads", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "hub.h"

#include <string.h>

static struct slice id_of(const struct log_receipt *r)
{
	return (struct slice){r->id, r->id_len};
}

static void minted_ids_rise_by_one(void **state)
{
	(void)state;
	struct log *log = new_log(0);
	struct log_receipt r;

	assert_int_equal(publish_as(log, "a", SLICE_NONE, &r), OK);
	check_slice("the first", id_of(&r), SLICE(EPOCH_S "~1"));
	assert_int_equal(publish_as(log, "b c", SLICE_NONE, &r), OK);
	check_slice("the second", id_of(&r), SLICE(EPOCH_S "~2"));
	assert_int_equal(publish_as(log, "a", SLICE("mine"), &r), OK);
	check_slice("a publisher's own", id_of(&r), SLICE("mine"));
	assert_int_equal(publish_as(log, "a", SLICE_NONE, &r), OK);
	check_slice("an own id takes a number too", id_of(&r), SLICE(EPOCH_S "~4"));
	assert_false(r.duplicate);
	log_free(log);
}

static const struct {
	const char *name;
	struct sse_event event;
	const char *wire;
} frames[] = {
	{"a minted id", {.data = SLICE_INIT("hi")}, "1e\r\nid: " EPOCH_S "~1\ndata: hi\n\n\r\n"},
	{"an own id",
	 {.id = SLICE_INIT("7"), .data = SLICE_INIT("")},
	 "e\r\nid: 7\ndata: \n\n\r\n"},
	{"all fields",
	 {.id = SLICE_INIT("7"),
	  .type = SLICE_INIT("t"),
	  .data = SLICE_INIT("a\r\nb"),
	  .retry_ms = 10,
	  .has_retry = true},
	 "2a\r\nretry: 10\nid: 7\nevent: t\ndata: a\ndata: b\n\n\r\n"},
};

static void a_frame_is_one_chunk(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(frames); i++) {
		struct log *log = new_log(0);
		struct log_event event = event_on("a", SLICE_NONE);
		struct log_receipt r;

		event.sse = frames[i].event;
		check(frames[i].name, log_publish(log, &event, 5, &r) == OK);
		struct log_segment *s = log_oldest(log);
		const struct log_entry *e = s->entries[0];
		struct slice wire = {e->wire, e->wire_len};
		check_slice(frames[i].name, wire, slice_of(frames[i].wire));
		check(frames[i].name, e->head_len == slice_find(wire, '\n') + 1);
		check(frames[i].name, e->time_ms == 5 && e->seq == 1);
		log_segment_unref(s);
		log_free(log);
	}
}

static void all_that_was_published_is_in_the_entry(void **state)
{
	(void)state;
	struct log *log = new_log(0);
	struct log_event event = event_on("a b/c", SLICE("x"));
	struct log_receipt r;

	event.is_private = true;
	event.sse.id = SLICE("own");
	assert_int_equal(log_publish(log, &event, 0, &r), OK);
	struct log_segment *s = log_oldest(log);
	const struct log_entry *e = s->entries[0];
	assert_true(e->is_private);
	assert_int_equal(e->topic_count, 2);
	check_slice("first topic", e->topics[0], SLICE("a"));
	check_slice("second topic", e->topics[1], SLICE("b/c"));
	check_slice("own id", e->own_id, SLICE("own"));
	log_segment_unref(s);
	log_free(log);
}

/* Published in this order, into one log. */
static const struct {
	const char *name;
	const char *topics;
	struct slice id;
	bool duplicate;
	uint64_t seq_on_a; /* what log_find_own then says; 0: not found */
} own_ids[] = {
	{"the first is delivered", "a", SLICE_INIT("x"), false, 1},
	{"the same again is not", "a", SLICE_INIT("x"), true, 1},
	{"on another topic it is another event", "b", SLICE_INIT("x"), false, 1},
	{"known on both topics it is a duplicate", "b a", SLICE_INIT("x"), true, 1},
	{"new on one of the topics it is delivered there", "a c", SLICE_INIT("x"), false, 1},
	{"and known there from then on", "c", SLICE_INIT("x"), true, 1},
	{"another id is another event", "a", SLICE_INIT("y"), false, 4},
	{"an id is not a prefix", "a", SLICE_INIT("xx"), false, 5},
	{"a topic and an id do not run together", "ax", SLICE_INIT("y"), false, 4},
};

static void a_repeated_id_is_not_delivered_twice(void **state)
{
	(void)state;
	struct log *log = new_log(0);

	for (size_t i = 0; i < COUNT_OF(own_ids); i++) {
		struct slice id = own_ids[i].id;
		struct log_receipt r;
		uint64_t seq = 0;

		check(own_ids[i].name, publish_as(log, own_ids[i].topics, id, &r) == OK);
		check(own_ids[i].name, r.duplicate == own_ids[i].duplicate);
		check_slice(own_ids[i].name, id_of(&r), id);
		check(own_ids[i].name, log_find_own(log, SLICE("a"), id, &seq) == OK);
		check(own_ids[i].name, seq == own_ids[i].seq_on_a);
	}
	struct log_segment *s = log_oldest(log);
	assert_int_equal(s->count, 6);
	assert_int_equal(s->entries[2]->topic_count, 1);
	check_slice("the topic that did not know it", s->entries[2]->topics[0], SLICE("c"));
	log_segment_unref(s);
	log_free(log);
}

static void an_id_that_left_the_log_is_new_again(void **state)
{
	(void)state;
	struct log *log = new_log(0);
	struct log_receipt r;
	uint64_t seq = 77;

	assert_int_equal(log_find_own(log, SLICE("a"), SLICE("x"), &seq), E_NOT_FOUND);
	assert_int_equal(publish_as(log, "a b", SLICE("x"), &r), OK);
	publish_bulk(log, "bulk", 400);
	assert_int_equal(log_find_own(log, SLICE("a"), SLICE("x"), &seq), E_NOT_FOUND);
	assert_int_equal(seq, 77);
	assert_int_equal(publish_as(log, "a b", SLICE("x"), &r), OK);
	assert_false(r.duplicate);
	assert_int_equal(log_find_own(log, SLICE("b"), SLICE("x"), &seq), OK);
	assert_int_equal(seq, 402);
	log_free(log);
}

static void ids_and_topics_may_be_as_long_as_their_maximum(void **state)
{
	(void)state;
	static char topic[TOPIC_MAX_LEN + 2], id[SSE_MAX_ID + 1];
	struct log *log = new_log(0);
	struct log_receipt r;
	uint64_t seq;

	memset(topic, 't', TOPIC_MAX_LEN);
	memset(id, 'i', SSE_MAX_ID);
	assert_int_equal(publish_as(log, topic, slice_of(id), &r), OK);
	check_slice("the longest id", id_of(&r), slice_of(id));
	assert_int_equal(log_find_own(log, slice_of(topic), slice_of(id), &seq), OK);
	topic[TOPIC_MAX_LEN] = 't';
	assert_int_equal(log_find_own(log, slice_of(topic), slice_of(id), &seq), E_NOT_FOUND);
	assert_int_equal(log_find_own(log, SLICE("a"), SLICE(""), &seq), E_NOT_FOUND);
	log_free(log);
}

static void what_is_refused_leaves_no_trace(void **state)
{
	(void)state;
	static char data[MAX_EVENT + 1];
	struct log *log = new_log((size_t)16 << 20);
	struct log_receipt r = {.id_len = 99};
	struct log_event event = event_on("a", (struct slice){data, sizeof(data)});

	memset(data, 'd', sizeof(data));
	assert_int_equal(log_publish(log, &event, 0, &r), E_TOO_BIG);
	event.sse = (struct sse_event){.type = SLICE("a\nb"), .data = SLICE("x")};
	assert_int_equal(log_publish(log, &event, 0, &r), E_BAD_FIELD);
	event.sse = (struct sse_event){.id = SLICE("own"), .data = SLICE("\xff")};
	assert_int_equal(log_publish(log, &event, 0, &r), E_BAD_UTF8);
	assert_int_equal(r.id_len, 99);
	uint64_t seq;
	assert_int_equal(log_find_own(log, SLICE("a"), SLICE("own"), &seq), E_NOT_FOUND);
	event.sse = (struct sse_event){.data = {data, MAX_EVENT}};
	assert_int_equal(log_publish(log, &event, 0, &r), OK);
	check_slice("the largest event is the first", id_of(&r), SLICE(EPOCH_S "~1"));
	log_free(log);
}

static size_t chain_bytes(struct log *log)
{
	struct log_segment *first = log_oldest(log);
	size_t n = 0;

	for (struct log_segment *s = first; s; s = atomic_load(&s->next))
		n += sizeof(*s) + s->wire_cap + LOG_SEGMENT_META;
	log_segment_unref(first);
	return n;
}

static void old_segments_go_when_memory_is_full(void **state)
{
	(void)state;
	struct log *log = new_log(LOG_MIN_MEMORY);

	publish_bulk(log, "a", 100);
	assert_int_equal(log_oldest_seq(log), 1);
	for (int i = 0; i < 40; i++) {
		uint64_t before = log_oldest_seq(log);

		publish_bulk(log, "a", 50);
		assert_true(log_oldest_seq(log) >= before);
		assert_true(chain_bytes(log) <= LOG_MIN_MEMORY);
	}
	assert_true(log_oldest_seq(log) > 1800);
	struct log_segment *s = log_oldest(log);
	assert_int_equal(s->entries[0]->seq, log_oldest_seq(log));
	log_segment_unref(s);
	log_free(log);
}

static void a_reader_keeps_what_it_holds(void **state)
{
	(void)state;
	struct log *log = new_log(LOG_MIN_MEMORY);
	struct log_segment *s = log_oldest(log);
	uint64_t seq = 0;

	publish_bulk(log, "a", 1000);
	assert_true(log_oldest_seq(log) > 1);
	while (s) {
		for (unsigned i = 0; i < s->count; i++)
			assert_int_equal(s->entries[i]->seq, ++seq);
		struct log_segment *next = atomic_load(&s->next);

		if (next)
			(void)log_segment_ref(next);
		log_segment_unref(s);
		s = next;
	}
	assert_int_equal(seq, 1000);
	log_free(log);
}

static void a_segment_takes_its_maximum_of_entries(void **state)
{
	(void)state;
	struct log *log = new_log((size_t)8 << 20);
	struct log_segment *s = log_oldest(log);

	/* Small ones: the count of entries or their names fill the segment, not their bytes. */
	for (unsigned i = 0; i < 2 * LOG_SEGMENT_ENTRIES; i++)
		publish(log, "a");
	assert_true(s->count <= LOG_SEGMENT_ENTRIES);
	assert_true(s->meta_used <= LOG_SEGMENT_META);
	assert_int_equal(atomic_load(&s->next)->first_seq, s->count + 1);
	log_segment_unref(s);
	log_free(log);
}

static void a_frame_larger_than_a_segment_gets_its_own(void **state)
{
	(void)state;
	static char data[LOG_SEGMENT_WIRE + 1];
	struct log *log = new_log((size_t)8 << 20);
	struct log_event event = event_on("a", (struct slice){data, sizeof(data)});
	struct log_receipt r;

	publish(log, "a");
	assert_int_equal(log_publish(log, &event, 0, &r), OK);
	publish(log, "a");
	struct log_segment *s = log_oldest(log);
	struct log_segment *large = atomic_load(&s->next);
	assert_int_equal(s->count, 1);
	assert_int_equal(large->count, 1);
	assert_true(large->entries[0]->wire_len > sizeof(data));
	assert_int_equal(atomic_load(&large->next)->entries[0]->seq, 3);
	log_segment_unref(s);
	log_free(log);
}

static const struct {
	const char *name;
	struct slice id;
	enum log_id kind;
	uint64_t seq;
	bool minted_form;
} ids[] = {
	{"ours", SLICE_INIT(EPOCH_S "~12"), LOG_ID_OURS, 12, true},
	{"ours and far ahead", SLICE_INIT(EPOCH_S "~18446744073709551615"), LOG_ID_OURS, UINT64_MAX,
	 true},
	{"of an earlier life", SLICE_INIT("1699999999999~12"), LOG_ID_EARLIER, 0, true},
	{"from the future", SLICE_INIT("1700000000001~12"), LOG_ID_FOREIGN, 0, true},
	{"without a number", SLICE_INIT(EPOCH_S "~"), LOG_ID_FOREIGN, 0, false},
	{"without an epoch", SLICE_INIT("~1"), LOG_ID_FOREIGN, 0, false},
	{"without a tilde", SLICE_INIT(EPOCH_S), LOG_ID_FOREIGN, 0, false},
	{"with two tildes", SLICE_INIT(EPOCH_S "~1~2"), LOG_ID_FOREIGN, 0, false},
	{"with a sign", SLICE_INIT(EPOCH_S "~+1"), LOG_ID_FOREIGN, 0, false},
	{"with a space", SLICE_INIT(EPOCH_S "~ 1"), LOG_ID_FOREIGN, 0, false},
	{"past the largest number", SLICE_INIT(EPOCH_S "~18446744073709551616"), LOG_ID_FOREIGN, 0,
	 false},
	{"empty", SLICE_INIT(""), LOG_ID_FOREIGN, 0, false},
	{"a publisher's", SLICE_INIT("order-17"), LOG_ID_FOREIGN, 0, false},
};

static void an_id_is_judged_without_a_table(void **state)
{
	(void)state;
	struct log *log = new_log(0);

	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		uint64_t seq = 0;

		check(ids[i].name, log_parse_id(log, ids[i].id, &seq) == ids[i].kind);
		check(ids[i].name, seq == ids[i].seq);
		check(ids[i].name, log_id_is_minted_form(ids[i].id) == ids[i].minted_form);
	}
	log_free(log);
}

static void a_minted_id_fits_its_maximum_and_reads_back(void **state)
{
	(void)state;
	struct log *log = log_new((struct log_limits){0}, UINT64_MAX, KEY);
	char text[LOG_ID_MAX + 1];
	struct writer w;
	uint64_t seq = 0;

	writer_init(&w, text, LOG_ID_MAX + 1);
	log_put_id(log, &w, UINT64_MAX);
	assert_false(w.overflow);
	assert_true(w.len <= LOG_ID_MAX + 1);
	assert_int_equal(log_parse_id(log, writer_slice(&w), &seq), LOG_ID_OURS);
	assert_true(seq == UINT64_MAX);
	log_free(log);
	log_free(NULL);
	log_segment_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minted_ids_rise_by_one),
		cmocka_unit_test(a_frame_is_one_chunk),
		cmocka_unit_test(all_that_was_published_is_in_the_entry),
		cmocka_unit_test(a_repeated_id_is_not_delivered_twice),
		cmocka_unit_test(an_id_that_left_the_log_is_new_again),
		cmocka_unit_test(ids_and_topics_may_be_as_long_as_their_maximum),
		cmocka_unit_test(what_is_refused_leaves_no_trace),
		cmocka_unit_test(old_segments_go_when_memory_is_full),
		cmocka_unit_test(a_reader_keeps_what_it_holds),
		cmocka_unit_test(a_segment_takes_its_maximum_of_entries),
		cmocka_unit_test(a_frame_larger_than_a_segment_gets_its_own),
		cmocka_unit_test(an_id_is_judged_without_a_table),
		cmocka_unit_test(a_minted_id_fits_its_maximum_and_reads_back),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}

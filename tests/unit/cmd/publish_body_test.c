/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "cmd/publish_body.h"

#include <string.h>

static const struct {
	const char *name;
	struct publish_event in;
	struct slice out;
} events[] = {
	{"topic and data",
	 {.topic = SLICE_INIT("t"), .data = SLICE_INIT("d")},
	 SLICE_INIT("{\"topic\":\"t\",\"data\":\"d\"}")},
	{"all members",
	 {.topic = SLICE_INIT("t"),
	  .data = SLICE_INIT("\"\n"),
	  .type = SLICE_INIT("e"),
	  .id = SLICE_INIT("i"),
	  .retry = SLICE_INIT("5"),
	  .is_private = true},
	 SLICE_INIT(
		 "{\"topic\":\"t\",\"data\":\"\\\"\\n\",\"event\":\"e\",\"id\":\"i\",\"retry\":5,"
		 "\"private\":true}")},
	{"JSON stays as it is",
	 {.topic = SLICE_INIT("t"), .data = SLICE_INIT("[1.0e9]"), .data_is_json = true},
	 SLICE_INIT("{\"topic\":\"t\",\"data\":[1.0e9]}")},
	{"every byte as an escape",
	 {.topic = SLICE_INIT("\x01\x01"), .data = SLICE_INIT("\x01"), .id = SLICE_INIT("\x01")},
	 SLICE_INIT("{\"topic\":\"\\u0001\\u0001\",\"data\":\"\\u0001\",\"id\":\"\\u0001\"}")},
};

static void events_are_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(events); i++) {
		char out[512];
		struct writer w;

		writer_init(&w, out, publish_event_bound(&events[i].in));
		publish_put_event(&w, &events[i].in);
		check(events[i].name, !w.overflow);
		check_slice(events[i].name, writer_slice(&w), events[i].out);
	}
}

static const struct {
	const char *name;
	struct slice in;
	bool at_end;
	struct slice out;
} batches[] = {
	{"whole lines only", SLICE_INIT("a\nb\nc"), false, SLICE_INIT("a\nb\n")},
	{"the rest too at the end", SLICE_INIT("a\nb\nc"), true, SLICE_INIT("a\nb\nc")},
	{"no line yet", SLICE_INIT("abc"), false, SLICE_INIT("")},
	{"nothing", SLICE_INIT(""), true, SLICE_INIT("")},
	{"empty lines are lines", SLICE_INIT("\n\n"), false, SLICE_INIT("\n\n")},
};

static void batches_are_whole_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(batches); i++)
		check_slice(batches[i].name, publish_next_batch(batches[i].in, batches[i].at_end),
			    batches[i].out);
}

static void batches_stop_at_their_maxima(void **state)
{
	(void)state;
	static char text[2 * PUBLISH_MAX_BATCH];
	struct slice all = {text, sizeof(text)};

	memset(text, '\n', sizeof(text));
	assert_int_equal(publish_next_batch(all, false).len, PUBLISH_BATCH_LINES);
	memset(text, 'x', sizeof(text));
	text[99] = '\n';
	text[PUBLISH_MAX_BATCH - 1] = '\n';
	assert_int_equal(publish_next_batch(all, false).len, PUBLISH_MAX_BATCH);
	text[PUBLISH_MAX_BATCH - 1] = 'x';
	text[PUBLISH_MAX_BATCH] = '\n';
	assert_int_equal(publish_next_batch(all, false).len, 100);
	assert_int_equal(publish_next_batch(slice_from(all, 100), true).len,
			 PUBLISH_MAX_BATCH - 99);
}

static void text_that_is_not_utf8_is_named(void **state)
{
	(void)state;
	struct publish_event event = {.topic = SLICE("t"), .data = SLICE("\xff")};

	assert_string_equal(publish_bad_text(&event), "the data");
	event.data = SLICE("d");
	assert_null(publish_bad_text(&event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_json),
		cmocka_unit_test(batches_are_whole_lines),
		cmocka_unit_test(batches_stop_at_their_maxima),
		cmocka_unit_test(text_that_is_not_utf8_is_named),
	};

	return cmocka_run_group_tests_name("publish_body", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "cmd/tail_source.h"
#include "cmd/visible.h"

static const struct {
	const char *name;
	struct tail_record in;
	bool color;
	struct slice plain;
} records[] = {
	{"a message is its data",
	 {.message = {SLICE_INIT("message"), SLICE_INIT("a"), SLICE_INIT("7")}},
	 false,
	 SLICE_INIT("a\n")},
	{"all parts before it",
	 {.message = {SLICE_INIT("t"), SLICE_INIT("a"), SLICE_INIT("7")},
	  .id_is_new = true,
	  .source = SLICE_INIT("h:1")},
	 false,
	 SLICE_INIT("h:1  t  #7  a\n")},
	{"colours end before the data",
	 {.message = {SLICE_INIT("t"), SLICE_INIT("a"), SLICE_INIT("7")}, .id_is_new = true},
	 true,
	 SLICE_INIT("\x1b[36mt\x1b[0m  \x1b[33m#7\x1b[0m  a\n")},
	{"empty lines stay lines",
	 {.message = {SLICE_INIT("t"), SLICE_INIT("\n\n"), SLICE_INIT("")}},
	 false,
	 SLICE_INIT("t  \n   \n   \n")},
	{"controls in every part",
	 {.message = {SLICE_INIT("\x1b"), SLICE_INIT("\x9b\x1b"), SLICE_INIT("\r")},
	  .id_is_new = true},
	 false,
	 SLICE_INIT("\\x1b  #\\x0d  \xef\xbf\xbd\\x1b\n")},
};

static void records_are_plain_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		char out[256];
		struct writer w;

		writer_init(&w, out, sizeof(out));
		tail_put_plain(&w, &records[i].in, records[i].color);
		check_slice(records[i].name, writer_slice(&w), records[i].plain);
		check(records[i].name, w.len <= tail_format_bound(&records[i].in));
	}
}

/* The dearest byte of each form, in every part: the bound must hold. */
static void the_bound_holds_for_the_worst(void **state)
{
	(void)state;
	static const struct slice worst[] = {SLICE_INIT("\x01\x01\x01\x01"), SLICE_INIT("\n\n\n\n"),
					     SLICE_INIT("\xff\xff\xff\xff"),
					     SLICE_INIT("\"\"\"\"")};

	for (size_t i = 0; i < COUNT_OF(worst); i++) {
		const struct tail_record record = {
			.message = {worst[i], worst[i], worst[i]},
			.id_is_new = true,
			.source = worst[i],
			.origin = worst[i],
			.unix_ms = UINT64_MAX >> 10,
		};
		char out[1024];
		struct writer w;

		writer_init(&w, out, tail_format_bound(&record));
		tail_put_plain(&w, &record, true);
		assert_false(w.overflow);
		writer_init(&w, out, tail_format_bound(&record));
		tail_put_json(&w, &record);
		assert_false(w.overflow);
	}
}

static const struct {
	const char *name;
	uint64_t retry;
	unsigned failures;
	uint64_t low;
	uint64_t high;
} delays[] = {
	{"the end of a stream waits as the stream asked", 3000, 0, 3000, 3000},
	{"zero does not spin", 0, 0, TAIL_MIN_RETRY_MS, TAIL_MIN_RETRY_MS},
	{"a day is capped", 86400000, 0, TAIL_MAX_RETRY_MS, TAIL_MAX_RETRY_MS},
	{"the largest number is capped", UINT64_MAX, 9, TAIL_MAX_RETRY_MS, TAIL_MAX_RETRY_MS},
	{"the first failure is jittered", 4000, 1, 3000, 5000},
	{"the second doubles", 4000, 2, 6000, 10000},
	{"the third doubles again", 4000, 3, 12000, 20000},
	{"many failures reach the cap", 4000, UINT32_MAX, TAIL_MAX_RETRY_MS, TAIL_MAX_RETRY_MS},
};

static void delays_grow_to_the_cap(void **state)
{
	(void)state;
	struct rng rng = {7};

	for (size_t i = 0; i < COUNT_OF(delays); i++) {
		for (int round = 0; round < 100; round++) {
			uint64_t ms = tail_delay_ms(delays[i].retry, delays[i].failures, &rng);

			check(delays[i].name, ms >= delays[i].low && ms <= delays[i].high);
		}
	}
}

static const struct {
	const char *name;
	struct slice in;
	struct slice out;
} visible[] = {
	{"text and tabs stay", SLICE_INIT("a\tb\xc3\xa9"), SLICE_INIT("a\tb\xc3\xa9")},
	{"line ends do not", SLICE_INIT("a\r\n"), SLICE_INIT("a\\x0d\\x0a")},
	{"C1 controls as UTF-8",
	 SLICE_INIT("\xc2\x9b"
		    "31m"),
	 SLICE_INIT("\\x9b31m")},
	{"the first letter behind C1 stays", SLICE_INIT("\xc2\xa0"), SLICE_INIT("\xc2\xa0")},
	{"DEL", SLICE_INIT("\x7f"), SLICE_INIT("\\x7f")},
};

static void controls_are_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(visible); i++) {
		char out[64];
		struct writer w;

		writer_init(&w, out, sizeof(out));
		put_visible(&w, visible[i].in);
		check_slice(visible[i].name, writer_slice(&w), visible[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_plain_text),
		cmocka_unit_test(the_bound_holds_for_the_worst),
		cmocka_unit_test(delays_grow_to_the_cap),
		cmocka_unit_test(controls_are_shown),
	};

	return cmocka_run_group_tests_name("tail", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/suggest.h"
#include "base/utf8.h"

static void splits_at_the_first_separator(void **state)
{
	(void)state;
	struct slice rest = SLICE("a=b=c");

	check_slice("head", slice_cut(&rest, '='), SLICE("a"));
	check_slice("rest", rest, SLICE("b=c"));
	check_slice("second", slice_cut(&rest, '='), SLICE("b"));
	check_slice("last", slice_cut(&rest, '='), SLICE("c"));
	assert_null(rest.ptr);
}

static void compares_and_trims(void **state)
{
	(void)state;
	assert_true(slice_eq_nocase(SLICE("Host"), SLICE("hOST")));
	assert_false(slice_eq_nocase(SLICE("Host"), SLICE("Hos")));
	check_slice("OWS on both sides", slice_trim(SLICE(" \t x y\t ")), SLICE("x y"));
	check_slice("nothing but OWS", slice_trim(SLICE(" \t ")), SLICE(""));
	assert_true(slice_cmp(SLICE("ab"), SLICE("abc")) < 0);
	assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
}

static const struct {
	const char *name;
	struct slice in;
	int valid;
} utf8_cases[] = {
	{"ASCII", SLICE_INIT("abc"), 1},
	{"two, three and four bytes", SLICE_INIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 1},
	{"overlong slash", SLICE_INIT("\xc0\xaf"), 0},
	{"overlong three bytes", SLICE_INIT("\xe0\x80\xaf"), 0},
	{"surrogate", SLICE_INIT("\xed\xa0\x80"), 0},
	{"beyond U+10FFFF", SLICE_INIT("\xf4\x90\x80\x80"), 0},
	{"cut short", SLICE_INIT("\xe2\x82"), 0},
	{"lone continuation", SLICE_INIT("\x80"), 0},
	{"NUL is a character", SLICE_INIT("a\0b"), 1},
};

static void knows_utf8(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(utf8_cases); i++)
		check(utf8_cases[i].name, utf8_valid(utf8_cases[i].in) == utf8_cases[i].valid);
	check_slice("cut before a character that does not fit",
		    utf8_truncate(SLICE("ab\xe2\x82\xac"), 4), SLICE("ab"));
}

static void suggests_the_nearest_word(void **state)
{
	(void)state;
	struct suggest s;

	suggest_init(&s, SLICE("heartbaet"));
	suggest_offer(&s, SLICE("history"));
	suggest_offer(&s, SLICE("heartbeat"));
	check_slice("swapped letters", s.best, SLICE("heartbeat"));
	suggest_init(&s, SLICE("zzz"));
	suggest_offer(&s, SLICE("listen"));
	assert_null(s.best.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_at_the_first_separator),
		cmocka_unit_test(compares_and_trims),
		cmocka_unit_test(knows_utf8),
		cmocka_unit_test(suggests_the_nearest_word),
	};

	return cmocka_run_group_tests_name("slice", tests, NULL, NULL);
}

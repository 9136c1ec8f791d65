/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "policy/topic.h"

#define S16  "0123456789abcdef"
#define S64  S16 S16 S16 S16
#define S255 S64 S64 S64 S16 S16 S16 "0123456789abcde"

static const struct {
	const char *name;
	struct slice in;
	bool topic;
	bool pattern;
	bool wild;
} forms[] = {
	{"one segment is both", SLICE_INIT("a"), true, true, false},
	{"several segments are both", SLICE_INIT("a/b/c"), true, true, false},
	{"empty segments are segments", SLICE_INIT("/a//b/"), true, true, false},
	{"all visible ASCII may stand in a name", SLICE_INIT("!~\"#%?:@\\{}"), true, true, false},
	{"nothing is neither", SLICE_INIT(""), false, false, false},
	{"256 bytes are the most", SLICE_INIT(S255 "x"), true, true, false},
	{"257 bytes are too many", SLICE_INIT(S255 "xy"), false, false, false},
	{"a space is neither", SLICE_INIT("a b"), false, false, false},
	{"DEL is neither", SLICE_INIT("a\x7f"), false, false, false},
	{"a line end is neither", SLICE_INIT("a\nb"), false, false, false},
	{"NUL is neither", SLICE_INIT("a\0b"), false, false, false},
	{"UTF-8 is neither", SLICE_INIT("caf\xc3\xa9"), false, false, false},
	{"a star is a pattern", SLICE_INIT("*"), false, true, true},
	{"a star may stand in the middle", SLICE_INIT("a/*/b"), false, true, true},
	{"stars may be many", SLICE_INIT("*/*/*"), false, true, true},
	{"two stars are a pattern", SLICE_INIT("**"), false, true, true},
	{"two stars may end a pattern", SLICE_INIT("a/*/**"), false, true, true},
	{"two stars in the middle are not a pattern", SLICE_INIT("a/**/b"), false, false, true},
	{"two stars before a last slash are not at the end", SLICE_INIT("a/**/"), false, false,
	 true},
	{"three stars are not a pattern", SLICE_INIT("***"), false, false, true},
	{"a star is a whole segment", SLICE_INIT("a*"), false, false, true},
	{"two stars are a whole segment", SLICE_INIT("a/b**"), false, false, true},
};

static void a_name_is_a_topic_a_pattern_or_neither(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct slice in = place_at_edge(forms[i].in);

		check(forms[i].name, topic_is_valid(in) == forms[i].topic);
		check(forms[i].name, topic_pattern_is_valid(in) == forms[i].pattern);
		check(forms[i].name, topic_pattern_is_wild(in) == forms[i].wild);
	}
}

static const struct {
	const char *name;
	struct slice pattern;
	struct slice topic;
	bool matches;
} pairs[] = {
	{"an exact name matches itself", SLICE_INIT("a/b"), SLICE_INIT("a/b"), true},
	{"an exact name matches no longer one", SLICE_INIT("a/b"), SLICE_INIT("a/b/c"), false},
	{"an exact name matches no shorter one", SLICE_INIT("a/b"), SLICE_INIT("a"), false},
	{"case counts", SLICE_INIT("a"), SLICE_INIT("A"), false},
	{"a last slash counts", SLICE_INIT("a"), SLICE_INIT("a/"), false},
	{"a star matches any segment", SLICE_INIT("*"), SLICE_INIT("abc"), true},
	{"a star matches an empty segment", SLICE_INIT("a/*"), SLICE_INIT("a/"), true},
	{"a star matches one segment only", SLICE_INIT("*"), SLICE_INIT("a/b"), false},
	{"a star needs its segment", SLICE_INIT("a/*"), SLICE_INIT("a"), false},
	{"a star in the middle", SLICE_INIT("a/*/c"), SLICE_INIT("a/b/c"), true},
	{"what stands behind a star counts", SLICE_INIT("a/*/c"), SLICE_INIT("a/b/d"), false},
	{"two stars match all", SLICE_INIT("**"), SLICE_INIT("a/b/c"), true},
	{"two stars match one segment", SLICE_INIT("a/**"), SLICE_INIT("a/b"), true},
	{"two stars match many segments", SLICE_INIT("a/**"), SLICE_INIT("a/b/c/d"), true},
	{"two stars match an empty segment", SLICE_INIT("a/**"), SLICE_INIT("a/"), true},
	{"two stars need a segment", SLICE_INIT("a/**"), SLICE_INIT("a"), false},
	{"what stands before two stars counts", SLICE_INIT("a/**"), SLICE_INIT("b/c"), false},
	{"a segment is not a prefix", SLICE_INIT("a/**"), SLICE_INIT("ab/c"), false},
	{"both wildcards together", SLICE_INIT("*/b/**"), SLICE_INIT("a/b/c/d"), true},
};

static void a_pattern_matches_by_segments(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct slice pattern = place_at_edge(pairs[i].pattern);
		struct slice topic = place_at_edge(pairs[i].topic);

		check(pairs[i].name, topic_matches(pattern, topic) == pairs[i].matches);
		check(pairs[i].name, topic_pattern_covers(pattern, topic) == pairs[i].matches);
	}
}

static const struct {
	const char *name;
	struct slice outer;
	struct slice inner;
	bool covers;
} covers[] = {
	{"a pattern covers itself", SLICE_INIT("a/*/**"), SLICE_INIT("a/*/**"), true},
	{"two stars cover all", SLICE_INIT("**"), SLICE_INIT("a/*/**"), true},
	{"two stars cover two stars", SLICE_INIT("**"), SLICE_INIT("**"), true},
	{"two stars cover a star", SLICE_INIT("a/**"), SLICE_INIT("a/*"), true},
	{"a star does not cover two stars", SLICE_INIT("a/*"), SLICE_INIT("a/**"), false},
	{"a star covers a star", SLICE_INIT("*/b"), SLICE_INIT("*/b"), true},
	{"a name does not cover a star", SLICE_INIT("a"), SLICE_INIT("*"), false},
	{"a name does not cover two stars", SLICE_INIT("a/b"), SLICE_INIT("a/**"), false},
	{"many segments do not cover any number", SLICE_INIT("*/**"), SLICE_INIT("**"), false},
	{"a subtree does not cover its root", SLICE_INIT("a/**"), SLICE_INIT("a"), false},
	{"a subtree does not cover all", SLICE_INIT("a/**"), SLICE_INIT("**"), false},
	{"a subtree does not cover a wider one", SLICE_INIT("a/b/**"), SLICE_INIT("a/**"), false},
	{"a subtree covers a narrower one", SLICE_INIT("a/**"), SLICE_INIT("a/b/**"), true},
	{"one star does not cover two segments", SLICE_INIT("*"), SLICE_INIT("*/*"), false},
};

static void a_right_covers_what_it_matches_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(covers); i++) {
		struct slice outer = place_at_edge(covers[i].outer);
		struct slice inner = place_at_edge(covers[i].inner);

		check(covers[i].name, topic_pattern_covers(outer, inner) == covers[i].covers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_a_topic_a_pattern_or_neither),
		cmocka_unit_test(a_pattern_matches_by_segments),
		cmocka_unit_test(a_right_covers_what_it_matches_whole),
	};

	return cmocka_run_group_tests_name("topic", tests, NULL, NULL);
}

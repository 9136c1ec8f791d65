/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/grammar.h"

#include "../test.h"

#include <string.h>

#define CLEAN GRAMMAR_COUNT

static const struct {
	const char *name;
	struct slice in;
	enum grammar fault; /* CLEAN: none at all */
	uint64_t line;
} cases[] = {
	{"a clean stream", SLICE_INIT("retry: 5\n:c\nid: 7\nevent: x\ndata: a\n\n"), CLEAN, 0},
	{"CRLF throughout", SLICE_INIT("data: a\r\n\r\n"), CLEAN, 0},
	{"a byte order mark at the front",
	 SLICE_INIT("\xef\xbb\xbf"
		    "data: a\n\n"),
	 CLEAN, 0},
	{"UTF-8 in data", SLICE_INIT("data: \xe2\x9c\x93\n\n"), CLEAN, 0},
	{"an id without data is a checkpoint", SLICE_INIT("id: 7\n\n"), CLEAN, 0},
	{"an empty data field is data", SLICE_INIT("event: x\ndata\n\n"), CLEAN, 0},
	{"bytes that are not UTF-8", SLICE_INIT("data: \xff\n\n"), GRAMMAR_BAD_UTF8, 1},
	{"a character cut by a line end", SLICE_INIT("\ndata: \xe2\x9c\n\n"), GRAMMAR_BAD_UTF8, 2},
	{"a mark on a later line",
	 SLICE_INIT("\n\xef\xbb\xbf"
		    ":c\n"),
	 GRAMMAR_LATE_BOM, 2},
	{"CR alone", SLICE_INIT("data: a\r\r"), GRAMMAR_LONE_CR, 1},
	{"two kinds of line ends", SLICE_INIT("data: a\r\n\n"), GRAMMAR_MIXED_ENDS, 2},
	{"a retry in words", SLICE_INIT("retry: soon\n\n"), GRAMMAR_BAD_RETRY, 1},
	{"a retry with a sign", SLICE_INIT("retry: -1\n\n"), GRAMMAR_BAD_RETRY, 1},
	{"an id with NUL", SLICE_INIT("id: a\0b\n\n"), GRAMMAR_ID_NUL, 1},
	{"an id beyond ASCII", SLICE_INIT("id: \xc3\xa4\n\n"), GRAMMAR_ID_NON_ASCII, 1},
	{"an id with a space", SLICE_INIT("id: a b\n\n"), GRAMMAR_ID_NON_ASCII, 1},
	{"a field of nobody", SLICE_INIT("evnet: x\n\n"), GRAMMAR_UNKNOWN_FIELD, 1},
	{"a field in capitals", SLICE_INIT("Data: x\n\n"), GRAMMAR_MISCASED_FIELD, 1},
	{"a field behind a space", SLICE_INIT(" data: x\n\n"), GRAMMAR_MISCASED_FIELD, 1},
	{"JSON over two lines", SLICE_INIT("data: {\n\"a\": 1}\n\n"), GRAMMAR_RAW_NEWLINE, 2},
	{"a type without data", SLICE_INIT("event: x\n\n"), GRAMMAR_NO_DATA, 2},
	{"a built-in type", SLICE_INIT("event: error\ndata\n\n"), GRAMMAR_RESERVED_TYPE, 1},
	{"an end within a block", SLICE_INIT("data: a\n"), GRAMMAR_TRUNCATED, 2},
	{"an end within a line", SLICE_INIT("\ndat"), GRAMMAR_TRUNCATED, 2},
	{"two spaces", SLICE_INIT("data:  a\n\n"), GRAMMAR_TWO_SPACES, 1},
};

static void scan(struct grammar_scan *g, struct slice in, size_t piece)
{
	grammar_init(g);
	while (in.len > 0) {
		grammar_feed(g, slice_upto(in, piece));
		in = slice_from(in, piece);
	}
	grammar_end(g);
}

static void each_fault_is_told_once(void **state)
{
	struct grammar_scan g;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t piece = 1; piece < 4; piece++) {
			scan(&g, cases[i].in, piece);
			for (size_t f = 0; f < GRAMMAR_COUNT; f++)
				check(cases[i].name,
				      (g.notes[f].count > 0) == (f == cases[i].fault));
			if (cases[i].fault != CLEAN)
				check(cases[i].name, g.notes[cases[i].fault].line == cases[i].line);
		}
	}
}

static void the_line_is_shown(void **state)
{
	struct grammar_scan g;

	(void)state;
	scan(&g, SLICE(":\nevnet: x\n\n"), 100);
	check_slice("excerpt",
		    ((struct slice){g.notes[GRAMMAR_UNKNOWN_FIELD].excerpt,
				    g.notes[GRAMMAR_UNKNOWN_FIELD].excerpt_len}),
		    SLICE("evnet: x"));
}

static void a_huge_line_is_one_of_more_than_64_kib(void **state)
{
	static char in[(64u << 10) + 2];
	struct grammar_scan g;

	(void)state;
	memset(in, ':', sizeof(in));
	in[64u << 10] = '\n';
	scan(&g, (struct slice){in, (64u << 10) + 1}, 1000);
	assert_int_equal(g.notes[GRAMMAR_HUGE_LINE].count, 0);
	in[64u << 10] = ':';
	in[(64u << 10) + 1] = '\n';
	scan(&g, (struct slice){in, sizeof(in)}, 1000);
	assert_int_equal(g.notes[GRAMMAR_HUGE_LINE].count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_told_once),
		cmocka_unit_test(the_line_is_shown),
		cmocka_unit_test(a_huge_line_is_one_of_more_than_64_kib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "cmd/help.h"

#include <string.h>

static const struct option_row options[] = {
	{"json", 'j', NULL, "One JSON line per event"},
	{"rate", 0, "N", "Events per second", .fallback = "10"},
	{"a-name-that-is-rather-long", 0, "VALUE", "Stands on a line of its own"},
	{"topic", 't', "NAME",
	 "A sentence that is so long that it must be wrapped before the eightieth column is "
	 "reached",
	 .repeat = true},
	{NULL},
};

static const struct command command = {
	.name = "tail",
	.summary = "Watch streams",
	.usage = "URL...",
	.options = options,
	.examples = "sluice tail A\nsluice tail B",
};

static const char page[] =
	"Usage: sluice tail [OPTION...] URL...\n"
	"\n"
	"Watch streams.\n"
	"\n"
	"Options:\n"
	"  -j, --json                One JSON line per event\n"
	"      --rate N              Events per second (default: 10)\n"
	"      --a-name-that-is-rather-long VALUE\n"
	"                            Stands on a line of its own\n"
	"  -t, --topic NAME          A sentence that is so long that it must be wrapped\n"
	"                            before the eightieth column is reached (repeatable)\n"
	"  -h, --help                Show this help and exit\n"
	"\n"
	"Exit codes:\n"
	"  0  done; nothing to report\n"
	"  1  findings, or the server refused\n"
	"  2  wrong usage or configuration\n"
	"  3  target unreachable, output not written, or inconclusive\n"
	"\n"
	"Examples:\n"
	"  sluice tail A\n"
	"  sluice tail B\n";

static void a_page_is_made_from_the_table(void **state)
{
	char text[HELP_MAX];
	struct writer w;

	(void)state;
	writer_init(&w, text, sizeof(text));
	help_write(&w, &command);
	check_slice("page", writer_slice(&w), slice_of(page));
}

static void a_page_that_does_not_fit_overflows_cleanly(void **state)
{
	char text[sizeof(page)];

	(void)state;
	for (size_t cap = 0; cap < sizeof(page) - 1; cap++) {
		struct writer w;

		writer_init(&w, text, cap);
		help_write(&w, &command);
		assert_true(w.overflow);
	}
}

static void every_command_has_a_page_that_fits(void **state)
{
	char text[HELP_MAX];

	(void)state;
	for (const struct command *row = commands; row->name != NULL; row++) {
		struct writer w;

		writer_init(&w, text, sizeof(text));
		help_write(&w, row);
		check(row->name, !w.overflow);
		check(row->name, row->summary[strlen(row->summary) - 1] != '.');
		check(row->name, row->examples[0] != '\0');
	}
}

static void every_command_is_found_by_its_name(void **state)
{
	(void)state;
	for (const struct command *row = commands; row->name != NULL; row++)
		check(row->name, command_find(slice_of(row->name)) == row);
	assert_null(command_find(SLICE("nope")));
	assert_null(command_find(SLICE("")));
	assert_null(command_find(SLICE_NONE));
}

static void no_letter_or_name_stands_for_two_options(void **state)
{
	(void)state;
	for (const struct command *row = commands; row->name != NULL; row++) {
		for (const struct option_row *a = row->options; a->name != NULL; a++) {
			check(a->name, a->letter != 'h' && strcmp(a->name, "help") != 0);
			for (const struct option_row *b = a + 1; b->name != NULL; b++) {
				check(a->name, strcmp(a->name, b->name) != 0);
				check(a->name, a->letter == 0 || a->letter != b->letter);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_made_from_the_table),
		cmocka_unit_test(a_page_that_does_not_fit_overflows_cleanly),
		cmocka_unit_test(every_command_has_a_page_that_fits),
		cmocka_unit_test(every_command_is_found_by_its_name),
		cmocka_unit_test(no_letter_or_name_stands_for_two_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

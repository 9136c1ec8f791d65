/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "cmd/args.h"
#include "cmd/command.h"

#define WORDS_MAX 8

enum { JSON, RATE, TOPIC };

static const struct option_row options[] = {
	[JSON] = {"json", 'j', NULL, "Print JSON"},
	[RATE] = {"rate", 'r', "N", "Events per second", .fallback = "10"},
	[TOPIC] = {"topic", 0, "NAME", "Topic", .repeat = true},
	{NULL},
};

static const struct command command = {
	.name = "tail",
	.summary = "Watch",
	.usage = "URL...",
	.operands_min = 0,
	.operands_max = 2,
	.options = options,
	.examples = "sluice tail URL",
};

static enum err parse(const struct command *cmd, const char *const *words, struct args *ret_args,
		      struct writer *fault)
{
	char *argv[WORDS_MAX];
	int argc = 0;

	for (; words[argc] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	return args_parse(cmd, argc, argv, ret_args, fault);
}

static const struct {
	const char *name;
	const char *words[WORDS_MAX];
	const char *json;
	const char *rate;
	const char *topic; /* the second one given */
	const char *operand;
	bool help;
} good[] = {
	{"nothing at all", {NULL}, .rate = "10"},
	{"a flag", {"--json"}, .json = "", .rate = "10"},
	{"a letter", {"-j"}, .json = "", .rate = "10"},
	{"a value in the next word", {"--rate", "5"}, .rate = "5"},
	{"a value behind =", {"--rate=5"}, .rate = "5"},
	{"an empty value behind =", {"--rate="}, .rate = ""},
	{"a value that holds =", {"--rate=a=b"}, .rate = "a=b"},
	{"a letter with a value", {"-r", "5"}, .rate = "5"},
	{"a value that is a single dash", {"--rate", "-"}, .rate = "-"},
	{"a value that looks like a letter", {"--rate", "-5"}, .rate = "-5"},
	{"a value that looks like an option, behind =", {"--rate=--json"}, .rate = "--json"},
	{"an option given twice that may be",
	 {"--topic", "a", "--topic=b"},
	 .rate = "10",
	 .topic = "b"},
	{"an operand", {"x"}, .rate = "10", .operand = "x"},
	{"an operand before an option", {"x", "-j"}, .json = "", .rate = "10", .operand = "x"},
	{"a dash is an operand", {"-"}, .rate = "10", .operand = "-"},
	{"an empty operand", {""}, .rate = "10", .operand = ""},
	{"behind -- all is operands", {"--", "--json"}, .rate = "10", .operand = "--json"},
	{"a second -- is an operand", {"--", "--"}, .rate = "10", .operand = "--"},
	{"help", {"--help"}, .rate = "10", .help = true},
	{"help before a fault", {"-h", "--nope"}, .rate = "10", .help = true},
};

static void check_text(const char *name, const char *got, const char *want)
{
	check(name, (got == NULL) == (want == NULL));
	check_slice(name, slice_of(got), slice_of(want));
}

static void a_command_line_gives_its_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		const char *name = good[i].name;
		struct writer fault;
		struct args args;
		char text[256];

		writer_init(&fault, text, sizeof(text));
		check(name, parse(&command, good[i].words, &args, &fault) == OK);
		check(name, fault.len == 0);
		check(name, args_has(&args, JSON) == (good[i].json != NULL));
		check_text(name, args_get(&args, JSON), good[i].json);
		check_text(name, args_get(&args, RATE), good[i].rate);
		check_text(name, args_nth(&args, TOPIC, 1), good[i].topic);
		check_text(name, args.operands_len > 0 ? args.operands[0] : NULL, good[i].operand);
		check(name, args.help == good[i].help);
	}
}

static const struct {
	const char *name;
	const char *words[WORDS_MAX];
	const char *fault;
} bad[] = {
	{"an unknown option", {"--nope"}, "unknown option '--nope'"},
	{"a misspelt option", {"--jsn"}, "unknown option '--jsn' (did you mean '--json'?)"},
	{"a misspelt option with a value",
	 {"--rat=5"},
	 "unknown option '--rat' (did you mean '--rate'?)"},
	{"a misspelt help", {"--hepl"}, "unknown option '--hepl' (did you mean '--help'?)"},
	{"an unknown letter", {"-x"}, "unknown option '-x'"},
	{"bundled letters", {"-jr"}, "unknown option '-jr'"},
	{"a name with one dash", {"-json"}, "unknown option '-json'"},
	{"a letter with two dashes", {"--j"}, "unknown option '--j'"},
	{"a prefix of an option", {"--jso"}, "unknown option '--jso' (did you mean '--json'?)"},
	{"an empty name", {"--=5"}, "unknown option '--'"},
	{"a missing value", {"--rate"}, "option '--rate' needs a value: N"},
	{"a letter's missing value", {"-r"}, "option '-r' needs a value: N"},
	{"an option where a value was forgotten",
	 {"--rate", "--json"},
	 "option '--rate' needs a value: N"},
	{"a value for a flag", {"--json=yes"}, "option '--json' takes no value"},
	{"an empty value for a flag", {"--json="}, "option '--json' takes no value"},
	{"one value too many", {"--rate=1", "-r", "2"}, "option '--rate' is given twice"},
	{"a flag given twice", {"-j", "--json"}, "option '--json' is given twice"},
	{"one operand too many", {"a", "b", "c"}, "unexpected operand 'c'"},
};

static void a_wrong_command_line_is_told_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct writer fault;
		struct args args;
		char text[256];

		writer_init(&fault, text, sizeof(text));
		check(bad[i].name, parse(&command, bad[i].words, &args, &fault) == E_SYNTAX);
		check_slice(bad[i].name, writer_slice(&fault), slice_of(bad[i].fault));
	}
}

static void a_missing_operand_is_named(void **state)
{
	struct command wants_two = command;
	struct writer fault;
	struct args args;
	char text[256];

	(void)state;
	wants_two.operands_min = 2;
	writer_init(&fault, text, sizeof(text));
	assert_int_equal(parse(&wants_two, (const char *[]){"a", NULL}, &args, &fault), E_SYNTAX);
	check_slice("missing", writer_slice(&fault), SLICE("missing operand: URL..."));
	assert_int_equal(parse(&wants_two, (const char *[]){"a", "b", NULL}, &args, &fault), OK);
}

/* `count` times the same word. */
static enum err parse_many(const char *word, int count)
{
	struct command any = command;
	struct writer fault;
	struct args args;
	char *argv[ARGS_MAX + 1];
	char text[256];

	any.operands_max = SIZE_MAX;
	for (int i = 0; i < count; i++)
		argv[i] = (char *)(uintptr_t)word;
	writer_init(&fault, text, sizeof(text));
	return args_parse(&any, count, argv, &args, &fault);
}

static void words_are_bounded(void **state)
{
	(void)state;
	assert_int_equal(parse_many("x", ARGS_MAX), OK);
	assert_int_equal(parse_many("x", ARGS_MAX + 1), E_TOO_BIG);
	assert_int_equal(parse_many("--topic=x", ARGS_MAX), OK);
	assert_int_equal(parse_many("--topic=x", ARGS_MAX + 1), E_TOO_BIG);
}

static void a_complaint_that_does_not_fit_is_cut(void **state)
{
	(void)state;
	char text[64];

	for (size_t cap = 0; cap < sizeof(text); cap++) {
		struct writer fault;
		struct args args;

		writer_init(&fault, text, cap);
		assert_int_equal(parse(&command, (const char *[]){"--jsn", NULL}, &args, &fault),
				 E_SYNTAX);
		assert_true(fault.len <= cap);
	}
}

static const struct {
	const char *name;
	const char *text;
	bool ok;
	uint64_t n;
} numbers[] = {
	{"the least", "1", true, 1},       {"the most", "100", true, 100},
	{"one below", "0", false, 0},      {"one above", "101", false, 0},
	{"not a number", "ten", false, 0}, {"a sign", "+5", false, 0},
	{"nothing", "", false, 0},
};

static void a_number_is_within_its_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		uint64_t n = 7;
		struct args args = {.command = &command, .values_len = 1};

		args.values[0].option = RATE;
		args.values[0].text = numbers[i].text;
		check(numbers[i].name, args_number(&args, RATE, 1, 100, &n) == numbers[i].ok);
		check(numbers[i].name, n == (numbers[i].ok ? numbers[i].n : 7));
	}
}

static void a_duration_has_a_unit(void **state)
{
	struct args args = {.command = &command, .values_len = 1};
	uint64_t ms = 7;

	(void)state;
	args.values[0].option = RATE;
	args.values[0].text = "15s";
	assert_true(args_duration(&args, RATE, &ms));
	assert_int_equal(ms, 15000);
	args.values[0].text = "15";
	assert_false(args_duration(&args, RATE, &ms));
	assert_int_equal(ms, 15000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_line_gives_its_values),
		cmocka_unit_test(a_wrong_command_line_is_told_what_is_wrong),
		cmocka_unit_test(a_missing_operand_is_named),
		cmocka_unit_test(words_are_bounded),
		cmocka_unit_test(a_complaint_that_does_not_fit_is_cut),
		cmocka_unit_test(a_number_is_within_its_range),
		cmocka_unit_test(a_duration_has_a_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

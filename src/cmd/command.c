/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"

#include "base/suggest.h"
#include "base/text.h"
#include "cmd/help.h"
#include "http/url.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Longest complaint about a command line, bytes; what does not fit is left out. */
#define FAULT_MAX     1024
#define MAX_URL_SHOWN 200u

const struct command commands[] = {
#define X(name, summary, usage, min, max, run, options, examples)                                  \
	{name, summary, usage, min, max, run, options, examples},
#include "cmd/commands.def"
#undef X
	{0},
};

const struct command *command_find(struct slice name)
{
	for (const struct command *command = commands; command->name != NULL; command++) {
		if (slice_eq(slice_of(command->name), name))
			return command;
	}
	return NULL;
}

static int unknown_command(const char *word)
{
	struct suggest near;

	suggest_init(&near, slice_of(word));
	suggest_offer(&near, SLICE("--help"));
	suggest_offer(&near, SLICE("--version"));
	for (const struct command *command = commands; command->name != NULL; command++)
		suggest_offer(&near, slice_of(command->name));
	(void)fprintf(stderr, "sluice: unknown %s '%s'", word[0] == '-' ? "option" : "command",
		      word);
	if (near.best.ptr != NULL)
		(void)fprintf(stderr, " (did you mean '%.*s'?)", SLICE_ARG(near.best));
	(void)fputs("\nTry 'sluice --help'.\n", stderr);
	return EXIT_USAGE;
}

static int run_command(const struct command *command, int argc, char *const *argv)
{
	struct args args;
	char text[FAULT_MAX];
	struct writer fault;

	writer_init(&fault, text, sizeof(text));
	if (args_parse(command, argc, argv, &args, &fault) != OK)
		return usage_error(&args, "%.*s", SLICE_ARG(writer_slice(&fault)));
	if (args.help)
		return help_print(stdout, command);
	return command->run(&args);
}

int command_main(int argc, char *const *argv)
{
	if (argc < 2) {
		(void)help_print(stderr, NULL);
		return EXIT_USAGE;
	}
	struct slice word = slice_of(argv[1]);
	if (slice_eq(word, SLICE("--help")) || slice_eq(word, SLICE("-h")))
		return help_print(stdout, NULL);
	if (slice_eq(word, SLICE("--version")) || slice_eq(word, SLICE("-V")))
		word = SLICE("version");

	const struct command *command = command_find(word);
	if (command == NULL)
		return unknown_command(argv[1]);
	return run_command(command, argc - 2, argv + 2);
}

int help_run(const struct args *args)
{
	if (args->operands_len == 0)
		return help_print(stdout, NULL);

	const struct command *command = command_find(slice_of(args->operands[0]));
	if (command == NULL)
		return unknown_command(args->operands[0]);
	return help_print(stdout, command);
}

int version_run(const struct args *args)
{
	(void)args;
	(void)puts("sluice " SLUICE_VERSION);
	return EXIT_OK;
}

const struct option_row help_options[] = {{NULL}};
const struct option_row version_options[] = {{NULL}};

int usage_error(const struct args *args, const char *format, ...)
{
	va_list list;

	(void)fprintf(stderr, "sluice %s: ", args->command->name);
	va_start(list, format);
	(void)vfprintf(stderr, format, list);
	va_end(list);
	(void)fprintf(stderr, "\nTry 'sluice %s --help'.\n", args->command->name);
	return EXIT_USAGE;
}

int usage_url(const struct args *args, struct slice url, const char *wanted)
{
	if (url_user(url).ptr)
		return usage_error(args, "a URL with a user or a password is not taken: whoever "
					 "lists the processes here would see it");
	url = slice_upto(url, slice_find(url, '?'));
	return usage_error(args, "'%.*s' is not %s", SLICE_ARG(slice_upto(url, MAX_URL_SHOWN)),
			   wanted);
}

bool args_number(const struct args *args, size_t option, uint64_t min, uint64_t max,
		 uint64_t *ret_n)
{
	const char *text = args_get(args, option);
	uint64_t n = 0;

	if (text == NULL) {
		*ret_n = 0;
		return true;
	}
	if (parse_u64(slice_of(text), &n) == OK && n >= min && n <= max) {
		*ret_n = n;
		return true;
	}
	(void)usage_error(args, "--%s is '%s': give a number from %" PRIu64 " to %" PRIu64,
			  args->command->options[option].name, text, min, max);
	return false;
}

bool args_duration(const struct args *args, size_t option, uint64_t *ret_ms)
{
	const char *text = args_get(args, option);
	uint64_t ms = 0;

	if (text != NULL && parse_duration_ms(slice_of(text), &ms) != OK) {
		(void)usage_error(args, "--%s is '%s': give a duration such as 250ms, 15s or 10m",
				  args->command->options[option].name, text);
		return false;
	}
	*ret_ms = ms;
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/args.h"

#include "base/require.h"
#include "base/suggest.h"
#include "cmd/command.h"

/* What remains of the command line, and where a complaint goes. */
struct cursor {
	char *const *argv;
	size_t argc;
	size_t at;
	struct writer *fault;
};

static enum err complain(struct cursor *c, const char *before, struct slice word, const char *after)
{
	put(c->fault, slice_of(before));
	put(c->fault, SLICE("'"));
	put(c->fault, word);
	put(c->fault, SLICE("'"));
	put(c->fault, slice_of(after));
	return E_SYNTAX;
}

static enum err complain_unknown(struct cursor *c, const struct option_row *options,
				 struct slice word)
{
	struct suggest near;
	bool is_long = slice_starts(word, SLICE("--"));

	(void)complain(c, "unknown option ", word, "");
	if (!is_long)
		return E_SYNTAX;
	suggest_init(&near, slice_from(word, 2));
	suggest_offer(&near, SLICE("help"));
	for (const struct option_row *row = options; row->name != NULL; row++)
		suggest_offer(&near, slice_of(row->name));
	if (near.best.ptr == NULL)
		return E_SYNTAX;
	put(c->fault, SLICE(" (did you mean '--"));
	put(c->fault, near.best);
	put(c->fault, SLICE("'?)"));
	return E_SYNTAX;
}

/* The row that `word` ("--name" or "-n") names, or the last row, whose name is NULL. */
static const struct option_row *find_row(const struct option_row *row, struct slice word)
{
	bool is_long = slice_starts(word, SLICE("--"));

	for (; row->name != NULL; row++) {
		if (is_long && slice_eq(slice_of(row->name), slice_from(word, 2)))
			return row;
		if (!is_long && word.len == 2 && word.ptr[1] == row->letter)
			return row;
	}
	return row;
}

static enum err add_value(struct args *args, struct cursor *c, size_t option, const char *text)
{
	const struct option_row *row = &args->command->options[option];

	if (!row->repeat && args_has(args, option)) {
		put(c->fault, SLICE("option '--"));
		put(c->fault, slice_of(row->name));
		put(c->fault, SLICE("' is given twice"));
		return E_SYNTAX;
	}
	if (args->values_len == ARGS_MAX) {
		put(c->fault, SLICE("too many options"));
		return E_TOO_BIG;
	}
	args->values[args->values_len].option = option;
	args->values[args->values_len].text = text;
	args->values_len++;
	return OK;
}

/*
 * The value stands behind '=' or in the next word. A next word that looks like a long option is
 * refused: far more often a value was forgotten than meant (--name=--value says it plainly).
 */
static enum err parse_option(struct args *args, struct cursor *c)
{
	const struct option_row *options = args->command->options;
	struct slice given = SLICE_NONE;
	struct slice word = slice_of(c->argv[c->at++]);
	struct slice name = word;

	if (slice_starts(word, SLICE("--"))) {
		given = word;
		name = slice_cut(&given, '=');
	}
	const struct option_row *row = find_row(options, name);
	if (row->name == NULL)
		return complain_unknown(c, options, name);

	size_t option = (size_t)(row - options);
	if (row->argument == NULL && given.ptr != NULL)
		return complain(c, "option ", name, " takes no value");
	if (row->argument == NULL)
		return add_value(args, c, option, "");
	if (given.ptr != NULL)
		return add_value(args, c, option, given.ptr);
	if (c->at == c->argc || slice_starts(slice_of(c->argv[c->at]), SLICE("--"))) {
		(void)complain(c, "option ", name, " needs a value: ");
		put(c->fault, slice_of(row->argument));
		return E_SYNTAX;
	}
	return add_value(args, c, option, c->argv[c->at++]);
}

static enum err add_operand(struct args *args, struct cursor *c)
{
	struct slice word = slice_of(c->argv[c->at]);
	size_t most = args->command->operands_max;

	if (args->operands_len == ARGS_MAX) {
		put(c->fault, SLICE("too many operands"));
		return E_TOO_BIG;
	}
	if (args->operands_len == most)
		return complain(c, "unexpected operand ", word, "");
	args->operands[args->operands_len++] = c->argv[c->at++];
	return OK;
}

static enum err parse_words(struct args *args, struct cursor *c)
{
	bool only_operands = false;
	enum err err = OK;

	while (err == OK && c->at < c->argc) {
		struct slice word = slice_of(c->argv[c->at]);

		if (only_operands || word.len < 2 || word.ptr[0] != '-') {
			err = add_operand(args, c);
		} else if (slice_eq(word, SLICE("--"))) {
			only_operands = true;
			c->at++;
		} else if (slice_eq(word, SLICE("--help")) || slice_eq(word, SLICE("-h"))) {
			args->help = true;
			return OK;
		} else {
			err = parse_option(args, c);
		}
	}
	return err;
}

enum err args_parse(const struct command *command, int argc, char *const *argv,
		    struct args *ret_args, struct writer *fault)
{
	struct cursor c = {.argv = argv, .argc = (size_t)argc, .fault = fault};

	require(argc >= 0);
	*ret_args = (struct args){.command = command};
	enum err err = parse_words(ret_args, &c);
	if (err != OK || ret_args->help)
		return err;
	if (ret_args->operands_len < command->operands_min) {
		put(fault, SLICE("missing operand: "));
		put(fault, slice_of(command->usage));
		return E_SYNTAX;
	}
	return OK;
}

bool args_has(const struct args *args, size_t option)
{
	return args_nth(args, option, 0) != NULL;
}

const char *args_get(const struct args *args, size_t option)
{
	const char *given = args_nth(args, option, 0);

	return given != NULL ? given : args->command->options[option].fallback;
}

const char *args_nth(const struct args *args, size_t option, size_t n)
{
	for (size_t i = 0; i < args->values_len; i++) {
		if (args->values[i].option == option && n-- == 0)
			return args->values[i].text;
	}
	return NULL;
}

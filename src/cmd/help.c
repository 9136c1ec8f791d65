/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/help.h"

#include "base/require.h"

/* A left column wider than this gets a line of its own. */
#define LEFT_MAX 28
/* Longest left column at all, bytes: letter, name and argument. */
#define LABEL_MAX 80

static void put_spaces(struct writer *w, size_t n)
{
	while (n-- > 0)
		put_char(w, ' ');
}

/* Words of `text` from column `column` on, wrapped at HELP_WIDTH and aligned at `column`. */
static void put_wrapped(struct writer *w, size_t column, struct slice text)
{
	size_t at = column;

	while (text.ptr != NULL) {
		struct slice word = slice_cut(&text, ' ');

		if (at > column && at + 1 + word.len > HELP_WIDTH) {
			put_char(w, '\n');
			put_spaces(w, column);
			at = column;
		} else if (at > column) {
			put_char(w, ' ');
			at++;
		}
		put(w, word);
		at += word.len;
	}
	put_char(w, '\n');
}

/* One row of two columns; the right one starts at `column`. */
static void put_row(struct writer *w, size_t column, struct slice label, struct slice text)
{
	put(w, SLICE("  "));
	put(w, label);
	if (label.len + 4 > column) {
		put_char(w, '\n');
		put_spaces(w, column);
	} else {
		put_spaces(w, column - label.len - 2);
	}
	put_wrapped(w, column, text);
}

static struct slice option_label(struct writer *w, const struct option_row *row)
{
	if (row->letter != 0) {
		put_char(w, '-');
		put_char(w, row->letter);
		put(w, SLICE(", --"));
	} else {
		put(w, SLICE("    --"));
	}
	put(w, slice_of(row->name));
	if (row->argument != NULL) {
		put_char(w, ' ');
		put(w, slice_of(row->argument));
	}
	return writer_slice(w);
}

static void put_option(struct writer *w, const struct option_row *row)
{
	char label_text[LABEL_MAX];
	char help_text[HELP_MAX / 8];
	struct writer label;
	struct writer help;

	writer_init(&label, label_text, sizeof(label_text));
	writer_init(&help, help_text, sizeof(help_text));
	put(&help, slice_of(row->help));
	if (row->repeat)
		put(&help, SLICE(" (repeatable)"));
	if (row->fallback != NULL) {
		put(&help, SLICE(" (default: "));
		put(&help, slice_of(row->fallback));
		put(&help, SLICE(")"));
	}
	put_row(w, LEFT_MAX, option_label(&label, row), writer_slice(&help));
	require(!label.overflow && !help.overflow);
}

static void put_options(struct writer *w, const struct option_row *row)
{
	static const struct option_row help = {"help", 'h', NULL, "Show this help and exit"};

	put(w, SLICE("\nOptions:\n"));
	for (; row->name != NULL; row++)
		put_option(w, row);
	put_option(w, &help);
}

static void put_exit_codes(struct writer *w)
{
	put(w, SLICE("\nExit codes:\n"));
#define X(name, code, text) put_row(w, 5, SLICE(#code), SLICE(text));
	EXIT_MAP(X)
#undef X
}

static void put_examples(struct writer *w, struct slice examples)
{
	put(w, SLICE("\nExamples:\n"));
	while (examples.ptr != NULL) {
		put(w, SLICE("  "));
		put(w, slice_cut(&examples, '\n'));
		put_char(w, '\n');
	}
}

static void put_command(struct writer *w, const struct command *command)
{
	put(w, SLICE("Usage: sluice "));
	put(w, slice_of(command->name));
	put(w, SLICE(" [OPTION...]"));
	if (command->usage[0] != '\0')
		put_char(w, ' ');
	put(w, slice_of(command->usage));
	put(w, SLICE("\n\n"));
	put(w, slice_of(command->summary));
	put(w, SLICE(".\n"));
	put_options(w, command->options);
	put_exit_codes(w);
	put_examples(w, slice_of(command->examples));
}

static void put_program(struct writer *w)
{
	put(w, SLICE("Usage: sluice COMMAND [OPTION...]\n\n"
		     "Server-Sent Events, safe by default: a hub, a gateway and the tools around.\n"
		     "\nCommands:\n"));
	for (const struct command *command = commands; command->name != NULL; command++)
		put_row(w, 12, slice_of(command->name), slice_of(command->summary));
	put(w, SLICE("\nOptions:\n"));
	put_row(w, 17, SLICE("-h, --help"), SLICE("Show this help and exit"));
	put_row(w, 17, SLICE("-V, --version"), SLICE("Print the version and exit"));
	put_exit_codes(w);
	put(w, SLICE("\nRun 'sluice COMMAND --help' for the options of a command.\n"));
}

void help_write(struct writer *w, const struct command *command)
{
	if (command != NULL)
		put_command(w, command);
	else
		put_program(w);
}

int help_print(FILE *out, const struct command *command)
{
	char page[HELP_MAX];
	struct writer w;

	writer_init(&w, page, sizeof(page));
	help_write(&w, command);
	require(!w.overflow);
	(void)fwrite(page, 1, w.len, out);
	return EXIT_OK;
}

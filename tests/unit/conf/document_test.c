/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document_test.c - the manuals in the tree are those of the table.
 *
 * conf-document ROOT tests; conf-document --print markdown|man|text writes one to standard output.
 */
#include "../test.h"

#include "conf/document.h"
#include "conf/option.h"

#include <stdio.h>
#include <string.h>

static const struct manual {
	const char *name;
	const char *file; /* NULL: in the program only */
	void (*write)(struct writer *w);
} manuals[] = {
	{"markdown", "docs/configuration.md", conf_document},
	{"man", "man/sluice.yaml.5", conf_man},
	{"text", NULL, conf_help},
};

static struct slice write_manual(const struct manual *manual, char *text)
{
	struct writer w;

	writer_init(&w, text, CONF_DOCUMENT_SIZE);
	manual->write(&w);
	assert_false(w.overflow);
	return writer_slice(&w);
}

static struct slice read_file(const char *root, const char *file, char *text)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", root, file);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t len = fread(text, 1, CONF_DOCUMENT_SIZE, f);
	(void)fclose(f);
	return (struct slice){text, len};
}

static void files_are_what_the_table_says(void **state)
{
	static char text[CONF_DOCUMENT_SIZE];
	static char stored[CONF_DOCUMENT_SIZE];

	for (size_t i = 0; i < COUNT_OF(manuals); i++) {
		struct slice want = write_manual(&manuals[i], text);

		if (manuals[i].file && !slice_eq(read_file(*state, manuals[i].file, stored), want))
			fail_msg("run conf-document --print %s > %s", manuals[i].name,
				 manuals[i].file);
	}
}

static bool contains(struct slice text, struct slice word)
{
	for (size_t i = 0; i + word.len <= text.len; i++) {
		if (slice_starts(slice_from(text, i), word))
			return true;
	}
	return false;
}

static void every_manual_names_every_key(void **state)
{
	(void)state;
	static char text[CONF_DOCUMENT_SIZE];

	for (size_t i = 0; i < COUNT_OF(manuals); i++) {
		struct slice manual = write_manual(&manuals[i], text);

		for (size_t j = 0; j < CONF_OPTION_COUNT; j++)
			check(conf_options[j].path.ptr, contains(manual, conf_options[j].path));
	}
}

static void text_fits_a_terminal(void **state)
{
	(void)state;
	static char text[CONF_DOCUMENT_SIZE];

	for (struct slice rest = write_manual(&manuals[2], text); rest.ptr;)
		assert_true(slice_cut(&rest, '\n').len <= 80);
}

/* Bytes that the type writes to in the settings. */
static size_t size_of_type(enum conf_type type)
{
	static const size_t sizes[] = {
		[CONF_GROUP] = 0,
		[CONF_ITEMS] = sizeof(void *),
		[CONF_DURATION] = sizeof(uint64_t),
		[CONF_BYTES] = sizeof(uint64_t),
		[CONF_NUMBER] = sizeof(uint64_t),
		[CONF_BOOL] = sizeof(bool),
		[CONF_CHOICE] = sizeof(enum conf_accept),
		[CONF_SET] = sizeof(unsigned),
		[CONF_TEXT] = sizeof(struct slice),
		[CONF_LIST] = sizeof(void *),
	};

	return sizes[type];
}

static void rows_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
		const struct conf_option *option = &conf_options[i];
		struct slice parent = conf_option_parent(option);
		bool has_words = option->type == CONF_CHOICE || option->type == CONF_SET;
		bool has_form = option->type == CONF_TEXT || option->type == CONF_LIST;

		check(option->path.ptr, conf_option_find(option->path) == option);
		check(option->path.ptr,
		      conf_option_child(parent, conf_option_key(option)) == option);
		check(option->path.ptr, parent.len == 0 || conf_option_find(parent));
		check(option->path.ptr, option->size == size_of_type(option->type));
		check(option->path.ptr, option->low <= option->high);
		check(option->path.ptr, has_words == (option->words.len > 0));
		check(option->path.ptr, has_form == (option->form != NULL));
		check(option->path.ptr, slice_ends(option->help, SLICE(".")));
	}
}

static int print(const char *name)
{
	static char text[CONF_DOCUMENT_SIZE];

	for (size_t i = 0; i < COUNT_OF(manuals); i++) {
		if (strcmp(manuals[i].name, name) != 0)
			continue;
		struct slice manual = write_manual(&manuals[i], text);
		return fwrite(manual.ptr, 1, manual.len, stdout) == manual.len ? 0 : 1;
	}
	return 2;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--print") == 0)
		return print(argv[2]);
	if (argc != 2)
		return 2;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(files_are_what_the_table_says, argv[1]),
		cmocka_unit_test(every_manual_names_every_key),
		cmocka_unit_test(text_fits_a_terminal),
		cmocka_unit_test(rows_are_sound),
	};

	return cmocka_run_group_tests_name("conf-document", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* catalogue_test.c - what the commands print, and that docs/ holds the same. */
#include "../test.h"

#include "policy/catalogue.h"
#include "policy/fields.h"

#include <stdio.h>
#include <string.h>

static const struct catalogue_filter only_rules = {.rules = true};
static const struct catalogue_filter only_refusals = {.refusals = true};
static const struct catalogue_filter everything = {.rules = true, .refusals = true};

static void check_file(const char *path, struct slice want, const char *kind)
{
	static char text[CATALOGUE_MAX + 1];
	FILE *file = fopen(path, "rb");
	size_t len = 0;

	if (file != NULL) {
		len = fread(text, 1, sizeof(text), file);
		(void)fclose(file);
	}
	if (!slice_eq((struct slice){text, len}, want))
		fail_msg("%s is stale: sluice rules --format markdown --kind %s > it", path, kind);
}

static void docs_hold_the_tables(void **state)
{
	static char text[CATALOGUE_MAX];
	struct writer w;

	(void)state;
	writer_init(&w, text, sizeof(text));
	catalogue_put(&w, CATALOGUE_MARKDOWN, &only_rules);
	check_file(DOCS "/rules.md", writer_slice(&w), "rules");
	writer_init(&w, text, sizeof(text));
	catalogue_put(&w, CATALOGUE_MARKDOWN, &only_refusals);
	check_file(DOCS "/refusals.md", writer_slice(&w), "refusals");
	writer_init(&w, text, sizeof(text));
	catalogue_put_fields(&w, CATALOGUE_MARKDOWN);
	check_file(DOCS "/fields.md", writer_slice(&w), "fields");
}

static void every_format_of_everything_fits(void **state)
{
	static char text[CATALOGUE_MAX];
	struct writer w;

	(void)state;
	for (int format = CATALOGUE_TEXT; format <= CATALOGUE_MARKDOWN; format++) {
		writer_init(&w, text, sizeof(text));
		catalogue_put(&w, (enum catalogue_format)format, &everything);
		assert_false(w.overflow);
		writer_init(&w, text, sizeof(text));
		catalogue_put_fields(&w, (enum catalogue_format)format);
		assert_false(w.overflow);
	}
}

static size_t count_lines(struct slice text)
{
	size_t n = 0;

	while (slice_find(text, '\n') < text.len) {
		(void)slice_cut(&text, '\n');
		n++;
	}
	return n;
}

static void lists_one_line_an_entry(void **state)
{
	static char text[CATALOGUE_MAX];
	struct catalogue_filter filter = {.rules = true, .area = SLICE("caching")};
	size_t caching = 0;
	struct writer w;

	(void)state;
	writer_init(&w, text, sizeof(text));
	catalogue_put(&w, CATALOGUE_TEXT, &everything);
	assert_int_equal(count_lines(writer_slice(&w)), policy_rule_count + REFUSAL_COUNT - 1);
	for (size_t i = 0; i < policy_rule_count; i++)
		caching += slice_eq(policy_rules[i].area, filter.area);
	writer_init(&w, text, sizeof(text));
	catalogue_put(&w, CATALOGUE_TEXT, &filter);
	assert_int_equal(count_lines(writer_slice(&w)), caching);
}

static void an_empty_choice_is_an_empty_array(void **state)
{
	struct catalogue_filter filter = {.refusals = true, .area = SLICE("caching")};
	char text[16];
	struct writer w;

	(void)state;
	writer_init(&w, text, sizeof(text));
	catalogue_put(&w, CATALOGUE_JSON, &filter);
	check_slice("nothing", writer_slice(&w), SLICE("[]\n"));
}

static void ids_are_unique_over_both_tables(void **state)
{
	struct catalogue_entry a, b;

	(void)state;
	for (size_t i = 0; catalogue_next(&i, &a);) {
		assert_true(a.area.len > 0 && catalogue_has_area(a.area));
		assert_true(catalogue_find(a.id, &b));
		assert_true(a.rule == b.rule && a.row == b.row);
	}
	assert_false(catalogue_find(SLICE("A000"), &b));
	assert_false(catalogue_has_area(SLICE("")));
}

static void explains_a_rule(void **state)
{
	struct catalogue_entry entry;
	static const struct slice want = SLICE_INIT(
		"A505 (error, auth)\n\n"
		"The credential is judged after the head\n\n"
		"Why: The stream answers 200 and then says no or closes: EventSource dials again "
		"for ever.\n\n"
		"Fix: Authenticate before the head is written.\n\n"
		"Source: WHATWG HTML 9.2.2\n\n"
		"Confidence: medium, it is inferred from what several answers or times say.\n\n"
		"Where:\n\n"
		"- Express: Credential, then Accept, ");
	char text[4096];
	struct writer w;

	(void)state;
	assert_true(catalogue_find(SLICE("a505"), &entry));
	writer_init(&w, text, sizeof(text));
	catalogue_explain(&w, &entry);
	check_slice("A505", slice_upto(writer_slice(&w), want.len), want);
}

static void explains_a_refusal(void **state)
{
	struct catalogue_entry entry;
	char text[1024];
	struct writer w;

	(void)state;
	assert_true(catalogue_find(SLICE("G701"), &entry));
	writer_init(&w, text, sizeof(text));
	catalogue_explain(&w, &entry);
	check_slice("G701", writer_slice(&w),
		    SLICE("G701 (status 406, request)\n\n"
			  "Accept does not name text/event-stream (accept: strict), or excludes "
			  "it.\n\n"
			  "What to do: Send Accept: text/event-stream.\n\n"
			  "Body:\n\n"
			  "    {\"error\":\"not_acceptable\",\"message\":\"Send Accept: "
			  "text/event-stream.\",\"rule\":\"G701\"}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docs_hold_the_tables),
		cmocka_unit_test(every_format_of_everything_fits),
		cmocka_unit_test(lists_one_line_an_entry),
		cmocka_unit_test(an_empty_choice_is_an_empty_array),
		cmocka_unit_test(ids_are_unique_over_both_tables),
		cmocka_unit_test(explains_a_rule),
		cmocka_unit_test(explains_a_refusal),
	};

	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "../edge.h"
#include "load.h"

#define AT "sluice.yaml:"

/* Files with a fault each, and all that is said about them. */
static const struct {
	const char *name;
	struct slice text;
	struct slice want;
} faults[] = {
#define X(name, text, want) {name, SLICE_INIT(text), SLICE_INIT(want)},
#include "faults.def"
#undef X
};

static void explains_each_fault(void **state)
{
	(void)state;
	static struct loaded l;

	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		load(&l, place_at_edge(faults[i].text));
		check_slice(faults[i].name, printed(&l), faults[i].want);
		check(faults[i].name, l.err == E_SYNTAX);
		check(faults[i].name, l.settings.listen_count == 0);
		arena_free(&l.arena);
	}
}

static const struct {
	const char *name;
	struct slice text;
	struct slice want;
} warnings[] = {
	{"every host is allowed, loudly", SLICE_INIT("hosts: [\"*\"]\n"),
	 SLICE_INIT(AT "1:9: warning: hosts: '*' answers for every name: a hostile page can reach "
		       "this server by DNS rebinding; list the names if you can\n")},
	{"a cookie without keys does nothing", SLICE_INIT("auth: {cookie: sid}\n"),
	 SLICE_INIT(AT "1:16: warning: auth.cookie: without auth.keys-file, auth.jwt or "
		       "auth.introspect no cookie is ever valid\n")},
	{"a token that outlives its revocation",
	 SLICE_INIT("auth:\n  jwt: {keys: k, issuer: i, audience: a, algorithms: [ES256],\n"
		    "    max-lifetime: 2h}\n  revoke: {keep: 1h}\n"),
	 SLICE_INIT(AT "3:19: warning: auth.jwt.max-lifetime: 2h is more than auth.revoke.keep, "
		       "1h: what was revoked could be good again\n")},
	{"a resume cookie that outlives its revocation",
	 SLICE_INIT("auth: {keys-file: k, revoke: {keep: 1m}}\n"),
	 SLICE_INIT(AT "1:37: warning: auth.ticket.resume-ttl: 15m is more than auth.revoke.keep, "
		       "1m: what was revoked could be good again\n")},
};

static void warns_and_goes_on(void **state)
{
	(void)state;
	static struct loaded l;

	for (size_t i = 0; i < COUNT_OF(warnings); i++) {
		load(&l, place_at_edge(warnings[i].text));
		check_slice(warnings[i].name, printed(&l), warnings[i].want);
		check(warnings[i].name, l.err == OK);
		arena_free(&l.arena);
	}
}

/* `count` unknown keys, one a line. */
static struct slice unknown_keys(char *text, size_t cap, size_t count)
{
	struct writer w;

	writer_init(&w, text, cap);
	for (size_t i = 0; i < count; i++)
		put(&w, SLICE("zzzzzz: 1\n"));
	return writer_slice(&w);
}

static void tells_twenty_errors_and_that_there_are_more(void **state)
{
	(void)state;
	static struct loaded l;
	char text[256];

	load(&l, unknown_keys(text, sizeof(text), CONF_MAX_NOTES));
	assert_int_equal(l.report.errors.count, CONF_MAX_NOTES);
	assert_false(l.report.errors.more);
	arena_free(&l.arena);

	load(&l, unknown_keys(text, sizeof(text), CONF_MAX_NOTES + 1));
	assert_int_equal(l.report.errors.count, CONF_MAX_NOTES);
	assert_int_equal(l.report.errors.list[CONF_MAX_NOTES - 1].at.line, CONF_MAX_NOTES);
	assert_true(slice_ends(printed(&l), SLICE("sluice.yaml: more errors follow\n")));
	arena_free(&l.arena);
}

static void keeps_the_notes_nearest_to_the_top(void **state)
{
	(void)state;
	static struct conf_report report;

	conf_report_init(&report, SLICE("f"));
	for (uint32_t line = 2 * CONF_MAX_NOTES; line > 0; line--)
		conf_report_error(&report, (struct conf_at){line, 1}, SLICE("x"));
	assert_true(report.errors.more);
	for (uint32_t i = 0; i < CONF_MAX_NOTES; i++)
		assert_int_equal(report.errors.list[i].at.line, i + 1);
}

static void prints_the_longest_report(void **state)
{
	(void)state;
	static struct conf_report report;
	static char print[CONF_PRINT_SIZE];
	static char letters[4096];
	struct slice all = {letters, sizeof(letters)};
	struct writer w;

	memset(letters, 'a', sizeof(letters));
	conf_report_init(&report, all);
	for (uint32_t i = 0; i <= CONF_MAX_NOTES; i++) {
		conf_report_error(&report, (struct conf_at){UINT32_MAX, UINT32_MAX}, all);
		conf_report_warning(&report, (struct conf_at){UINT32_MAX, UINT32_MAX}, all);
	}
	writer_init(&w, print, sizeof(print));
	conf_print(&w, &report);
	assert_false(w.overflow);
}

/* Texts of the file reach a terminal: nothing in them may steer it. */
static void shows_no_controls(void **state)
{
	(void)state;
	struct conf_message m;

	conf_message_init(&m);
	conf_put_shown(&m.w, SLICE("a\x1b[2J\x7f\xc2\x9b"
				   "é\xff"));
	check_slice("controls", conf_message_slice(&m), SLICE("'a?[2J??é?'"));
	conf_message_init(&m);
	conf_put_shown(&m.w,
		       SLICE("0123456789012345678901234567890123456789012345678901234567890123"
			     "x"));
	check_slice("longer than shown", conf_message_slice(&m),
		    SLICE("'0123456789012345678901234567890123456789012345678901234567890123…'"));
}

static void writes_file_errors_without_a_place(void **state)
{
	(void)state;
	static struct conf_report report;
	char print[64];
	struct writer w;

	conf_report_init(&report, SLICE("/etc/sluice.yaml"));
	conf_report_error(&report, (struct conf_at){0, 0}, SLICE("is a directory"));
	writer_init(&w, print, sizeof(print));
	conf_print(&w, &report);
	check_slice("no place", writer_slice(&w), SLICE("/etc/sluice.yaml: is a directory\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explains_each_fault),
		cmocka_unit_test(warns_and_goes_on),
		cmocka_unit_test(tells_twenty_errors_and_that_there_are_more),
		cmocka_unit_test(keeps_the_notes_nearest_to_the_top),
		cmocka_unit_test(prints_the_longest_report),
		cmocka_unit_test(shows_no_controls),
		cmocka_unit_test(writes_file_errors_without_a_place),
	};

	return cmocka_run_group_tests_name("conf-faults", tests, NULL, NULL);
}

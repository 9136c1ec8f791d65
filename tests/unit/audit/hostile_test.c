/* SPDX-License-Identifier: Apache-2.0 */
/* hostile_test.c - every report stays what it is, whatever a stream and its hops send. */
#include "../test.h"

#include "hostile.h"
#include "wellformed.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	struct slice bytes;
} cases[] = {
	{"nothing", SLICE_INIT("")},
	{"a script", SLICE_INIT("<script>alert(1)</script>")},
	{"the end of a style sheet", SLICE_INIT("</style><img src=x onerror=alert(1)>")},
	{"the end of an attribute", SLICE_INIT("\" onload=\"alert(1)' x='")},
	{"an entity", SLICE_INIT("&lt;b&gt; &#x3c;i &bogus; &")},
	{"the end of CDATA and a comment", SLICE_INIT("]]> --> <!-- <![CDATA[ <?xml ?>")},
	{"a document type", SLICE_INIT("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>")},
	{"colors of a terminal", SLICE_INIT("\033[31mred\033[0m \033]0;title\a")},
	{"C1 controls", SLICE_INIT("\xc2\x9b"
				   "31m \xc2\x85 \xc2\x90")},
	{"line ends", SLICE_INIT("a\nb\r\nc\rd\xe2\x80\xa8"
				 "e\xe2\x80\xa9"
				 "f\x0b\x0c")},
	{"a workflow command", SLICE_INIT("x\n::error::y\r\n::set-output name=a::b%0A%25::")},
	{"NUL", SLICE_INIT("a\0b")},
	{"every control", SLICE_INIT("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0e\x0f\x10\x7f")},
	{"bytes that are not UTF-8",
	 SLICE_INIT("\xff\xfe\x80 \xc0\xaf \xed\xa0\x80 \xf5\x80\x80\x80")},
	{"characters that are cut", SLICE_INIT("\xe2\x82 \xf0\x9f\x92 \xc3")},
	{"a cut character before a mark", SLICE_INIT("\xe2\x82<b>\xc3\"\xf0&")},
	{"characters that XML has no place for",
	 SLICE_INIT("\xef\xbf\xbe \xef\xbf\xbf \xef\xb7\x90")},
	{"text turned around", SLICE_INIT("\xe2\x80\xae"
					  "gpj.exe\xe2\x81\xa6 \xd8\x9c")},
	{"JSON", SLICE_INIT("\",\"verdict\":\"pass\"}]}\\u0000\\")},
	{"code within code", SLICE_INIT("` `` ``` a`b ```` `")},
	{"a single backtick", SLICE_INIT("`")},
	{"links and mentions",
	 SLICE_INIT("[a](javascript:alert(1)) ![i](//x) http://evil @all #1")},
	{"a table", SLICE_INIT("a | b \\| c\n|---|\n\\\\| <b>")},
	{"a heading, a rule, a list", SLICE_INIT("# a\n---\n- b\n1. c\n> d\n~~~\n")},
	{"percents", SLICE_INIT("%0A %zz % %25")},
	{"a password in a URL", SLICE_INIT("http://u:p@[::1]:8080/a b?x=<>#\"")},
	{"spaces alone", SLICE_INIT("   ")},
};

static void check_all(const char *name, struct slice bytes, char *room)
{
	static struct hostile h;

	for (int i = 0; i < REPORT_FORMAT_COUNT; i++) {
		struct writer w;
		const char *why;
		size_t at = 0;

		hostile_build(&h, bytes);
		writer_init(&w, room, REPORT_MAX);
		audit_report(&w, (enum report_format)i, &h.report);
		check(name, !w.overflow && w.len > 0);
		why = wellformed((enum report_format)i, writer_slice(&w), &at);
		if (why != NULL)
			fail_msg("%s in format %d: %s: %.60s", name, i, why,
				 room + (at > 30 ? at - 30 : 0));
	}
}

static void every_report_stays_what_it_is(void **state)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check_all(cases[i].name, cases[i].bytes, *state);
}

static void every_byte_alone_and_twice_is_text(void **state)
{
	for (int i = 0; i < 256; i++) {
		char bytes[] = {(char)i, (char)i, '<', (char)i};

		check_all("a byte", (struct slice){bytes, 1}, *state);
		check_all("a byte twice", (struct slice){bytes, 4}, *state);
	}
}

static void what_nobody_sees_is_shown(void **state)
{
	static const struct {
		const char *name;
		struct slice in;
		struct slice out;
	} texts[] = {
		{"plain text and UTF-8", SLICE_INIT("a \xe2\x82\xac \xf0\x9f\x98\x80"),
		 SLICE_INIT("a \xe2\x82\xac \xf0\x9f\x98\x80")},
		{"an escape", SLICE_INIT("\033[m"), SLICE_INIT("\\x1b[m")},
		{"DEL", SLICE_INIT("\x7f"), SLICE_INIT("\\x7f")},
		{"the first of C1", SLICE_INIT("\xc2\x80"), SLICE_INIT("\\x80")},
		{"the last of C1", SLICE_INIT("\xc2\x9f"), SLICE_INIT("\\x9f")},
		{"what follows C1", SLICE_INIT("\xc2\xa1"), SLICE_INIT("\xc2\xa1")},
		{"a byte that is not UTF-8", SLICE_INIT("\xff"), SLICE_INIT("\xef\xbf\xbd")},
		{"a mark of Arabic", SLICE_INIT("\xd8\x9c"), SLICE_INIT("\\xd8\\x9c")},
		{"a space without width", SLICE_INIT("\xe2\x80\x8b"),
		 SLICE_INIT("\\xe2\\x80\\x8b")},
		{"a byte order mark", SLICE_INIT("\xef\xbb\xbf"), SLICE_INIT("\\xef\\xbb\\xbf")},
		{"U+FFFF", SLICE_INIT("\xef\xbf\xbf"), SLICE_INIT("\\xef\\xbf\\xbf")},
		{"U+FFFD", SLICE_INIT("\xef\xbf\xbd"), SLICE_INIT("\xef\xbf\xbd")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char room[64];
		struct writer w;

		writer_init(&w, room, sizeof(room));
		report_visible(&w, texts[i].in);
		check_slice(texts[i].name, writer_slice(&w), texts[i].out);
	}
}

/* Of each severity one finding fails, and one of the four is ignored in the end. */
static void a_case_of_junit_fails_as_the_audit_does(void **state)
{
	static const struct {
		const char *name;
		enum severity fail_on;
		bool ignored;
		struct slice failures;
	} cases_of_junit[] = {
		{"notes fail", SEVERITY_INFO, false, SLICE_INIT(" failures=\"4\" ")},
		{"errors fail", SEVERITY_ERROR, false, SLICE_INIT(" failures=\"2\" ")},
		{"fatal findings fail", SEVERITY_FATAL, false, SLICE_INIT(" failures=\"1\" ")},
		{"the fatal one is ignored", SEVERITY_ERROR, true, SLICE_INIT(" failures=\"1\" ")},
	};
	static struct hostile h;

	for (size_t i = 0; i < COUNT_OF(cases_of_junit); i++) {
		struct writer w;

		hostile_build(&h, SLICE("x"));
		h.report.fail_on = cases_of_junit[i].fail_on;
		h.findings[HOSTILE_FINDINGS - 3].ignored = cases_of_junit[i].ignored;
		writer_init(&w, *state, REPORT_MAX);
		audit_report(&w, REPORT_JUNIT, &h.report);
		put_char(&w, 0);
		check(cases_of_junit[i].name,
		      strstr(w.ptr, cases_of_junit[i].failures.ptr) != NULL);
	}
}

/* What is longest in its format, where all that may fail does. */
static void the_largest_report_fits(void **state)
{
	static const struct slice worst[] = {SLICE_INIT("\""), SLICE_INIT("\x01"), SLICE_INIT("`"),
					     SLICE_INIT("\xff"), SLICE_INIT("%")};
	static struct finding findings[AUDIT_MAX_FINDINGS];
	static struct hostile h;
	static char bytes[FINDING_MAX_EVIDENCE];

	for (size_t i = 0; i < COUNT_OF(worst) * REPORT_FORMAT_COUNT; i++) {
		struct writer w;

		memset(bytes, worst[i / REPORT_FORMAT_COUNT].ptr[0], sizeof(bytes));
		hostile_build(&h, (struct slice){bytes, sizeof(bytes)});
		for (size_t k = 0; k < AUDIT_MAX_FINDINGS; k++) {
			findings[k] = h.findings[1];
			findings[k].hop = 0; /* its name has 32 bytes at most */
			findings[k].rule =
				&policy_rules[k * policy_rule_count / AUDIT_MAX_FINDINGS];
		}
		h.report.findings = findings;
		h.report.count = AUDIT_MAX_FINDINGS;
		writer_init(&w, *state, REPORT_MAX);
		audit_report(&w, (enum report_format)(i % REPORT_FORMAT_COUNT), &h.report);
		if (w.overflow)
			fail_msg("format %zu with %02x", i % REPORT_FORMAT_COUNT,
				 (unsigned char)bytes[0]);
	}
}

/* A report that does not fit says so, wherever it is cut, and touches nothing behind. */
static void a_report_that_is_cut_says_so(void **state)
{
	static struct hostile h;
	char *room = *state;

	for (int i = 0; i < REPORT_FORMAT_COUNT; i++) {
		struct writer whole, w;

		hostile_build(&h, SLICE("<\"&`%\n"));
		writer_init(&whole, room, REPORT_MAX);
		audit_report(&whole, (enum report_format)i, &h.report);
		for (size_t cap = 0; cap < whole.len; cap += 97) {
			room[cap] = '!';
			writer_init(&w, room, cap);
			audit_report(&w, (enum report_format)i, &h.report);
			assert_true(w.overflow && w.len <= cap && room[cap] == '!');
		}
	}
}

/* Checks that cannot fail prove nothing. */
static void the_checks_see_what_is_wrong(void **state)
{
	static const struct {
		const char *name;
		enum report_format format;
		struct slice text;
	} wrong[] = {
		{"an escape of a terminal", REPORT_TEXT, SLICE_INIT("\033[1m")},
		{"Latin-1", REPORT_TEXT, SLICE_INIT("caf\xe9")},
		{"a lone quote", REPORT_JSON, SLICE_INIT("{\"a\":\"b\"c\"}\n")},
		{"a comma too many", REPORT_SARIF, SLICE_INIT("[1,]\n")},
		{"half an object", REPORT_JSONL, SLICE_INIT("{\"a\":1}\n{\"b\":\n")},
		{"a bare ampersand", REPORT_JUNIT,
		 SLICE_INIT("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>a & "
			    "b</testsuites>\n")},
		{"a script", REPORT_HTML,
		 SLICE_INIT("<!DOCTYPE html>\n<html><script></script></html>\n")},
		{"a handler", REPORT_HTML, SLICE_INIT("<!DOCTYPE html>\n<p onclick=\"x\"></p>\n")},
		{"a tag that is not closed", REPORT_HTML,
		 SLICE_INIT("<!DOCTYPE html>\n<p><code></p>\n")},
		{"a tag in Markdown", REPORT_MARKDOWN, SLICE_INIT("a <b>\n")},
		{"a link in Markdown", REPORT_MARKDOWN, SLICE_INIT("[a](b)\n")},
		{"code that goes on", REPORT_MARKDOWN, SLICE_INIT("`a\n")},
		{"a command of somebody else", REPORT_GITHUB, SLICE_INIT("::set-output::x\n")},
		{"a lone percent", REPORT_GITHUB, SLICE_INIT("::error title=a::5%\n")},
	};
	size_t at;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		check(wrong[i].name, wellformed(wrong[i].format, wrong[i].text, &at) != NULL);
}

static int make_room(void **state)
{
	*state = malloc(REPORT_MAX);
	return *state == NULL;
}

static int free_room(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_report_stays_what_it_is),
		cmocka_unit_test(every_byte_alone_and_twice_is_text),
		cmocka_unit_test(what_nobody_sees_is_shown),
		cmocka_unit_test(a_case_of_junit_fails_as_the_audit_does),
		cmocka_unit_test(the_largest_report_fits),
		cmocka_unit_test(a_report_that_is_cut_says_so),
		cmocka_unit_test(the_checks_see_what_is_wrong),
	};

	return cmocka_run_group_tests_name("hostile texts in reports", tests, make_room, free_room);
}

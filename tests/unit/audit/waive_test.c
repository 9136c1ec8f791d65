/* SPDX-License-Identifier: Apache-2.0 */
/* What does not count, and what that leaves of a grade; tickets out of JSON. */
#include "audit/grade.h"
#include "audit/ticket.h"
#include "audit/waive.h"

#include "../test.h"

#include <string.h>

#define DAY 86400

static struct audit_run run = {
	.target = SLICE_INIT("u"),
	.url = {.target = SLICE_INIT("/s?q")},
	.hop_count = 2,
	.hops = {{SLICE_INIT("target"), SLICE_INIT("u")}, {SLICE_INIT("app"), SLICE_INIT("v")}}};

static struct finding failed(const char *rule, enum severity severity, size_t hop)
{
	return (struct finding){.rule = rule_find(slice_of(rule)),
				.verdict = VERDICT_FAIL,
				.severity = severity,
				.hop = hop};
}

static const struct {
	const char *name;
	const char *text;
	const char *fault; /* NULL: it is understood */
	bool target;       /* A201 of the target is ignored */
	bool app;
} files[] = {
	{"nothing", "", NULL, false, false},
	{"comments and empty lines", "# a\n\n  \n", NULL, false, false},
	{"a rule, any hop", "A201 until=1970-01-11 # b", NULL, true, true},
	{"a rule in small letters, CRLF", "a201 until=1970-01-11 # b\r\n", NULL, true, true},
	{"another rule", "A101 until=1970-01-11 # b\n", NULL, false, false},
	{"one hop", "A201 hop=app until=1970-01-11 # b\n", NULL, false, true},
	{"on its last day", "A201 until=1970-01-11 # b", NULL, true, true},
	{"behind its last day", "A201 until=1970-01-10 # b", NULL, false, false},
	{"no reason", "A201\n", "line 1: a reason must stand behind a #", false, false},
	{"an empty reason", "\nA201 # \n", "line 2: a reason must stand behind a #", false, false},
	{"no rule", "A999 until=1970-01-11 # b",
	 "line 1: there is no such rule: see 'sluice rules'", false, false},
	{"its path", "A201 path=/s until=1970-01-11 # b", NULL, true, true},
	{"another path", "A201 path=/s2 until=1970-01-11 # b", NULL, false, false},
	{"no last day", "A201 # b", "line 1: a last day must stand there: until=YYYY-MM-DD", false,
	 false},
	{"a fault behind a row that is over", "A201 until=1970-01-10 # b\nA201\n",
	 "line 2: a reason must stand behind a #", false, false},
	{"no day", "A201 until=soon # b", "line 1: until= wants a day as YYYY-MM-DD", false, false},
	{"another word", "A201 app # b",
	 "line 1: only hop=NAME, path=/PATH and until=YYYY-MM-DD may follow a rule", false, false},
};

static void an_ignore_file_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct finding findings[] = {failed("A201", SEVERITY_ERROR, 0),
					     failed("A201", SEVERITY_ERROR, 1)};
		char room[128];
		struct writer fault;

		writer_init(&fault, room, sizeof(room));
		enum err err = waive_by_file(slice_of(files[i].text), 10 * DAY + 5, &run, findings,
					     2, &fault);
		check(files[i].name, (err == OK) == (files[i].fault == NULL));
		if (files[i].fault)
			check_slice(files[i].name, writer_slice(&fault), slice_of(files[i].fault));
		check(files[i].name, findings[0].ignored == files[i].target);
		check(files[i].name, findings[1].ignored == files[i].app);
	}
}

static void every_prefix_of_an_ignore_file_is_harmless(void **state)
{
	struct slice text = SLICE("A201 hop=app until=2030-12-31 # why\n");
	struct finding f = failed("A201", SEVERITY_ERROR, 0);
	char room[128];

	(void)state;
	for (size_t n = 0; n <= text.len; n++) {
		struct writer fault;

		writer_init(&fault, room, sizeof(room));
		(void)waive_by_file(slice_upto(text, n), 0, &run, &f, 1, &fault);
		assert_false(f.ignored);
	}
}

static void a_baseline_is_by_rule_and_hop(void **state)
{
	char room[128];
	struct writer told;
	struct finding f[] = {failed("A201", SEVERITY_ERROR, 0), failed("A201", SEVERITY_ERROR, 1)};
	struct slice report =
		SLICE("{\"target\":\"u\",\"findings\":[\n"
		      "{\"rule\":\"A101\",\"verdict\":\"pass\",\"hop\":\"app\"},\n"
		      "{\"rule\":\"A201\",\"verdict\":\"fail\",\"hop\":\"app\"}\n]}\n");

	(void)state;
	writer_init(&told, room, sizeof(room));
	assert_int_equal(waive_by_report(report, &run, f, 2, &told), OK);
	assert_false(f[0].ignored);
	assert_true(f[1].ignored);
	assert_int_equal(told.len, 0);
	assert_int_equal(waive_by_report(SLICE("{}\n"), &run, f, 2, &told), E_SYNTAX);
	f[0].verdict = f[1].verdict = VERDICT_INCONCLUSIVE;
	assert_int_equal(waive_by_report(report, &run, f, 2, &told), OK);
	assert_int_equal(told.len, 0);
	f[0].verdict = f[1].verdict = VERDICT_PASS;
	assert_int_equal(waive_by_report(report, &run, f, 2, &told), OK);
	check_slice("what passes now is told", writer_slice(&told),
		    SLICE("fixed: A201 The stream may be cached\n"));
}

/* A row that is over is told, whole lines alone, and as many as fit. */
static void what_has_run_out_is_told(void **state)
{
	static const struct slice line =
		SLICE_INIT("line 1: the last day of A201, 1970-01-10, is over: it counts again\n");
	struct slice text = SLICE("a201 until=1970-01-10 # b\nA201 until=1970-01-09 # c\n");
	struct finding f = failed("A201", SEVERITY_ERROR, 0);
	char room[256];

	(void)state;
	for (size_t cap = 0; cap < sizeof(room); cap++) {
		struct writer told;

		writer_init(&told, room, cap);
		assert_int_equal(waive_by_file(text, 10 * DAY, &run, &f, 1, &told), OK);
		assert_false(f.ignored || told.overflow);
		assert_int_equal(told.len, cap < line.len       ? 0
					   : cap < 2 * line.len ? line.len
								: 2 * line.len);
		assert_true(told.len == 0 || slice_starts(writer_slice(&told), line));
	}
}

static void a_baseline_of_another_target_says_so(void **state)
{
	struct slice text = SLICE("{\"target\":\"http://b/\033[1m\",\"profile\":\"spec\"}\n");
	char room[256];
	struct writer told;

	(void)state;
	run.target = SLICE("http://a/");
	writer_init(&told, room, sizeof(room));
	assert_int_equal(waive_by_report(text, &run, NULL, 0, &told), OK);
	assert_int_equal(told.len, 0); /* it was only looked at */
	struct finding f = failed("A201", SEVERITY_ERROR, 0);
	assert_int_equal(waive_by_report(text, &run, &f, 1, &told), OK);
	check_slice("told, without its escapes", writer_slice(&told),
		    SLICE("it is of another target: http://b/\\x1b[1m\n"));
	run.target = SLICE("http://b/\033[1m");
	writer_init(&told, room, sizeof(room));
	assert_int_equal(waive_by_report(text, &run, &f, 1, &told), OK);
	assert_int_equal(told.len, 0);
	run.target = SLICE("u");
}

static void grades_have_caps(void **state)
{
	struct finding f[] = {failed("A201", SEVERITY_WARNING, 0),
			      failed("A201", SEVERITY_WARNING, 1),
			      failed("A601", SEVERITY_ERROR, 0), failed("A101", SEVERITY_FATAL, 0)};

	(void)state;
	struct grade g = audit_grade(&run, f, 0);
	check_slice("nothing found", g.letter, SLICE("A+"));
	g = audit_grade(&run, f, 2);
	assert_int_equal(g.points[SCORE_SECURITY], 95);
	check_slice("one rule at two hops costs once", g.letters[SCORE_SECURITY], SLICE("A"));
	g = audit_grade(&run, f, 3);
	check_slice("an error caps at C", g.letters[SCORE_RESILIENCE], SLICE("C"));
	check_slice("the worst is the grade", g.letter, SLICE("C"));
	g = audit_grade(&run, f, 4);
	check_slice("a fatal finding is an F", g.letter, SLICE("F"));
	f[3].ignored = true;
	g = audit_grade(&run, f, 4);
	check_slice("what is ignored costs nothing", g.letter, SLICE("C"));
	run.shortage = SHORTAGE_STOPPED;
	assert_false(audit_grade(&run, f, 4).given);
	run.shortage = SHORTAGE_NONE;
}

static const struct {
	const char *name;
	const char *json;
	const char *ticket;
} tickets[] = {
	{"the member", "{\"ticket\":\"a.b-c\"}", "a.b-c"},
	{"with space", "{ \"ticket\" : \"abc\" }", "abc"},
	{"a token is as good", "{\"token\":\"abc\"}", "abc"},
	{"the ticket comes first", "{\"token\":\"x\",\"ticket\":\"abc\"}", "abc"},
	{"no text", "{\"ticket\":7}", ""},
	{"cut off", "{\"ticket\":\"ab", ""},
	{"an escape", "{\"ticket\":\"a\\u0041\"}", ""},
	{"what a query cannot carry", "{\"ticket\":\"a&b\"}", ""},
	{"nothing", "", ""},
};

static void a_ticket_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(tickets); i++) {
		struct slice json = slice_of(tickets[i].json);

		check_slice(tickets[i].name, ticket_find(json), slice_of(tickets[i].ticket));
		for (size_t n = 0; n < json.len; n++)
			(void)ticket_find(slice_upto(json, n));
	}
	assert_int_equal(ticket_number(SLICE("{\"exp\": 17}"), SLICE("\"exp\"")), 17);
	assert_int_equal(ticket_number(SLICE("{\"exp\":-1}"), SLICE("\"exp\"")), 0);
	assert_int_equal(ticket_number(SLICE("{}"), SLICE("\"exp\"")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ignore_file_is_read),
		cmocka_unit_test(every_prefix_of_an_ignore_file_is_harmless),
		cmocka_unit_test(what_has_run_out_is_told),
		cmocka_unit_test(a_baseline_is_by_rule_and_hop),
		cmocka_unit_test(a_baseline_of_another_target_says_so),
		cmocka_unit_test(grades_have_caps),
		cmocka_unit_test(a_ticket_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

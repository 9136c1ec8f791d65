/* SPDX-License-Identifier: Apache-2.0 */
/* What does not count, and what that leaves of a grade; tickets out of JSON. */
#include "audit/grade.h"
#include "audit/ticket.h"
#include "audit/waive.h"

#include "../test.h"

#include <string.h>

#define DAY 86400

static struct audit_run run = {
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
	{"a rule, any hop", "A201 # b", NULL, true, true},
	{"a rule in small letters, CRLF", "a201 # b\r\n", NULL, true, true},
	{"another rule", "A101 # b\n", NULL, false, false},
	{"one hop", "A201 hop=app # b\n", NULL, false, true},
	{"on its last day", "A201 until=1970-01-11 # b", NULL, true, true},
	{"behind its last day", "A201 until=1970-01-10 # b", NULL, false, false},
	{"no reason", "A201\n", "line 1: a reason must stand behind a #", false, false},
	{"an empty reason", "\nA201 # \n", "line 2: a reason must stand behind a #", false, false},
	{"no rule", "A999 # b", "line 1: there is no such rule: see 'sluice rules'", false, false},
	{"no day", "A201 until=soon # b", "line 1: until= wants a day as YYYY-MM-DD", false, false},
	{"another word", "A201 app # b",
	 "line 1: only hop=NAME and until=YYYY-MM-DD may follow a rule", false, false},
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
	struct finding f[] = {failed("A201", SEVERITY_ERROR, 0), failed("A201", SEVERITY_ERROR, 1)};
	struct slice report =
		SLICE("{\"target\":\"u\",\"findings\":[\n"
		      "{\"rule\":\"A101\",\"verdict\":\"pass\",\"hop\":\"app\"},\n"
		      "{\"rule\":\"A201\",\"verdict\":\"fail\",\"hop\":\"app\"}\n]}\n");

	(void)state;
	assert_int_equal(waive_by_report(report, &run, f, 2), OK);
	assert_false(f[0].ignored);
	assert_true(f[1].ignored);
	assert_int_equal(waive_by_report(SLICE("{}\n"), &run, f, 2), E_SYNTAX);
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
		cmocka_unit_test(a_baseline_is_by_rule_and_hop),
		cmocka_unit_test(grades_have_caps),
		cmocka_unit_test(a_ticket_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

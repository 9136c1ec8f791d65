/* SPDX-License-Identifier: Apache-2.0 */
/* grade_test.c - three scores out of findings, and what caps them. */
#include "../test.h"

#include "audit/grade.h"

#define MAX_FINDINGS 8u

static const struct {
	const char *name;
	/* Words of RULE:SEVERITY, with ! for one that is ignored. */
	const char *findings;
	unsigned points[SCORE_COUNT]; /* security, delivery, resilience */
	const char *letter;
} cases[] = {
	{"nothing found", "", {100, 100, 100}, "A+"},
	{"notes cost nothing", "A309:info A608:info", {100, 100, 100}, "A+"},
	{"a weakness", "A810:warning", {95, 100, 100}, "A"},
	{"three weaknesses of one score",
	 "A810:warning A815:warning A803:warning",
	 {85, 100, 100},
	 "A-"},
	{"an error caps its score at C", "A401:error", {50, 100, 100}, "C"},
	{"an error and weaknesses", "A302:error A311:warning A310:warning", {100, 50, 90}, "C"},
	{"four errors", "A401:error A403:error A406:error A407:error", {20, 100, 100}, "F"},
	{"one that is fatal", "A101:fatal", {100, 0, 100}, "F"},
	{"what is ignored costs nothing", "!A101:fatal !A401:error", {100, 100, 100}, "A+"},
	{"a rule costs once, its worst",
	 "A815:info A815:warning A815:warning",
	 {95, 100, 100},
	 "A"},
	{"heartbeats are resilience", "A311:warning", {100, 100, 95}, "A"},
	{"bursts are delivery", "A304:warning", {100, 95, 100}, "A"},
	{"a forged event is security", "A626:error", {50, 100, 100}, "C"},
	{"ids are resilience", "A609:warning", {100, 100, 95}, "A"},
};

static enum severity severity_of(struct slice name)
{
	for (int i = SEVERITY_INFO; i <= SEVERITY_FATAL; i++)
		if (slice_eq(severity_name((enum severity)i), name))
			return (enum severity)i;
	fail_msg("no severity %.*s", SLICE_ARG(name));
	return SEVERITY_INFO;
}

static size_t read_findings(struct slice words, struct finding ret[MAX_FINDINGS])
{
	size_t n = 0;

	while (words.len > 0) {
		struct slice severity = slice_cut(&words, ' ');
		bool ignored = slice_starts(severity, SLICE("!"));
		struct slice id;

		severity = slice_from(severity, ignored);
		id = slice_cut(&severity, ':');
		assert_true(n < MAX_FINDINGS);
		ret[n++] = (struct finding){.rule = rule_find(id),
					    .verdict = VERDICT_FAIL,
					    .severity = severity_of(severity),
					    .ignored = ignored};
		assert_non_null(ret[n - 1].rule);
	}
	return n;
}

static void points_and_caps(void **state)
{
	const struct audit_run run = {.shortage = SHORTAGE_NONE};
	struct finding findings[MAX_FINDINGS];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t n = read_findings(slice_of(cases[i].findings), findings);
		struct grade grade = audit_grade(&run, findings, n);

		check(cases[i].name, grade.given);
		check_slice(cases[i].name, grade.letter, slice_of(cases[i].letter));
		for (size_t k = 0; k < SCORE_COUNT; k++)
			check(cases[i].name, grade.points[k] == cases[i].points[k]);
	}
}

/* What passed, does not apply or was not decided costs nothing. */
static void only_what_failed_costs(void **state)
{
	const struct audit_run run = {.shortage = SHORTAGE_NONE};
	static const enum verdict others[] = {VERDICT_PASS, VERDICT_NA, VERDICT_INCONCLUSIVE};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		struct finding f = {.rule = rule_find(SLICE("A101")),
				    .verdict = others[i],
				    .severity = SEVERITY_FATAL};

		check_slice("A+", audit_grade(&run, &f, 1).letter, SLICE("A+"));
	}
}

static void a_part_of_an_audit_has_no_grade(void **state)
{
	(void)state;
	for (int i = SHORTAGE_BUDGET; i <= SHORTAGE_UNREACHABLE; i++) {
		const struct audit_run run = {.shortage = (enum audit_shortage)i};

		assert_false(audit_grade(&run, NULL, 0).given);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_and_caps),
		cmocka_unit_test(only_what_failed_costs),
		cmocka_unit_test(a_part_of_an_audit_has_no_grade),
	};

	return cmocka_run_group_tests_name("grade", tests, NULL, NULL);
}

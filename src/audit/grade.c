/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/grade.h"

#define FULL  100u
#define CAP_F 20u /* points: below every letter but F */
#define CAP_C 50u

static const struct {
	unsigned from;
	struct slice letter;
} letters[] = {
	{100, SLICE_INIT("A+")}, {90, SLICE_INIT("A")}, {85, SLICE_INIT("A-")},
	{80, SLICE_INIT("B+")},  {70, SLICE_INIT("B")}, {65, SLICE_INIT("B-")},
	{60, SLICE_INIT("C+")},  {50, SLICE_INIT("C")}, {45, SLICE_INIT("C-")},
	{40, SLICE_INIT("D+")},  {30, SLICE_INIT("D")}, {25, SLICE_INIT("D-")},
	{0, SLICE_INIT("F")},
};

struct slice score_name(enum score score)
{
#define X(symbol, name) [symbol] = SLICE_INIT(name),
	static const struct slice names[] = {SCORE_MAP(X)};
#undef X

	return names[score];
}

static struct slice letter_of(unsigned points)
{
	size_t i = 0;

	while (points < letters[i].from)
		i++;
	return letters[i].letter;
}

/* Of the A3xx, those about being alive, not about arriving. */
static bool is_about_life(struct slice id)
{
	return slice_cmp(id, SLICE("A310")) >= 0 && slice_cmp(id, SLICE("A316")) <= 0;
}

enum score score_of(const struct rule *rule)
{
	static const struct {
		struct slice area;
		enum score score;
	} areas[] = {
		{SLICE_INIT("media"), SCORE_DELIVERY},    {SLICE_INIT("delivery"), SCORE_DELIVERY},
		{SLICE_INIT("protocol"), SCORE_DELIVERY}, {SLICE_INIT("stream"), SCORE_RESILIENCE},
		{SLICE_INIT("chain"), SCORE_RESILIENCE},
	};

	if (is_about_life(rule->id))
		return SCORE_RESILIENCE;
	if (slice_eq(rule->id, SLICE("A626"))) /* a forged event */
		return SCORE_SECURITY;
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		if (slice_eq(rule->area, areas[i].area))
			return areas[i].score;
	}
	return SCORE_SECURITY;
}

static unsigned cost_of(enum severity severity)
{
	static const unsigned costs[] = {
		[SEVERITY_INFO] = 0,
		[SEVERITY_WARNING] = 5,
		[SEVERITY_ERROR] = 20,
		[SEVERITY_FATAL] = FULL,
	};

	return costs[severity];
}

static bool counts(const struct finding *f)
{
	return f->verdict == VERDICT_FAIL && !f->ignored;
}

/* A rule that fails at several hops, or in several variants, costs what its worst finding does. */
static bool is_worst_of_rule(const struct finding *findings, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++) {
		if (i == at || findings[i].rule != findings[at].rule || !counts(&findings[i]))
			continue;
		if (findings[i].severity > findings[at].severity ||
		    (i < at && findings[i].severity == findings[at].severity))
			return false;
	}
	return true;
}

static unsigned cap_of(enum severity severity)
{
	if (severity == SEVERITY_FATAL)
		return CAP_F;
	return severity == SEVERITY_ERROR ? CAP_C : FULL;
}

struct grade audit_grade(const struct audit_run *run, const struct finding *findings, size_t n)
{
	struct grade grade = {.given = !audit_run_is_partial(run)};
	unsigned worst = FULL;
	unsigned caps[SCORE_COUNT];

	for (size_t i = 0; i < SCORE_COUNT; i++)
		grade.points[i] = caps[i] = FULL;
	for (size_t i = 0; i < n; i++) {
		if (!counts(&findings[i]) || !is_worst_of_rule(findings, n, i))
			continue;
		enum score score = score_of(findings[i].rule);
		unsigned cost = cost_of(findings[i].severity);
		unsigned cap = cap_of(findings[i].severity);

		grade.points[score] -= cost < grade.points[score] ? cost : grade.points[score];
		caps[score] = cap < caps[score] ? cap : caps[score];
	}
	for (size_t i = 0; i < SCORE_COUNT; i++) {
		if (grade.points[i] > caps[i])
			grade.points[i] = caps[i];
		grade.letters[i] = letter_of(grade.points[i]);
		worst = grade.points[i] < worst ? grade.points[i] : worst;
	}
	grade.letter = letter_of(worst);
	return grade;
}

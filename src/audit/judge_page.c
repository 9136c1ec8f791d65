/* SPDX-License-Identifier: Apache-2.0 */
/* judge_page.c - A812 to A814: the page that opens the stream. */
#include "audit/judging.h"
#include "audit/page_policy.h"

#define POLICY SLICE("Content-Security-Policy")

/* Walks the policies of all lines: a comma parts policies (CSP 2.2.1). */
static bool policy_next(struct member_walk *walk, struct slice *ret_policy)
{
	return member_next(walk, ret_policy);
}

enum verdict judge_page_blocks(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_PAGE);
	struct observation o;
	struct member_walk walk = {.o = &o, .name = POLICY};
	struct slice policy;
	struct url page;

	if (t == NULL)
		return no_answer(run, f, PROBE_PAGE);
	prove(run, f, t);
	if (url_parse(run->page, &page) != OK)
		return VERDICT_INCONCLUSIVE;
	o = transcript_observation(t);
	while (policy_next(&walk, &policy)) {
		if (page_policy_allows(policy, &page, &run->url))
			continue;
		tell_quoted(f, policy);
		tell(f, SLICE(" does not name "));
		tell_quoted(f, run->url.authority);
		return VERDICT_FAIL;
	}
	return VERDICT_PASS;
}

/* All policies hold at once: it is wide only if each is. */
enum verdict judge_page_wide(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_PAGE);
	struct observation o;
	struct member_walk walk = {.o = &o, .name = POLICY};
	struct slice policy, wide = SLICE_NONE;
	size_t policies = 0;

	if (t == NULL)
		return no_answer(run, f, PROBE_PAGE);
	prove(run, f, t);
	o = transcript_observation(t);
	while (policy_next(&walk, &policy)) {
		policies++;
		wide = page_policy_wide_source(policy);
		if (wide.ptr == NULL)
			return VERDICT_PASS;
	}
	if (policies == 0) {
		tell(f, SLICE("the page has no policy"));
		return VERDICT_NA;
	}
	tell(f, SLICE("connect-src has "));
	tell_quoted(f, wide);
	return VERDICT_FAIL;
}

enum verdict judge_page_referrer(const struct audit_run *run, struct finding *f)
{
	static const struct slice good[] = {
		SLICE_INIT("no-referrer"), SLICE_INIT("same-origin"), SLICE_INIT("strict-origin"),
		SLICE_INIT("strict-origin-when-cross-origin"), SLICE_INIT("origin")};
	const struct transcript *t = answer_of(run, PROBE_PAGE);
	struct observation o;
	struct member_walk walk = {.o = &o, .name = SLICE("Referrer-Policy")};
	struct slice word, last = SLICE_NONE;

	if (t == NULL)
		return no_answer(run, f, PROBE_PAGE);
	prove(run, f, t);
	o = transcript_observation(t);
	while (member_next(&walk, &word))
		last = word; /* the last one that is known counts */
	tell_field(f, t, SLICE("Referrer-Policy"));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (slice_eq_nocase(last, good[i]))
			return VERDICT_PASS;
	return VERDICT_FAIL;
}

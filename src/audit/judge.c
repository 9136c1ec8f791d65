/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/judge.h"

#include "audit/judging.h"
#include "audit/profile.h"

#include "base/require.h"

#include <string.h>

static const struct judge_row rows[] = {
#define HEAD(rule, which, weighs, shown)                                                           \
	{.id = SLICE_INIT(#rule),                                                                  \
	 .judge = judge_head,                                                                      \
	 .by_hop = true,                                                                           \
	 .scope = SCOPE_##which,                                                                   \
	 .weigh = weigh_##weighs,                                                                  \
	 .field = SLICE_INIT(shown)},
#define RUN(rule, name) {.id = SLICE_INIT(#rule), .judge = judge_##name},
#define HOP(rule, name) {.id = SLICE_INIT(#rule), .judge = judge_##name, .by_hop = true},
#define HOSTILE(rule, from, to)                                                                    \
	{.id = SLICE_INIT(#rule),                                                                  \
	 .judge = judge_hostile,                                                                   \
	 .first = PROBE_ORIGIN_##from,                                                             \
	 .last = PROBE_ORIGIN_##to},
#define GRAMMAR(rule, one, two)                                                                    \
	{.id = SLICE_INIT(#rule),                                                                  \
	 .judge = judge_grammar,                                                                   \
	 .by_hop = true,                                                                           \
	 .notes = {GRAMMAR_##one, GRAMMAR_##two}},
#include "audit/judges.def"
};

const struct judge_row *judge_row_find(struct slice id)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (slice_eq(rows[i].id, id))
			return &rows[i];
	return NULL;
}

static void judge_one(const struct audit_run *run, const struct rule *rule,
		      const struct judge_row *row, size_t hop, struct finding *f)
{
	memset(f, 0, sizeof(*f));
	f->rule = rule;
	f->severity = rule->severity;
	f->confidence = rule->confidence;
	f->hop = hop;
	f->transcript = SIZE_MAX;
	f->verdict = (row->judge)(run, f);
}

static void tell_hop(struct finding *f, const struct audit_run *run, struct slice text, size_t hop)
{
	tell(f, text);
	tell(f, run->hops[hop].name);
}

/*
 * The target fails: the first hop on the way from the application (the order of --via) that does,
 * too, is where it began.
 */
static void blame(const struct audit_run *run, const struct judge_row *row, struct finding *f)
{
	size_t sound = 0;
	struct finding at_hop;

	for (size_t hop = 1; hop < run->hop_count; hop++) {
		judge_one(run, f->rule, row, hop, &at_hop);
		if (at_hop.verdict == VERDICT_FAIL) {
			f->hop = hop;
			break;
		}
		if (at_hop.verdict == VERDICT_PASS)
			sound = hop;
	}
	if (f->hop == 0 && sound == 0)
		return;
	tell_hop(f, run, SLICE("; it begins at "), f->hop);
	if (sound != 0)
		tell_hop(f, run, SLICE(", and is right at "), sound);
}

/* The rule's own, and what it means for the product that was recognised. */
static void put_fix(const struct audit_run *run, struct finding *f)
{
	struct fingerprint fp;
	enum stack stack;
	struct writer w;

	fingerprint_take(run, f->hop, &fp);
	stack = fingerprint_stack(&fp, f->rule->remedy, slice_eq(f->rule->area, SLICE("delivery")));
	if (stack == STACK_GENERIC)
		return;
	writer_init(&w, f->fix, sizeof(f->fix));
	put(&w, f->rule->fix);
	put(&w, SLICE(" "));
	put(&w, stack_title(stack));
	put(&w, SLICE(": "));
	put(&w, remedy_text(f->rule->remedy, stack));
	f->fix_len = w.overflow ? 0 : w.len;
}

size_t audit_judge(const struct audit_run *run, struct finding *ret, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < policy_rule_count && n < cap; i++) {
		const struct rule *rule = &policy_rules[i];
		const struct judge_row *row = judge_row_find(rule->id);
		struct finding *f = &ret[n++];

		require(row != NULL);
		judge_one(run, rule, row, 0, f);
		profile_apply(run->profile, f);
		if (f->verdict != VERDICT_FAIL)
			continue;
		if (row->by_hop && run->hop_count > 1)
			blame(run, row, f);
		put_fix(run, f);
	}
	return n;
}

static bool is_shed(unsigned status)
{
	return status == 429 || status == 503;
}

static bool is_turned_away(const struct audit_run *run, const struct transcript *t)
{
	/* Another server may give these. */
	if (t->hop != 0 || t->kind == PROBE_PAGE || t->kind == PROBE_TICKET_ISSUE)
		return false;
	return (size_t)(t - run->transcripts) >= audit_turned_away(run);
}

bool is_answer(const struct audit_run *run, const struct transcript *t)
{
	const struct transcript *base = audit_find(run, PROBE_BASELINE);

	if (!transcript_answered(t) || t->kind == PROBE_BASELINE)
		return transcript_answered(t);
	if (is_shed(t->status) && !(base != NULL && is_shed(base->status)))
		return false;
	return !is_turned_away(run, t);
}

const struct transcript *answer_of(const struct audit_run *run, enum probe_kind kind)
{
	const struct transcript *t = audit_find(run, kind);

	return t != NULL && is_answer(run, t) ? t : NULL;
}

bool is_left_open(const struct audit_run *run, enum probe_kind kind)
{
	const struct transcript *t = audit_find(run, kind);

	return t != NULL && t->outcome != OUTCOME_NOT_SENT && !is_answer(run, t);
}

const struct transcript *baseline_of(const struct audit_run *run, size_t hop)
{
	const struct transcript *t =
		audit_find_hop(run, hop == 0 ? PROBE_BASELINE : PROBE_VIA, hop);
	const struct transcript *next = NULL;

	if (t == NULL || !transcript_answered(t))
		return NULL;
	while (hop == 0 && is_redirect(t) && (next = audit_next(run, PROBE_REDIRECT, next)))
		t = transcript_answered(next) ? next : t;
	return t;
}

const struct transcript *stream_of(const struct audit_run *run, size_t hop)
{
	const struct transcript *t = baseline_of(run, hop);

	return t != NULL && transcript_is_stream(t) ? t : NULL;
}

enum verdict no_answer(const struct audit_run *run, struct finding *f, enum probe_kind kind)
{
	const struct transcript *t = audit_find(run, kind);

	tell_next(f);
	tell(f, probes[kind].name);
	tell(f, SLICE(": "));
	if (t == NULL || t->outcome == OUTCOME_NOT_SENT) {
		tell(f, SLICE("not sent"));
		/* Who turns us away was asked everything. */
		return run->shortage != SHORTAGE_NONE && run->shortage != SHORTAGE_TURNED_AWAY
			       ? VERDICT_INCONCLUSIVE
			       : VERDICT_NA;
	}
	tell_answer(f, t);
	if (is_turned_away(run, t))
		tell(f, SLICE("; by then the target let nobody in"));
	prove(run, f, t);
	return VERDICT_INCONCLUSIVE;
}

enum verdict no_stream(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = baseline_of(run, f->hop);

	if (t == NULL)
		return no_answer(run, f, f->hop == 0 ? PROBE_BASELINE : PROBE_VIA);
	tell_answer(f, t);
	tell(f, SLICE(": no stream"));
	prove(run, f, t);
	return VERDICT_NA;
}

const struct transcript *measure(const struct audit_run *run, struct finding *f,
				 const struct transcript *t, struct delivery *ret)
{
	if (t == NULL)
		return NULL;
	prove(run, f, t);
	delivery_measure(t, ret);
	return t;
}

enum verdict not_read(const struct audit_run *run, struct finding *f, const struct transcript *t)
{
	prove(run, f, t);
	tell_next(f);
	tell_probe(f, t);
	tell(f, SLICE(": the text of the stream was not read, for "));
	tell(f, text_text(t->text));
	tell(f, SLICE(": "));
	tell_field(f, t, SLICE("Content-Encoding"));
	return VERDICT_INCONCLUSIVE;
}

bool is_of_stream_url(const struct transcript *t)
{
	static const enum probe_kind others[] = {
		PROBE_PREFLIGHT, PROBE_TICKET_ISSUE, PROBE_TICKET_HTTP, PROBE_PLAIN_HTTP,
		PROBE_REDIRECT,  PROBE_TLS_OLD,      PROBE_TLS_13,      PROBE_PAGE,
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (t->kind == others[i])
			return false;
	return true;
}

const struct transcript *next_watched(const struct audit_run *run, const struct transcript *after)
{
	size_t at = after != NULL ? (size_t)(after - run->transcripts) + 1 : 0;

	for (; at < run->transcript_count; at++) {
		const struct transcript *t = &run->transcripts[at];

		if (t->hop == 0 && t->kind <= PROBE_OTHER_FAMILY && transcript_is_stream(t))
			return t;
	}
	return NULL;
}

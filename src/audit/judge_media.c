/* SPDX-License-Identifier: Apache-2.0 */
/* judge_media.c - A1xx: status, redirects, Accept, methods. */
#include "audit/judging.h"

#define HEAD_METHOD_MAX_NS  (5 * NS_PER_S)
#define HEAD_METHOD_SLOW_NS (1 * NS_PER_S)

enum verdict judge_status(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = baseline_of(run, 0);

	if (t == NULL)
		return no_answer(run, f, PROBE_BASELINE);
	prove(run, f, t);
	tell_answer(f, t);
	return fails_if(t->status != 200);
}

static void tell_redirect(struct finding *f, const struct transcript *t)
{
	tell_next(f);
	tell_u64(f, t->status);
	tell(f, SLICE(" to "));
	tell_quoted(f, transcript_field(t, SLICE("Location")));
}

static bool is_login_page(const struct transcript *t)
{
	struct observation o = transcript_observation(t);

	return t->status == 200 && slice_eq_nocase(observation_media_type(&o), SLICE("text/html"));
}

/* One step within the same origin is what a CDN does with a missing slash. */
enum verdict judge_redirects(const struct audit_run *run, struct finding *f)
{
	const struct transcript *first = answer_of(run, PROBE_BASELINE);
	const struct transcript *t = NULL;
	const struct transcript *last = first;
	size_t steps = 0;
	bool grave = false;

	if (first == NULL)
		return no_answer(run, f, PROBE_BASELINE);
	prove(run, f, first);
	if (!is_redirect(first))
		return VERDICT_PASS;
	tell_redirect(f, first);
	while ((t = audit_next(run, PROBE_REDIRECT, t))) {
		steps++;
		grave |= last->request.https && !t->request.https;
		grave |= !slice_eq_nocase(t->request.authority, first->request.authority);
		grave |= transcript_answered(t) && is_login_page(t);
		if (transcript_answered(t) && is_redirect(t))
			tell_redirect(f, t);
		last = t;
	}
	if (steps == 0)
		return VERDICT_INCONCLUSIVE;
	if (grave)
		f->severity = SEVERITY_ERROR;
	return fails_if(grave || steps > 1);
}

enum verdict judge_exact_accept(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = baseline_of(run, 0);

	if (t == NULL)
		return no_answer(run, f, PROBE_BASELINE);
	prove(run, f, t);
	tell_answer(f, t);
	if (t->status != 200 && t->status != 406)
		return VERDICT_NA;
	return fails_if(t->status == 406);
}

static const enum probe_kind wild[] = {PROBE_ACCEPT_ANY, PROBE_ACCEPT_TEXT, PROBE_ACCEPT_NONE};

/* A policy, not a fault: what it is stands in the evidence, and only some profiles mind. */
enum verdict judge_accept_policy(const struct audit_run *run, struct finding *f)
{
	size_t refused = 0, taken = 0;
	bool mind = run->profile == PROFILE_PUBLIC || run->profile == PROFILE_MCP;

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		const struct transcript *t = answer_of(run, wild[i]);

		if (t == NULL)
			continue;
		prove(run, f, t);
		tell_next(f);
		tell_probe(f, t);
		tell(f, SLICE(": "));
		tell_u64(f, t->status);
		refused += t->status == 406;
		taken += transcript_is_stream(t);
	}
	if (refused + taken == 0)
		return no_answer(run, f, PROBE_ACCEPT_ANY);
	if (run->profile == PROFILE_SEED)
		return fails_if(taken > 0);
	if (refused == 0)
		return VERDICT_PASS;
	return mind ? VERDICT_FAIL : VERDICT_NA;
}

enum verdict judge_naive_accept(const struct audit_run *run, struct finding *f)
{
	bool wrong = false;
	size_t asked = 0, open = 0;

	if (stream_of(run, 0) == NULL)
		return no_stream(run, f);
	for (int kind = PROBE_ACCEPT_LIST; kind <= PROBE_ACCEPT_LINES; kind++) {
		const struct transcript *t = answer_of(run, (enum probe_kind)kind);

		open += is_left_open(run, (enum probe_kind)kind);
		if (t == NULL)
			continue;
		asked++;
		/* A redirect is the same for each of them: A106 tells it. */
		if (transcript_is_stream(t) || is_redirect(t))
			continue;
		wrong = true;
		prove(run, f, t);
		tell_next(f);
		tell_quoted(f, t->request.accept);
		tell(f, SLICE(": "));
		tell_answer(f, t);
	}
	if (asked == 0)
		return no_answer(run, f, PROBE_ACCEPT_LIST);
	if (wrong || open == 0)
		return fails_if(wrong);
	tell_u64(f, open);
	tell(f, SLICE(" of the forms without an answer"));
	return VERDICT_INCONCLUSIVE;
}

enum verdict judge_q_zero(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_ACCEPT_Q0);

	if (t == NULL)
		return no_answer(run, f, PROBE_ACCEPT_Q0);
	prove(run, f, t);
	tell_quoted(f, t->request.accept);
	tell(f, SLICE(": "));
	tell_answer(f, t);
	return fails_if(transcript_is_stream(t));
}

static bool is_silent_on_accept(const struct transcript *t)
{
	struct observation o = transcript_observation(t);

	return !observation_has_member(&o, SLICE("Vary"), SLICE("Accept")) &&
	       !observation_has_member(&o, SLICE("Vary"), SLICE("*"));
}

static bool is_stored_nowhere(const struct transcript *t)
{
	struct observation o = transcript_observation(t);

	return observation_has_directive(&o, SLICE("Cache-Control"), SLICE("no-store"));
}

/* Says which answer to another Accept has another status; judges Vary on both. */
enum verdict judge_vary_accept(const struct audit_run *run, struct finding *f)
{
	const struct transcript *base = baseline_of(run, 0);
	bool differs = false, silent, stored;

	if (base == NULL)
		return no_answer(run, f, PROBE_BASELINE);
	silent = is_silent_on_accept(base);
	stored = !is_stored_nowhere(base);
	for (int kind = PROBE_ACCEPT_ANY; kind <= PROBE_ACCEPT_OTHER; kind++) {
		const struct transcript *t = answer_of(run, (enum probe_kind)kind);

		if (t == NULL || (t->status != 200 && t->status != 406) ||
		    t->status == base->status)
			continue;
		differs = true;
		silent |= is_silent_on_accept(t);
		stored |= !is_stored_nowhere(t);
		prove(run, f, t);
	}
	if (!differs)
		return VERDICT_NA;
	tell(f, SLICE("the status depends on Accept; "));
	tell_field(f, base, SLICE("Vary"));
	if (!stored)
		f->severity = SEVERITY_INFO;
	return fails_if(silent);
}

enum verdict judge_head_method(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = audit_find(run, PROBE_HEAD);

	if (t != NULL && t->outcome == OUTCOME_TIMED_OUT && stream_of(run, 0) != NULL) {
		prove(run, f, t);
		tell(f, SLICE("HEAD had no answer in time"));
		/* Nor had GET, in the time that HEAD was given: A301 tells it. */
		return delivery_head_ns(stream_of(run, 0)) > HEAD_METHOD_SLOW_NS
			       ? VERDICT_INCONCLUSIVE
			       : VERDICT_FAIL;
	}
	t = answer_of(run, PROBE_HEAD);
	if (t == NULL)
		return no_answer(run, f, PROBE_HEAD);
	prove(run, f, t);
	tell_answer(f, t);
	tell(f, SLICE(" after "));
	tell_ns(f, delivery_head_ns(t));
	tell_next(f);
	tell_u64(f, t->body_len);
	tell(f, SLICE(" bytes of body"));
	return fails_if(t->body_len > 0 || delivery_head_ns(t) > HEAD_METHOD_MAX_NS);
}

enum verdict judge_other_methods(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_POST);

	if (t == NULL)
		return no_answer(run, f, PROBE_POST);
	prove(run, f, t);
	tell(f, t->request.method);
	tell(f, SLICE(": "));
	tell_answer(f, t);
	if (t->status == 405) {
		tell(f, SLICE(", "));
		tell_field(f, t, SLICE("Allow"));
		return fails_if(transcript_field(t, SLICE("Allow")).ptr == NULL);
	}
	return fails_if(t->status < 400);
}

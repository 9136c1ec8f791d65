/* SPDX-License-Identifier: Apache-2.0 */
/* judge_cors.c - A4xx: which origins are let in, preflights, Vary over several answers. */
#include "audit/judging.h"

#define ALLOW_ORIGIN      SLICE("Access-Control-Allow-Origin")
#define ALLOW_CREDENTIALS SLICE("Access-Control-Allow-Credentials")

/* The answer names the very origin that was sent. */
static bool is_reflected(const struct transcript *t)
{
	return t->request.origin.len > 0 &&
	       slice_eq(transcript_field(t, ALLOW_ORIGIN), t->request.origin);
}

static bool gives_credentials(const struct transcript *t)
{
	return slice_eq(transcript_field(t, ALLOW_CREDENTIALS), SLICE("true"));
}

static bool is_own_origin(const struct audit_run *run, const struct transcript *t)
{
	return t->request.origin_allowed || slice_eq_nocase(t->request.origin, run->origin);
}

static bool reflects_anything(const struct audit_run *run)
{
	const struct transcript *t = answer_of(run, PROBE_ORIGIN_RANDOM);

	return t != NULL && is_reflected(t);
}

static void tell_origin(struct finding *f, const struct transcript *t)
{
	tell(f, f->evidence_len == 0 ? SLICE("allowed: ") : SLICE(", "));
	tell_quoted(f, t->request.origin);
	if (gives_credentials(t))
		tell(f, SLICE(" with credentials"));
}

/* An underscore is sent by browsers of today; other odd characters hardly. */
static void weigh_odd(struct finding *f, const struct transcript *t)
{
	if (t->kind == PROBE_ORIGIN_ODD && text_has(t->request.origin, SLICE("_.")))
		f->severity = SEVERITY_ERROR;
}

enum verdict judge_hostile(const struct audit_run *run, struct finding *f)
{
	const struct judge_row *row = judge_row_find(f->rule->id);
	size_t refused = 0, silent = 0;

	if (reflects_anything(run)) {
		tell(f, SLICE("every origin is allowed: see A401 and A402"));
		return VERDICT_NA;
	}
	for (size_t i = 0; i < run->transcript_count; i++) {
		const struct transcript *t = &run->transcripts[i];

		if (t->hop != 0 || t->kind < row->first || t->kind > row->last ||
		    t->outcome == OUTCOME_NOT_SENT || is_own_origin(run, t))
			continue;
		silent += !is_answer(run, t);
		refused += is_answer(run, t) && !is_reflected(t);
		if (!is_answer(run, t) || !is_reflected(t))
			continue;
		prove(run, f, t);
		tell_origin(f, t);
		weigh_odd(f, t);
	}
	if (f->evidence_len > 0)
		return VERDICT_FAIL;
	if (silent + refused == 0)
		return no_answer(run, f, row->first);
	tell_u64(f, refused);
	tell(f, SLICE(" refused"));
	if (silent == 0)
		return VERDICT_PASS;
	tell(f, SLICE(", without an answer: "));
	tell_u64(f, silent);
	return VERDICT_INCONCLUSIVE;
}

static enum verdict judge_random(const struct audit_run *run, struct finding *f, bool credentials)
{
	const struct transcript *t = answer_of(run, PROBE_ORIGIN_RANDOM);

	if (t == NULL)
		return no_answer(run, f, PROBE_ORIGIN_RANDOM);
	prove(run, f, t);
	if (is_reflected(t) && gives_credentials(t) == credentials) {
		tell_origin(f, t);
		return VERDICT_FAIL;
	}
	tell_quoted(f, t->request.origin);
	tell(f, SLICE(": "));
	tell_field(f, t, ALLOW_ORIGIN);
	return VERDICT_PASS;
}

enum verdict judge_reflection_credentials(const struct audit_run *run, struct finding *f)
{
	return judge_random(run, f, true);
}

enum verdict judge_reflection(const struct audit_run *run, struct finding *f)
{
	return judge_random(run, f, false);
}

enum verdict judge_allowed_refused(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_ORIGIN_ALLOWED);
	struct observation o;
	enum verdict verdict;

	if (t == NULL)
		return no_answer(run, f, PROBE_ORIGIN_ALLOWED);
	prove(run, f, t);
	tell_quoted(f, t->request.origin);
	tell(f, SLICE(": "));
	tell_answer(f, t);
	tell(f, SLICE(", "));
	tell_field(f, t, ALLOW_ORIGIN);
	o = transcript_observation(t);
	verdict = (f->rule->check)(&o);
	if (verdict != VERDICT_NA)
		return verdict;
	/* The origin alone makes the difference. */
	return t->status == 403 && stream_of(run, 0) != NULL ? VERDICT_FAIL : VERDICT_NA;
}

enum verdict judge_cors_on_reconnect(const struct audit_run *run, struct finding *f)
{
	const struct transcript *first = answer_of(run, PROBE_ORIGIN_ALLOWED);
	const struct transcript *again = answer_of(run, PROBE_RESUME_ORIGIN);

	if (again == NULL)
		return no_answer(run, f, PROBE_RESUME_ORIGIN);
	if (first == NULL || transcript_field(first, ALLOW_ORIGIN).ptr == NULL ||
	    again->status != 200)
		return VERDICT_NA;
	prove(run, f, again);
	tell(f, SLICE("with Last-Event-ID: "));
	tell_field(f, again, ALLOW_ORIGIN);
	return fails_if(!slice_eq(transcript_field(again, ALLOW_ORIGIN),
				  transcript_field(first, ALLOW_ORIGIN)));
}

enum verdict judge_cors_on_redirects(const struct audit_run *run, struct finding *f)
{
	enum verdict verdict = VERDICT_NA;

	for (size_t i = 0; i < run->transcript_count; i++) {
		const struct transcript *t = &run->transcripts[i];

		if (t->kind == PROBE_PLAIN_HTTP || !transcript_answered(t) || t->hop != 0 ||
		    !t->request.origin_allowed || t->status < 300 || t->status > 399)
			continue;
		prove(run, f, t);
		tell_next(f);
		tell_u64(f, t->status);
		tell(f, SLICE(" to "));
		tell_quoted(f, transcript_field(t, SLICE("Location")));
		tell(f, SLICE(": "));
		tell_field(f, t, ALLOW_ORIGIN);
		if (transcript_field(t, ALLOW_ORIGIN).ptr == NULL)
			return VERDICT_FAIL;
		verdict = VERDICT_PASS;
	}
	return verdict;
}

static bool is_auth_status(unsigned status)
{
	return status == 401 || status == 403 || status == 407;
}

enum verdict judge_preflight_auth(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_PREFLIGHT);

	if (t == NULL)
		return no_answer(run, f, PROBE_PREFLIGHT);
	if (!run->origin_given)
		return VERDICT_NA;
	prove(run, f, t);
	tell(f, SLICE("OPTIONS: "));
	tell_answer(f, t);
	return fails_if(t->status == 401 || t->status == 407);
}

/* The names that the preflight asked for and the answer leaves out. */
static size_t tell_ungranted(struct finding *f, const struct transcript *t)
{
	static const struct slice asked[] = {
		SLICE_INIT("authorization"), SLICE_INIT("last-event-id"),
		SLICE_INIT("cache-control"), SLICE_INIT("content-type")};
	struct slice name = SLICE("Access-Control-Allow-Headers");
	struct observation o = transcript_observation(t);
	bool any = observation_has_member(&o, name, SLICE("*")) && !gives_credentials(t);
	size_t missing = 0;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		if (observation_has_member(&o, name, asked[i]) || (any && i > 0))
			continue;
		tell(f, missing++ == 0 ? SLICE(", not granted: ") : SLICE(" "));
		tell(f, asked[i]);
	}
	return missing;
}

enum verdict judge_preflight(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_PREFLIGHT);
	struct slice allowed;

	if (t == NULL)
		return no_answer(run, f, PROBE_PREFLIGHT);
	if (!run->origin_given)
		return VERDICT_NA;
	prove(run, f, t);
	tell(f, SLICE("OPTIONS: "));
	tell_answer(f, t);
	if (is_auth_status(t->status) && t->status != 403)
		return VERDICT_NA; /* A426 */
	if (t->status < 200 || t->status > 299)
		return VERDICT_FAIL;
	allowed = transcript_field(t, ALLOW_ORIGIN);
	tell(f, SLICE(", "));
	tell_field(f, t, ALLOW_ORIGIN);
	if (!slice_eq(allowed, t->request.origin) && !slice_eq(allowed, SLICE("*")))
		return VERDICT_FAIL;
	return fails_if(tell_ungranted(f, t) > 0);
}

static bool says_vary(const struct transcript *t, struct slice member)
{
	struct observation o = transcript_observation(t);

	return observation_has_member(&o, SLICE("Vary"), member) ||
	       observation_has_member(&o, SLICE("Vary"), SLICE("*"));
}

/* Allowed, refused and absent Origin must say it where only one of them is named. */
enum verdict judge_vary_origin(const struct audit_run *run, struct finding *f)
{
	const struct transcript *first = NULL, *silent = NULL;
	bool differs = false;
	struct fingerprint fp;

	for (size_t i = 0; i < run->transcript_count; i++) {
		const struct transcript *t = &run->transcripts[i];

		if (!is_answer(run, t) || t->hop != 0 || !is_of_stream_url(t) ||
		    (t->status != 200 && t->status != 403))
			continue;
		if (first == NULL)
			first = t;
		differs |= is_reflected(t) || !slice_eq(transcript_field(t, ALLOW_ORIGIN),
							transcript_field(first, ALLOW_ORIGIN));
		if (silent == NULL && !says_vary(t, SLICE("Origin")))
			silent = t;
	}
	if (first == NULL)
		return no_answer(run, f, PROBE_BASELINE);
	if (!differs)
		return VERDICT_NA;
	fingerprint_take(run, 0, &fp);
	if (!fingerprint_has_cache(&fp))
		f->severity = SEVERITY_WARNING;
	if (silent == NULL)
		return VERDICT_PASS;
	prove(run, f, silent);
	tell_probe(f, silent);
	tell(f, SLICE(": "));
	tell_field(f, silent, ALLOW_ORIGIN);
	tell(f, SLICE(", "));
	tell_field(f, silent, SLICE("Vary"));
	return VERDICT_FAIL;
}

/* From the application outwards: the hops of --via in their order, then the target. */
enum verdict judge_vary_dropped(const struct audit_run *run, struct finding *f)
{
	const struct transcript *inner = NULL;
	size_t inner_hop = 0;

	if (run->hop_count < 2)
		return VERDICT_NA;
	for (size_t step = 1; step <= run->hop_count; step++) {
		size_t hop = step % run->hop_count;
		const struct transcript *t = baseline_of(run, hop);

		if (t == NULL)
			continue;
		if (inner != NULL && transcript_field(inner, SLICE("Vary")).ptr != NULL &&
		    transcript_field(t, SLICE("Vary")).ptr == NULL) {
			prove(run, f, t);
			f->hop = hop;
			tell(f, run->hops[inner_hop].name);
			tell(f, SLICE(" sends "));
			tell_field(f, inner, SLICE("Vary"));
			tell(f, SLICE("; "));
			tell(f, run->hops[hop].name);
			tell(f, SLICE(" sends none"));
			return VERDICT_FAIL;
		}
		inner = t;
		inner_hop = hop;
	}
	return inner == NULL ? no_stream(run, f) : VERDICT_PASS;
}

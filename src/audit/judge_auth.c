/* SPDX-License-Identifier: Apache-2.0 */
/* judge_auth.c - A5xx: credentials, their order, tickets, leaks, refusals. */
#include "audit/judging.h"

#define LATE_AUTH_NS      (2 * NS_PER_S)
#define LATE_AUTH_RECORDS 2u
#define EXPIRY_GRACE_S    5

static bool ends_at_once(const struct transcript *t)
{
	return transcript_is_stream(t) && ended_by_itself(t) &&
	       t->end_ns <= t->head_ns + LATE_AUTH_NS;
}

/* 200, and then the end at once: the refusal came too late for a status. */
static bool is_late_refusal(const struct transcript *t)
{
	return ends_at_once(t) && t->record_count <= LATE_AUTH_RECORDS;
}

/* A short stream or a late refusal: who cannot read it cannot tell. */
static bool is_unclear(const struct transcript *t)
{
	return ends_at_once(t) && !is_read(t);
}

static void tell_case(struct finding *f, const struct transcript *t)
{
	tell_next(f);
	tell_probe(f, t);
	tell(f, SLICE(": "));
	tell_answer(f, t);
}

/* The first answer to the requests without a good credential that `is`; PASS if none is. */
static enum verdict judge_strangers(const struct audit_run *run, struct finding *f,
				    bool (*is)(const struct transcript *t))
{
	static const enum probe_kind kinds[] = {PROBE_NO_CREDENTIAL, PROBE_BAD_CREDENTIAL};
	size_t asked = 0, open = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct transcript *t = answer_of(run, kinds[i]);

		open += is_left_open(run, kinds[i]);
		if (t == NULL)
			continue;
		asked++;
		prove(run, f, t);
		tell_case(f, t);
		if (is_unclear(t))
			return not_read(run, f, t);
		if (is(t))
			return VERDICT_FAIL;
	}
	if (asked > 0 && open == 0)
		return VERDICT_PASS;
	return no_answer(run, f,
			 is_left_open(run, PROBE_BAD_CREDENTIAL) ? PROBE_BAD_CREDENTIAL
								 : PROBE_NO_CREDENTIAL);
}

static bool is_open(const struct transcript *t)
{
	return transcript_is_stream(t) && !is_late_refusal(t);
}

enum verdict judge_open_stream(const struct audit_run *run, struct finding *f)
{
	return judge_strangers(run, f, is_open);
}

static bool is_login_redirect(const struct transcript *t)
{
	struct observation o = transcript_observation(t);

	return (t->status >= 300 && t->status < 400) ||
	       (t->status == 200 &&
		slice_eq_nocase(observation_media_type(&o), SLICE("text/html")));
}

enum verdict judge_login_redirect(const struct audit_run *run, struct finding *f)
{
	return judge_strangers(run, f, is_login_redirect);
}

enum verdict judge_late_auth(const struct audit_run *run, struct finding *f)
{
	return judge_strangers(run, f, is_late_refusal);
}

static bool strangers_get_stream(const struct audit_run *run)
{
	const struct transcript *t = answer_of(run, PROBE_NO_CREDENTIAL);

	return t != NULL && transcript_is_stream(t);
}

enum verdict judge_order(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_NO_CREDENTIAL_NO_ACCEPT);

	if (t == NULL)
		return no_answer(run, f, PROBE_NO_CREDENTIAL_NO_ACCEPT);
	prove(run, f, t);
	tell_answer(f, t);
	/* Nothing asks for a credential in time: A501 and A505 tell it. */
	if (strangers_get_stream(run))
		return VERDICT_NA;
	return fails_if(t->status == 406);
}

enum verdict judge_query_token(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_QUERY_TOKEN);

	if (t == NULL)
		return no_answer(run, f, PROBE_QUERY_TOKEN);
	prove(run, f, t);
	tell(f, SLICE("?token=: "));
	tell_answer(f, t);
	/* Where everybody gets in, the token is not what opens it. */
	if (answer_of(run, PROBE_NO_CREDENTIAL) != NULL &&
	    is_open(answer_of(run, PROBE_NO_CREDENTIAL)))
		return VERDICT_NA;
	return is_unclear(t) ? not_read(run, f, t) : fails_if(is_open(t));
}

static void tell_leaks(struct finding *f, unsigned leaks)
{
	static const struct {
		unsigned bit;
		struct slice where;
	} places[] = {
		{LEAK_LOCATION, SLICE_INIT("Location")},
		{LEAK_LINK, SLICE_INIT("Link")},
		{LEAK_SET_COOKIE, SLICE_INIT("Set-Cookie")},
		{LEAK_OTHER_FIELD, SLICE_INIT("another field")},
		{LEAK_BODY, SLICE_INIT("the body")},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!(leaks & places[i].bit))
			continue;
		tell(f, SLICE(" "));
		tell(f, places[i].where);
	}
}

/* What the ticket endpoint gives is meant to be there; plain http is A802's. */
static bool may_leak(const struct transcript *t)
{
	return t->kind != PROBE_TICKET_ISSUE && t->kind != PROBE_PLAIN_HTTP &&
	       t->kind != PROBE_TICKET_HTTP && t->request.credential != CREDENTIAL_NONE &&
	       transcript_answered(t);
}

enum verdict judge_token_leak(const struct audit_run *run, struct finding *f)
{
	const struct transcript *unread = NULL;
	enum verdict verdict = VERDICT_NA;
	size_t read = 0;

	for (size_t i = 0; i < run->transcript_count; i++) {
		const struct transcript *t = &run->transcripts[i];

		if (!may_leak(t))
			continue;
		verdict = VERDICT_PASS;
		read += is_read(t) && transcript_is_stream(t);
		unread = is_read(t) ? unread : t;
		if (t->leaks == 0)
			continue;
		prove(run, f, t);
		tell_probe(f, t);
		tell(f, SLICE(": it came back in"));
		tell_leaks(f, t->leaks);
		return VERDICT_FAIL;
	}
	return read == 0 && unread != NULL ? not_read(run, f, unread) : verdict;
}

enum verdict judge_ticket_reuse(const struct audit_run *run, struct finding *f)
{
	const struct transcript *first = answer_of(run, PROBE_TICKET_USE);
	const struct transcript *again = answer_of(run, PROBE_TICKET_REUSE);

	if (first == NULL || again == NULL)
		return no_answer(run, f, first == NULL ? PROBE_TICKET_USE : PROBE_TICKET_REUSE);
	prove(run, f, again);
	tell(f, SLICE("first use: "));
	tell_answer(f, first);
	tell(f, SLICE("; second: "));
	tell_answer(f, again);
	if (!transcript_is_stream(first))
		return VERDICT_INCONCLUSIVE;
	return is_unclear(again) ? not_read(run, f, again) : fails_if(is_open(again));
}

/* The last byte that came behind the end of the credential, in seconds; 0: none did. */
static int64_t outlived_by(const struct audit_run *run, const struct transcript *t)
{
	int64_t last_s;

	if (t->last_read_ns == 0)
		return 0;
	last_s = audit_wall_s(run, t->last_read_ns);
	return last_s > run->credential_end_s + EXPIRY_GRACE_S ? last_s - run->credential_end_s : 0;
}

enum verdict judge_expiry(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = NULL;
	enum verdict verdict = VERDICT_NA;

	if (run->credential_end_s == 0)
		return VERDICT_NA;
	while ((t = next_watched(run, t)) || (t = answer_of(run, PROBE_SOAK))) {
		if (t->request.credential == CREDENTIAL_FIRST && outlived_by(run, t) > 0) {
			prove(run, f, t);
			tell_probe(f, t);
			tell(f, SLICE(": events came for "));
			tell_u64(f, (uint64_t)outlived_by(run, t));
			tell(f, SLICE(" s behind the end of the credential"));
			return VERDICT_FAIL;
		}
		if (ended_by_itself(t) && ended_with_token(run, t))
			verdict = VERDICT_PASS;
		if (t->kind == PROBE_SOAK)
			break;
	}
	return verdict;
}

static bool was_shed(const struct transcript *t)
{
	return t->retried > 0 || (transcript_answered(t) && (t->status == 429 || t->status == 503));
}

/* Only what happened to be seen: the audit makes no load. */
enum verdict judge_shed_by_status(const struct audit_run *run, struct finding *f)
{
	for (size_t i = 0; i < run->transcript_count; i++) {
		const struct transcript *t = &run->transcripts[i];

		if (t->hop != 0 || !is_of_stream_url(t) || !was_shed(t))
			continue;
		prove(run, f, t);
		tell_probe(f, t);
		tell(f, t->retried > 0 ? SLICE(": 429 or 503 before ") : SLICE(": "));
		tell_answer(f, t);
		return VERDICT_FAIL;
	}
	return baseline_of(run, 0) == NULL ? no_answer(run, f, PROBE_BASELINE) : VERDICT_PASS;
}

enum verdict judge_retry_after(const struct audit_run *run, struct finding *f)
{
	enum verdict verdict = VERDICT_NA;

	for (size_t i = 0; i < run->transcript_count; i++) {
		const struct transcript *t = &run->transcripts[i];
		struct observation o = transcript_observation(t);

		if (t->hop != 0 || !is_of_stream_url(t) || !was_shed(t))
			continue;
		prove(run, f, t);
		if (t->retried_mute > 0 || (f->rule->check)(&o) == VERDICT_FAIL) {
			tell_probe(f, t);
			tell(f, SLICE(": 429 or 503, no Retry-After"));
			return VERDICT_FAIL;
		}
		verdict = VERDICT_PASS;
	}
	return verdict;
}

enum verdict judge_foreign_body(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_ORIGIN_RANDOM);
	struct slice allowed;

	if (t == NULL)
		return no_answer(run, f, PROBE_ORIGIN_RANDOM);
	prove(run, f, t);
	allowed = transcript_field(t, SLICE("Access-Control-Allow-Origin"));
	tell_quoted(f, t->request.origin);
	tell(f, SLICE(": "));
	tell_answer(f, t);
	if (slice_eq(allowed, SLICE("*")) || slice_eq(allowed, t->request.origin))
		return VERDICT_NA; /* it is not refused */
	if (run->has_cookie)
		f->severity = SEVERITY_WARNING;
	return fails_if(transcript_is_stream(t));
}

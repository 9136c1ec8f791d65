/* SPDX-License-Identifier: Apache-2.0 */
/* judge_security.c - A80x and A82x: TLS, redirects to it, cookies across sites. */
#include "audit/judging.h"

#include "http/site.h"

#define CERTIFICATE_MIN_S (14 * 24 * 3600)

/* Over TLS the way in by plain http is judged, too. */
enum verdict judge_plain_http(const struct audit_run *run, struct finding *f)
{
	const struct transcript *base = baseline_of(run, 0);
	const struct transcript *plain = answer_of(run, PROBE_PLAIN_HTTP);
	struct observation o;
	enum verdict verdict;

	if (base == NULL)
		return no_answer(run, f, PROBE_BASELINE);
	prove(run, f, base);
	o = transcript_observation(base);
	verdict = (f->rule->check)(&o);
	tell(f, base->request.https ? SLICE("https") : SLICE("http"));
	if (verdict == VERDICT_FAIL || plain == NULL)
		return verdict;
	prove(run, f, plain);
	tell(f, SLICE("; over http: "));
	tell_answer(f, plain);
	return fails_if(transcript_is_stream(plain));
}

enum verdict judge_redirect_token(const struct audit_run *run, struct finding *f)
{
	static const enum probe_kind kinds[] = {PROBE_PLAIN_HTTP, PROBE_TICKET_HTTP};
	enum verdict verdict = VERDICT_NA;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct transcript *t = answer_of(run, kinds[i]);

		if (t == NULL)
			continue;
		prove(run, f, t);
		tell_next(f);
		tell_answer(f, t);
		if (t->leaks & LEAK_LOCATION) {
			tell(f, SLICE(", the token stands in Location"));
			return VERDICT_FAIL;
		}
		verdict = VERDICT_PASS;
	}
	return verdict == VERDICT_NA ? no_answer(run, f, PROBE_PLAIN_HTTP) : verdict;
}

enum verdict judge_certificate(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = audit_find(run, PROBE_BASELINE);
	int64_t left_s;

	if (t == NULL || (t->request.https && !t->tls.used && !transcript_answered(t)))
		return no_answer(run, f, PROBE_BASELINE);
	if (!t->tls.used)
		return VERDICT_NA;
	prove(run, f, t);
	tell(f, SLICE("issued by "));
	tell_quoted(f, t->tls.issuer);
	if (!t->tls.trusted) {
		tell(f, t->tls.name_wrong ? SLICE(", for another name: ") : SLICE(": "));
		tell_quoted(f, t->tls.reason);
		return VERDICT_FAIL;
	}
	left_s = t->tls.not_after - run->wall_s;
	tell(f, SLICE(", good for "));
	tell_u64(f, left_s > 0 ? (uint64_t)left_s / 86400 : 0);
	tell(f, SLICE(" days"));
	if (left_s >= CERTIFICATE_MIN_S)
		return VERDICT_PASS;
	f->severity = left_s > 0 ? SEVERITY_WARNING : SEVERITY_ERROR;
	return VERDICT_FAIL;
}

/* Of these probes the handshake is all: nothing is sent behind it. */
static bool shook_hands(const struct transcript *t)
{
	return t->tls.used;
}

enum verdict judge_tls_versions(const struct audit_run *run, struct finding *f)
{
	const struct transcript *old = audit_find(run, PROBE_TLS_OLD);
	const struct transcript *new = audit_find(run, PROBE_TLS_13);

	if (old == NULL || (old->outcome == OUTCOME_NOT_SENT && !shook_hands(old)))
		return no_answer(run, f, PROBE_TLS_OLD);
	prove(run, f, old);
	if (shook_hands(old)) {
		tell(f, SLICE("the server took "));
		tell(f, old->tls.version);
		return VERDICT_FAIL;
	}
	if (new != NULL &&new->outcome == OUTCOME_TLS_FAILED) {
		prove(run, f, new);
		tell(f, SLICE("no TLS 1.3"));
		f->severity = SEVERITY_INFO;
		return VERDICT_FAIL;
	}
	if (old->outcome != OUTCOME_TLS_FAILED || new == NULL || !shook_hands(new))
		return VERDICT_INCONCLUSIVE;
	return VERDICT_PASS;
}

/* Never counts: it says why other scanners complain. */
enum verdict judge_not_reported(const struct audit_run *run, struct finding *f)
{
	(void)run;
	tell(f, SLICE("X-Frame-Options, COOP, COEP, Permissions-Policy and X-XSS-Protection are "
		      "not asked for on a stream"));
	return VERDICT_NA;
}

static bool is_cross_site(const struct audit_run *run)
{
	struct url origin;

	if (!run->origin_given || url_parse(run->origin, &origin) != OK)
		return false;
	return !site_is_same(origin.host, run->url.host);
}

enum verdict judge_cross_site_cookie(const struct audit_run *run, struct finding *f)
{
	enum verdict verdict = VERDICT_NA;

	if (!run->credentials_mode || !is_cross_site(run))
		return VERDICT_NA;
	for (size_t i = 0; i < run->transcript_count; i++) {
		const struct transcript *t = &run->transcripts[i];

		for (size_t k = 0; k < t->field_count; k++) {
			if (t->hop != 0 || t->kind == PROBE_PAGE ||
			    !slice_eq_nocase(t->fields[k].name, SLICE("Set-Cookie")))
				continue;
			verdict = VERDICT_PASS;
			if (text_has(t->fields[k].value, SLICE("samesite=none")))
				continue;
			prove(run, f, t);
			tell_quoted(f, t->fields[k].value);
			tell(f, SLICE(" is not sent from "));
			tell_quoted(f, run->origin);
			return VERDICT_FAIL;
		}
	}
	return verdict;
}

enum verdict judge_cookie_each_time(const struct audit_run *run, struct finding *f)
{
	const struct transcript *one = baseline_of(run, 0);
	const struct transcript *two = answer_of(run, PROBE_REPEAT);

	if (one == NULL || two == NULL)
		return no_answer(run, f, one == NULL ? PROBE_BASELINE : PROBE_REPEAT);
	prove(run, f, two);
	tell_field(f, two, SLICE("Set-Cookie"));
	return fails_if(transcript_field(one, SLICE("Set-Cookie")).ptr != NULL &&
			transcript_field(two, SLICE("Set-Cookie")).ptr != NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* judge_protocol.c - A7xx: HTTP/1.0, HTTP/2, Alt-Svc. */
#include "audit/judging.h"

#define MIN_STREAMS 100u

enum verdict judge_http10_delivery(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = audit_find(run, PROBE_HTTP10);
	const struct transcript *base = stream_of(run, 0);
	struct delivery d, d10;

	if (base == NULL)
		return no_stream(run, f);
	delivery_measure(base, &d);
	if (t != NULL && t->outcome == OUTCOME_TIMED_OUT && t->sent_ns > 0) {
		prove(run, f, t);
		tell(f, SLICE("HTTP/1.0: no head in time"));
		/* HTTP/1.1 had none either by then. */
		return is_left_open(run, PROBE_RANDOM_QUERY) ? VERDICT_INCONCLUSIVE : VERDICT_FAIL;
	}
	t = answer_of(run, PROBE_HTTP10);
	if (t == NULL || !transcript_is_stream(t))
		return t == NULL ? no_answer(run, f, PROBE_HTTP10) : VERDICT_NA;
	prove(run, f, t);
	delivery_measure(t, &d10);
	tell(f, SLICE("HTTP/1.0: "));
	tell_u64(f, d10.bursts);
	tell(f, SLICE(" bursts in "));
	tell_ns(f, d10.watched_ns);
	if (unread_of(base, t) != NULL)
		return not_read(run, f, unread_of(base, t));
	/* Where HTTP/1.1 is no better, A302 and A303 tell it. */
	if (delivery_is_at_end(t) || delivery_is_bursty(&d10))
		return fails_if(!delivery_is_bursty(&d) && !delivery_is_at_end(base));
	return d10.bursts > 0 ? VERDICT_PASS : VERDICT_INCONCLUSIVE;
}

enum verdict judge_http2_offered(const struct audit_run *run, struct finding *f)
{
	const struct transcript *base = baseline_of(run, 0);
	const struct transcript *t = audit_find(run, PROBE_HTTP2);

	if (base == NULL)
		return no_answer(run, f, PROBE_BASELINE);
	if (!base->tls.used || t == NULL)
		return VERDICT_NA;
	prove(run, f, t);
	if (t->h2)
		return VERDICT_PASS;
	if (!t->tls.used)
		return no_answer(run, f, PROBE_HTTP2);
	tell(f, SLICE("ALPN chose "));
	tell_quoted(f, t->tls.alpn);
	return VERDICT_FAIL;
}

static const struct transcript *spoken_h2(const struct audit_run *run)
{
	const struct transcript *t = answer_of(run, PROBE_HTTP2);

	return t != NULL && t->h2 ? t : NULL;
}

enum verdict judge_few_streams(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = spoken_h2(run);

	if (t == NULL)
		return VERDICT_NA;
	prove(run, f, t);
	if (t->h2_max_streams == UINT32_MAX)
		return VERDICT_PASS;
	tell(f, SLICE("SETTINGS_MAX_CONCURRENT_STREAMS "));
	tell_u64(f, t->h2_max_streams);
	return fails_if(t->h2_max_streams < MIN_STREAMS);
}

enum verdict judge_goaway(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = spoken_h2(run);

	if (t == NULL)
		return VERDICT_NA;
	prove(run, f, t);
	if (!t->h2_goaway)
		return VERDICT_PASS;
	tell(f, SLICE("GOAWAY while the stream was open"));
	return VERDICT_FAIL;
}

/* Where fewer bytes came than the window takes, nothing had to wait for it. */
enum verdict judge_small_window(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = NULL;

	while ((t = audit_next(run, PROBE_HTTP2, t))) {
		if (!slice_eq(t->variant, SLICE("window")) || !t->h2 || !transcript_is_stream(t))
			continue;
		prove(run, f, t);
		tell_u64(f, t->body_len);
		tell(f, SLICE(" bytes came through a window of "));
		tell_u64(f, TRANSCRIPT_SMALL_WINDOW);
		if (t->body_len > TRANSCRIPT_SMALL_WINDOW)
			return VERDICT_PASS;
		return t->body_len == TRANSCRIPT_SMALL_WINDOW ? VERDICT_FAIL : VERDICT_NA;
	}
	return VERDICT_NA;
}

enum verdict judge_http3(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = baseline_of(run, 0);

	if (t == NULL)
		return no_answer(run, f, PROBE_BASELINE);
	prove(run, f, t);
	tell_field(f, t, SLICE("Alt-Svc"));
	return fails_if(text_has(transcript_field(t, SLICE("Alt-Svc")), SLICE("h3")));
}

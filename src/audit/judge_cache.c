/* SPDX-License-Identifier: Apache-2.0 */
/* judge_cache.c - A2xx: recordings, shared streams, what CDNs want to be told. */
#include "audit/judging.h"

#define REPLAY_MAX_NS  (500 * NS_PER_MS) /* a recording is played at once */
#define REPLAY_LIVE_NS (1 * NS_PER_S)    /* the first took at least that long */
#define REPLAY_MIN     16u               /* bytes: fewer are alike by chance */
#define ANEW_SLACK_NS  (300 * NS_PER_MS)
#define SHARED_MIN     2u /* events that are alike */

static bool starts_alike(const struct transcript *a, const struct transcript *b)
{
	size_t n = a->body.len < b->body.len ? a->body.len : b->body.len;

	return n >= REPLAY_MIN && slice_eq(slice_upto(a->body, n), slice_upto(b->body, n));
}

/* All of it in one instant, and the end. */
static bool is_played_at_once(const struct transcript *t)
{
	return ended_by_itself(t) && t->body_ns > 0 && t->end_ns >= t->sent_ns &&
	       t->end_ns - t->sent_ns <= REPLAY_MAX_NS;
}

enum verdict judge_replay(const struct audit_run *run, struct finding *f)
{
	const struct transcript *first = stream_of(run, 0);
	const struct transcript *second = answer_of(run, PROBE_REPEAT);
	const struct transcript *fresh = answer_of(run, PROBE_RANDOM_QUERY);

	if (first == NULL)
		return no_stream(run, f);
	if (second == NULL)
		return no_answer(run, f, PROBE_REPEAT);
	prove(run, f, second);
	if (!is_played_at_once(second) || first->end_ns - first->sent_ns < REPLAY_LIVE_NS)
		return VERDICT_PASS;
	if (!starts_alike(first, second))
		return unread_of(first, second) != NULL ? not_read(run, f, unread_of(first, second))
							: VERDICT_PASS;
	tell(f, SLICE("the second connect brought the same "));
	tell_u64(f, second->body.len);
	tell(f, SLICE(" bytes and the end in "));
	tell_ns(f, second->end_ns - second->sent_ns);
	tell(f, SLICE("; the first took "));
	tell_ns(f, first->end_ns - first->sent_ns);
	if (fresh != NULL && starts_alike(first, fresh) && is_played_at_once(fresh)) {
		tell(f, SLICE("; so does a random query: a short stream that repeats"));
		return VERDICT_INCONCLUSIVE;
	}
	return VERDICT_FAIL;
}

/* The same events, in the same order, from the first on. */
static bool have_same_events(const struct transcript *a, const struct transcript *b)
{
	size_t n = a->record_count < b->record_count ? a->record_count : b->record_count;
	size_t events = 0;

	for (size_t i = 0; i < n; i++) {
		if (a->records[i].kind != b->records[i].kind ||
		    !slice_eq(a->records[i].data, b->records[i].data) ||
		    !slice_eq(a->records[i].id, b->records[i].id))
			return false;
		events += a->records[i].kind == RECORD_EVENT;
	}
	return events >= SHARED_MIN;
}

/*
 * It begins anew for every reader, so that two alike are no proof of one. Who joins a stream that
 * runs gets what was before at once; here it came at the same pace.
 */
static bool begins_anew(const struct audit_run *run)
{
	const struct transcript *first = stream_of(run, 0);
	const struct transcript *second = answer_of(run, PROBE_REPEAT);

	if (first == NULL || second == NULL || !transcript_is_stream(second) ||
	    !have_same_events(first, second))
		return false;
	size_t last = (first->record_count < second->record_count ? first->record_count
								  : second->record_count) -
		      1;
	uint64_t then_ns = first->records[last].t_ns - first->sent_ns;
	uint64_t now_ns = second->records[last].t_ns - second->sent_ns;
	return then_ns < now_ns + ANEW_SLACK_NS && now_ns < then_ns + ANEW_SLACK_NS;
}

enum verdict judge_shared_stream(const struct audit_run *run, struct finding *f)
{
	const struct transcript *one = answer_of(run, PROBE_FIRST_USER);
	const struct transcript *two = answer_of(run, PROBE_SECOND_USER);

	if (one == NULL || two == NULL)
		return no_answer(run, f, one == NULL ? PROBE_FIRST_USER : PROBE_SECOND_USER);
	prove(run, f, two);
	if (!transcript_is_stream(one) || !transcript_is_stream(two)) {
		tell_answer(f, two);
		return VERDICT_INCONCLUSIVE;
	}
	if (!have_same_events(one, two)) {
		if (unread_of(one, two) != NULL)
			return not_read(run, f, unread_of(one, two));
		if (transcript_count(one, RECORD_EVENT) < SHARED_MIN ||
		    transcript_count(two, RECORD_EVENT) < SHARED_MIN) {
			tell(f, SLICE("too few events to compare"));
			return VERDICT_INCONCLUSIVE;
		}
		return VERDICT_PASS;
	}
	tell(f, SLICE("both users got the same events, from the first on: "));
	tell_u64(f, transcript_count(two, RECORD_EVENT));
	if (begins_anew(run)) {
		tell(f, SLICE("; so does the first user some seconds later: each stream begins "
			      "alike"));
		return VERDICT_INCONCLUSIVE;
	}
	return VERDICT_FAIL;
}

static bool says(const struct transcript *t, struct slice field, struct slice directive)
{
	struct observation o = transcript_observation(t);

	return observation_has_directive(&o, field, directive);
}

enum verdict judge_cdn_told(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = stream_of(run, 0);
	struct fingerprint fp;
	bool stored;

	if (t == NULL)
		return no_stream(run, f);
	prove(run, f, t);
	fingerprint_take(run, 0, &fp);
	if (!fingerprint_has_cache(&fp))
		return VERDICT_NA;
	stored = !says(t, SLICE("Cache-Control"), SLICE("no-store"));
	tell_field(f, t, SLICE("Cache-Control"));
	if (fp.seen[PRODUCT_FASTLY]) {
		tell(f, SLICE("; Fastly reads Surrogate-Control, and passes on private"));
		return fails_if(!says(t, SLICE("Cache-Control"), SLICE("private")) &&
				!says(t, SLICE("Surrogate-Control"), SLICE("no-store")));
	}
	if (fp.seen[PRODUCT_CLOUDFRONT]) {
		tell(f, SLICE("; CloudFront follows it only with MinTTL 0, which cannot be seen"));
		return stored ? VERDICT_FAIL : VERDICT_INCONCLUSIVE;
	}
	return fails_if(stored && !says(t, SLICE("CDN-Cache-Control"), SLICE("no-store")));
}

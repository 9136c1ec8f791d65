/* SPDX-License-Identifier: Apache-2.0 */
/* judge_delivery.c - A30x: heads that are held, bursts, compression, the ways there. */
#include "audit/judging.h"

#define HEAD_HELD_MIN_NS  (1 * NS_PER_S)
#define HEAD_HELD_RTTS    5u
#define HEAD_HELD_JOIN_NS (5 * NS_PER_MS) /* head and first events came together */
#define HEAD_QUICK_NS     (500 * NS_PER_MS)
#define COALESCED_MIN_NS  (50 * NS_PER_MS)
#define COALESCED_MAX_NS  (300 * NS_PER_MS)
#define COALESCED_GAP_NS  (600 * NS_PER_MS)
#define STALL_FACTOR      3u
#define SLOW_PROTOCOL     2u
#define EDGE_DELAY_NS     (50 * NS_PER_MS)
#define EDGE_MAX_PAIRS    512u

/* Without its text there is nothing to count events by. */
static void tell_delivery(struct finding *f, const struct transcript *t, const struct delivery *d)
{
	if (is_read(t)) {
		tell_u64(f, d->events);
		tell(f, SLICE(" events in "));
	}
	tell_u64(f, d->bursts);
	tell(f, SLICE(" bursts over "));
	tell_ns(f, d->watched_ns);
	if (is_read(t)) {
		tell(f, SLICE(", "));
		tell_u64(f, d->median_events);
		tell(f, SLICE(" a burst"));
	}
	tell(f, SLICE(", every "));
	tell_ns(f, d->median_gap_ns);
	if (d->quantum > 0) {
		tell(f, SLICE(", pieces of "));
		tell_u64(f, d->quantum);
		tell(f, SLICE(" bytes"));
	}
	if (d->stamped > 0) {
		tell(f, SLICE(", delays differ by "));
		tell_ns(f, d->lag_spread_ns);
	}
}

/* Some other answer of the endpoint came quickly: it is not just slow. */
static bool answers_quickly_elsewhere(const struct audit_run *run)
{
	static const enum probe_kind others[] = {PROBE_ACCEPT_OTHER, PROBE_HEAD, PROBE_POST,
						 PROBE_NO_CREDENTIAL};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const struct transcript *t = answer_of(run, others[i]);

		if (t != NULL && !transcript_is_stream(t) && delivery_head_ns(t) < HEAD_QUICK_NS)
			return true;
	}
	return false;
}

/* The request went out and nothing came, though a hop behind answers the same. */
static bool is_mute_before_a_hop(const struct audit_run *run, const struct finding *f)
{
	const struct transcript *t = audit_find(run, PROBE_BASELINE);

	if (f->hop != 0 || t == NULL || t->outcome != OUTCOME_TIMED_OUT || t->sent_ns == 0)
		return false;
	for (size_t hop = 1; hop < run->hop_count; hop++)
		if (stream_of(run, hop) != NULL)
			return true;
	return false;
}

enum verdict judge_head_held(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = stream_of(run, f->hop);
	uint64_t rtt_ns, limit_ns;

	if (t == NULL && is_mute_before_a_hop(run, f)) {
		prove(run, f, audit_find(run, PROBE_BASELINE));
		tell(f, SLICE("no head in time, though a hop behind sends the stream"));
		return VERDICT_FAIL;
	}
	if (t == NULL)
		return no_stream(run, f);
	prove(run, f, t);
	rtt_ns = t->connected_ns > t->start_ns ? t->connected_ns - t->start_ns : 0;
	limit_ns = HEAD_HELD_RTTS * rtt_ns > HEAD_HELD_MIN_NS ? HEAD_HELD_RTTS * rtt_ns
							      : HEAD_HELD_MIN_NS;
	tell(f, SLICE("the head came after "));
	tell_ns(f, delivery_head_ns(t));
	if (delivery_head_ns(t) <= limit_ns)
		return VERDICT_PASS;
	if (t->body_ns == 0 || t->body_ns > t->head_ns + HEAD_HELD_JOIN_NS) {
		tell(f, SLICE(" by itself: slow, but not held"));
		return VERDICT_PASS;
	}
	tell(f, SLICE(" together with the first events"));
	if (f->hop == 0 && answer_of(run, PROBE_ACCEPT_OTHER) != NULL &&
	    !answers_quickly_elsewhere(run)) {
		tell(f, SLICE("; its errors are as slow"));
		return VERDICT_INCONCLUSIVE;
	}
	return VERDICT_FAIL;
}

enum verdict judge_bursts(const struct audit_run *run, struct finding *f)
{
	struct delivery d;
	const struct transcript *t = measure(run, f, stream_of(run, f->hop), &d);

	if (t == NULL)
		return no_stream(run, f);
	tell_delivery(f, t, &d);
	if (d.stamped > 0)
		f->confidence = CONFIDENCE_HIGH;
	if (delivery_is_bursty(&d))
		return VERDICT_FAIL;
	if (!is_read(t))
		return not_read(run, f, t);
	return d.bursts >= 2 ? VERDICT_PASS : VERDICT_INCONCLUSIVE;
}

enum verdict judge_at_end(const struct audit_run *run, struct finding *f)
{
	struct delivery d;
	const struct transcript *t = measure(run, f, stream_of(run, f->hop), &d);

	if (t == NULL)
		return no_stream(run, f);
	tell_delivery(f, t, &d);
	if (delivery_is_at_end(t)) {
		tell(f, SLICE(", all with the end, "));
		tell_ns(f, t->end_ns - t->sent_ns);
		tell(f, SLICE(" after the request"));
		return VERDICT_FAIL;
	}
	return t->body_ns > 0 ? VERDICT_PASS : VERDICT_INCONCLUSIVE;
}

enum verdict judge_coalescing(const struct audit_run *run, struct finding *f)
{
	struct delivery d;
	const struct transcript *t = measure(run, f, stream_of(run, f->hop), &d);

	if (t == NULL)
		return no_stream(run, f);
	if (d.bursts < 3)
		return VERDICT_NA;
	tell_delivery(f, t, &d);
	if (!is_read(t))
		return not_read(run, f, t);
	if (delivery_is_bursty(&d))
		return VERDICT_NA; /* A302 */
	if (d.stamped > 0)
		return fails_if(d.median_events >= 2 && d.lag_spread_ns >= COALESCED_MIN_NS &&
				d.lag_spread_ns <= COALESCED_MAX_NS);
	return fails_if(d.median_events >= 2 && d.median_gap_ns >= COALESCED_MIN_NS &&
			d.median_gap_ns <= COALESCED_GAP_NS);
}

/* Bursts in ten seconds: what two transcripts of different length have in common. */
static uint64_t pace_of(const struct delivery *d)
{
	return d->watched_ns == 0 ? 0 : d->bursts * 10 * NS_PER_S / d->watched_ns;
}

static bool is_coded(const struct transcript *t)
{
	struct slice coding = transcript_field(t, SLICE("Content-Encoding"));

	return coding.len > 0 && !slice_eq_nocase(coding, SLICE("identity"));
}

/* FAIL, PASS, INCONCLUSIVE, or NA where this coding was not used. */
static enum verdict judge_coding(const struct audit_run *run, const struct delivery *plain,
				 const struct transcript *t, struct finding *f)
{
	struct delivery d;

	if (t->outcome == OUTCOME_TIMED_OUT && t->sent_ns > 0) {
		tell_next(f);
		tell_probe(f, t);
		tell(f, SLICE(": no head in time"));
		/* Without a coding it would be no better. */
		return is_left_open(run, PROBE_RANDOM_QUERY) ? VERDICT_INCONCLUSIVE : VERDICT_FAIL;
	}
	if (transcript_answered(t) && !is_answer(run, t))
		return VERDICT_INCONCLUSIVE;
	if (!transcript_is_stream(t) || !is_coded(t))
		return VERDICT_NA;
	delivery_measure(t, &d);
	tell_next(f);
	tell_probe(f, t);
	tell(f, SLICE(": "));
	tell_u64(f, pace_of(&d));
	tell(f, SLICE(" bursts in 10 s, head after "));
	tell_ns(f, delivery_head_ns(t));
	return fails_if(pace_of(&d) * STALL_FACTOR < pace_of(plain) ||
			delivery_head_ns(t) > HEAD_HELD_MIN_NS);
}

enum verdict judge_compression_stall(const struct audit_run *run, struct finding *f)
{
	const struct transcript *plain = stream_of(run, 0);
	enum verdict verdict = VERDICT_NA;
	struct delivery d;

	if (plain == NULL)
		return no_stream(run, f);
	if (is_coded(plain)) {
		prove(run, f, plain);
		tell(f, SLICE("compressed though nothing asked for it, so there is nothing to "
			      "compare with"));
		return VERDICT_INCONCLUSIVE;
	}
	delivery_measure(plain, &d);
	if (d.bursts < 3) {
		tell(f, SLICE("too little came without compression to compare"));
		return VERDICT_INCONCLUSIVE;
	}
	tell(f, SLICE("plain: "));
	tell_u64(f, pace_of(&d));
	tell(f, SLICE(" bursts in 10 s"));
	for (int kind = PROBE_GZIP; kind <= PROBE_ZSTD; kind++) {
		const struct transcript *t = audit_find(run, (enum probe_kind)kind);
		enum verdict now = t != NULL ? judge_coding(run, &d, t, f) : VERDICT_NA;

		if (now == VERDICT_FAIL) {
			prove(run, f, t);
			return VERDICT_FAIL;
		}
		if (now == VERDICT_INCONCLUSIVE || verdict == VERDICT_NA)
			verdict = now;
	}
	return verdict;
}

/* Names a field of the policy in which two answers differ; ptr NULL: none. */
static struct slice differing_field(const struct transcript *a, const struct transcript *b)
{
	static const struct slice names[] = {
		SLICE_INIT("Content-Type"),
		SLICE_INIT("Cache-Control"),
		SLICE_INIT("Vary"),
		SLICE_INIT("Access-Control-Allow-Origin"),
		SLICE_INIT("Access-Control-Allow-Credentials"),
		SLICE_INIT("Strict-Transport-Security"),
		SLICE_INIT("X-Content-Type-Options"),
		SLICE_INIT("Content-Security-Policy"),
		SLICE_INIT("Content-Encoding"),
		SLICE_INIT("X-Accel-Buffering"),
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!slice_eq(transcript_field(a, names[i]), transcript_field(b, names[i])))
			return names[i];
	return SLICE_NONE;
}

static void tell_both(struct finding *f, const struct transcript *a, const struct transcript *b,
		      struct slice field)
{
	tell_probe(f, a);
	tell(f, SLICE(": "));
	tell_field(f, a, field);
	tell(f, SLICE("; "));
	tell_probe(f, b);
	tell(f, SLICE(": "));
	tell_field(f, b, field);
}

/* Status, fields and pace of two ways to the same stream. */
static enum verdict judge_ways(const struct audit_run *run, const struct transcript *a,
			       const struct transcript *b, struct finding *f)
{
	struct slice field = differing_field(a, b);
	struct delivery da, db;

	if (a->status != b->status) {
		tell_answer(f, a);
		tell(f, SLICE("; "));
		tell_probe(f, b);
		tell(f, SLICE(": "));
		tell_answer(f, b);
		return VERDICT_FAIL;
	}
	if (field.ptr != NULL) {
		tell_both(f, a, b, field);
		return VERDICT_FAIL;
	}
	if (transcript_is_stream(a) && unread_of(a, b) != NULL)
		return not_read(run, f, unread_of(a, b));
	delivery_measure(a, &da);
	delivery_measure(b, &db);
	if (delivery_is_bursty(&da) != delivery_is_bursty(&db)) {
		tell(f, SLICE("one of them comes in bursts: "));
		tell_delivery(f, delivery_is_bursty(&da) ? a : b,
			      delivery_is_bursty(&da) ? &da : &db);
		return VERDICT_FAIL;
	}
	return VERDICT_PASS;
}

enum verdict judge_protocols_differ(const struct audit_run *run, struct finding *f)
{
	const struct transcript *one = baseline_of(run, 0);
	const struct transcript *two = answer_of(run, PROBE_HTTP2);

	if (one == NULL)
		return no_answer(run, f, PROBE_BASELINE);
	if (two == NULL && is_left_open(run, PROBE_HTTP2) &&
	    transcript_answered(audit_find(run, PROBE_HTTP2)))
		return no_answer(run, f, PROBE_HTTP2);
	if (two == NULL || !two->h2) {
		tell(f, SLICE("HTTP/2 was not spoken"));
		return VERDICT_NA;
	}
	prove(run, f, two);
	return judge_ways(run, one, two, f);
}

enum verdict judge_families_differ(const struct audit_run *run, struct finding *f)
{
	const struct transcript *one = baseline_of(run, 0);
	const struct transcript *two = audit_find(run, PROBE_OTHER_FAMILY);

	if (one == NULL || two == NULL || two->outcome == OUTCOME_NOT_SENT)
		return no_answer(run, f, one == NULL ? PROBE_BASELINE : PROBE_OTHER_FAMILY);
	prove(run, f, two);
	if (transcript_answered(two) && !is_answer(run, two))
		return no_answer(run, f, PROBE_OTHER_FAMILY);
	if (!transcript_answered(two)) {
		/* No connect was begun: the way that is missing is our own. */
		if (two->outcome == OUTCOME_UNREACHABLE && two->address.len == 0)
			return no_answer(run, f, PROBE_OTHER_FAMILY);
		tell(f, two->address);
		tell(f, SLICE(": "));
		tell_answer(f, two);
		f->severity = SEVERITY_WARNING;
		return VERDICT_FAIL;
	}
	return judge_ways(run, one, two, f);
}

static const struct record *record_with(const struct transcript *t, const struct record *like)
{
	for (size_t i = 0; i < t->record_count; i++)
		if (t->records[i].kind == RECORD_EVENT && slice_eq(t->records[i].id, like->id) &&
		    slice_eq(t->records[i].data, like->data))
			return &t->records[i];
	return NULL;
}

/* How much later the target had the events that both saw; gives how many there were. */
static size_t pair_up(const struct transcript *edge, const struct transcript *origin,
		      uint64_t delays[EDGE_MAX_PAIRS])
{
	size_t n = 0;

	for (size_t i = 0; i < edge->record_count && n < EDGE_MAX_PAIRS; i++) {
		const struct record *here = &edge->records[i];
		const struct record *there;
		uint64_t sent_ns;

		if (here->kind != RECORD_EVENT ||
		    (here->id.len == 0 && !delivery_sent_ns(here->data, &sent_ns)))
			continue;
		there = record_with(origin, here);
		/* What stood ready at the connect of one of them says nothing. */
		if (there == NULL || here->read == 0 || there->read == 0)
			continue;
		delays[n++] = here->t_ns > there->t_ns ? here->t_ns - there->t_ns : 0;
	}
	return n;
}

enum verdict judge_edge_latency(const struct audit_run *run, struct finding *f)
{
	const struct transcript *edge = stream_of(run, 0);
	uint64_t delays[EDGE_MAX_PAIRS];
	uint64_t median;
	size_t n = 0;

	if (run->hop_count < 2)
		return VERDICT_NA;
	if (edge == NULL || stream_of(run, 1) == NULL)
		return no_stream(run, f);
	n = pair_up(edge, stream_of(run, 1), delays);
	prove(run, f, edge);
	if (n == 0 && unread_of(edge, stream_of(run, 1)) != NULL)
		return not_read(run, f, unread_of(edge, stream_of(run, 1)));
	if (n == 0) {
		tell(f, SLICE("no event with an id or a send time was seen on both"));
		return VERDICT_INCONCLUSIVE;
	}
	median = delivery_median(delays, n);
	tell_u64(f, n);
	tell(f, SLICE(" events came later than at "));
	tell(f, run->hops[1].name);
	tell(f, SLICE(" by "));
	tell_ns(f, median);
	tell(f, SLICE(" in the middle, "));
	tell_ns(f, delivery_percentile(delays, n, 99));
	tell(f, SLICE(" at most for 99 %"));
	return fails_if(median > EDGE_DELAY_NS);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* judge_liveness.c - A31x: first byte, heartbeat, cuts and ends; A906. */
#include "audit/judging.h"

#define SILENT_OPEN_NS (2 * NS_PER_S)
#define HEARTBEAT_S    30u
#define IDLE_MIN_NS    (3 * NS_PER_S) /* a shorter silence is no reason for a cut */
#define CAP_MIN_NS     (5 * NS_PER_S)
#define LIMIT_SLACK_NS (1500 * NS_PER_MS)
#define SOAK_SLACK_NS  (1 * NS_PER_S)

/* The longest look at the stream of this hop: the soak, else the baseline. */
static const struct transcript *longest_look(const struct audit_run *run, size_t hop)
{
	const struct transcript *soak = hop == 0 ? answer_of(run, PROBE_SOAK) : NULL;

	return soak != NULL && transcript_is_stream(soak) ? soak : stream_of(run, hop);
}

enum verdict judge_silent_open(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = stream_of(run, f->hop);
	uint64_t first_ns;

	if (t == NULL)
		return no_stream(run, f);
	prove(run, f, t);
	first_ns = t->body_ns > 0 ? t->body_ns : t->end_ns;
	tell(f, SLICE("first byte of the body "));
	tell_ns(f, first_ns > t->head_ns ? first_ns - t->head_ns : 0);
	tell(f, t->body_ns > 0 ? SLICE(" behind the head") : SLICE(" behind the head: none yet"));
	if (first_ns > t->head_ns + SILENT_OPEN_NS)
		return VERDICT_FAIL;
	return t->body_ns > 0 ? VERDICT_PASS : VERDICT_INCONCLUSIVE;
}

/* PASS only where what was seen repeats: a silence that just began says nothing. */
static enum verdict judge_silence(const struct delivery *d, uint64_t limit_ns)
{
	if (d->silence_ns > limit_ns)
		return VERDICT_FAIL;
	if (d->watched_ns > limit_ns || d->silence_ns * 2 <= d->watched_ns)
		return VERDICT_PASS;
	return VERDICT_INCONCLUSIVE;
}

static void tell_silence(struct finding *f, const struct delivery *d)
{
	tell(f, SLICE("longest silence "));
	tell_ns(f, d->silence_ns);
	tell(f, SLICE(" in "));
	tell_ns(f, d->watched_ns);
}

enum verdict judge_heartbeat(const struct audit_run *run, struct finding *f)
{
	struct delivery d;
	const struct transcript *t = measure(run, f, longest_look(run, f->hop), &d);
	enum verdict verdict;

	if (t == NULL)
		return no_stream(run, f);
	tell_silence(f, &d);
	verdict = judge_silence(&d, HEARTBEAT_S * NS_PER_S);
	if (verdict == VERDICT_INCONCLUSIVE)
		tell(f, SLICE("; --soak 60s looks longer"));
	return verdict;
}

enum verdict judge_slow_heartbeat(const struct audit_run *run, struct finding *f)
{
	struct delivery d;
	const struct transcript *t = measure(run, f, longest_look(run, f->hop), &d);
	struct fingerprint fp;
	uint64_t idle_ns;

	if (t == NULL)
		return no_stream(run, f);
	fingerprint_take(run, f->hop, &fp);
	idle_ns = fingerprint_idle_s(&fp) * NS_PER_S;
	if (idle_ns == 0)
		return VERDICT_NA;
	tell_silence(f, &d);
	tell(f, SLICE("; the hops that were recognised take "));
	tell_ns(f, idle_ns);
	if (d.silence_ns > idle_ns)
		f->severity = SEVERITY_ERROR;
	return judge_silence(&d, idle_ns / 2);
}

/* As long as was asked for: what was interrupted proves nothing of the rest. */
static bool is_whole_soak(const struct audit_run *run, const struct transcript *t)
{
	return t->kind == PROBE_SOAK &&
	       t->end_ns + SOAK_SLACK_NS >= t->sent_ns + run->soak_ms * NS_PER_MS;
}

/* The verdict on a look at whose end the stream still ran. */
static enum verdict verdict_on_uncut(const struct audit_run *run, const struct transcript *t)
{
	if (t->kind != PROBE_SOAK)
		return VERDICT_NA;
	return is_whole_soak(run, t) ? VERDICT_PASS : VERDICT_INCONCLUSIVE;
}

/* What a heartbeat is called where it is an event. */
static bool is_beat_event(const struct record *record)
{
	static const struct slice names[] = {SLICE_INIT("ping"), SLICE_INIT("heartbeat"),
					     SLICE_INIT("keepalive"), SLICE_INIT("keep-alive"),
					     SLICE_INIT("hb")};

	if (record->kind != RECORD_EVENT)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_eq_nocase(record->type, names[i]) ||
		    slice_eq_nocase(record->data, names[i]))
			return true;
	return false;
}

enum verdict judge_event_heartbeat(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = longest_look(run, f->hop);

	if (t == NULL)
		return no_stream(run, f);
	prove(run, f, t);
	for (size_t i = 0; i < t->record_count; i++) {
		if (!is_beat_event(&t->records[i]))
			continue;
		tell(f, SLICE("event "));
		tell_quoted(f, t->records[i].type);
		tell(f, SLICE(" with data "));
		tell_quoted(f, t->records[i].data);
		return VERDICT_FAIL;
	}
	if (!is_read(t))
		return not_read(run, f, t);
	return t->record_count > 0 ? VERDICT_PASS : VERDICT_NA;
}

/* Appends the products whose limit is `ns`; false: none is known. */
static bool tell_limits(struct finding *f, uint64_t ns, bool idle)
{
	bool known = false;

	for (size_t i = 0; i < PRODUCT_COUNT; i++) {
		uint64_t s = idle ? product_rows[i].idle_s : product_rows[i].cap_s;
		uint64_t limit_ns = s * NS_PER_S;

		if (limit_ns == 0 || ns + LIMIT_SLACK_NS < limit_ns ||
		    ns > limit_ns + LIMIT_SLACK_NS)
			continue;
		tell(f, known ? SLICE(", ") : SLICE("; the limit of "));
		tell(f, product_rows[i].name);
		known = true;
	}
	return known;
}

/* Only a long look shows that nobody cuts. */
static enum verdict not_cut(const struct audit_run *run, struct finding *f,
			    const struct transcript *t, const struct delivery *d)
{
	tell(f, SLICE("not cut within "));
	tell_ns(f, d->watched_ns);
	return verdict_on_uncut(run, t);
}

enum verdict judge_idle_cut(const struct audit_run *run, struct finding *f)
{
	struct delivery d;
	const struct transcript *t = measure(run, f, longest_look(run, f->hop), &d);

	if (t == NULL)
		return no_stream(run, f);
	if (!ended_by_itself(t))
		return not_cut(run, f, t, &d);
	if (d.tail_ns < IDLE_MIN_NS)
		return VERDICT_PASS;
	tell(f, SLICE("cut after a silence of "));
	tell_ns(f, d.tail_ns);
	if (!tell_limits(f, d.tail_ns, true)) {
		tell(f, SLICE("; no limit of a known product"));
		f->severity = SEVERITY_WARNING;
		f->confidence = CONFIDENCE_LOW;
	}
	return VERDICT_FAIL;
}

static uint64_t age_of(const struct transcript *t)
{
	return t->end_ns > t->head_ns ? t->end_ns - t->head_ns : 0;
}

/* Another stream lived just as long. */
static bool is_age_of_others(const struct audit_run *run, const struct transcript *t)
{
	const struct transcript *other = NULL;

	while ((other = next_watched(run, other))) {
		uint64_t a = age_of(t), b = age_of(other);

		if (other != t && ended_by_itself(other) && (a > b ? a - b : b - a) < NS_PER_S / 2)
			return true;
	}
	return false;
}

enum verdict judge_life_cap(const struct audit_run *run, struct finding *f)
{
	struct delivery d;
	const struct transcript *t = measure(run, f, longest_look(run, f->hop), &d);

	if (t == NULL)
		return no_stream(run, f);
	if (!ended_by_itself(t))
		return not_cut(run, f, t, &d);
	if (d.tail_ns >= IDLE_MIN_NS || age_of(t) < CAP_MIN_NS)
		return VERDICT_NA;
	tell(f, SLICE("ended at an age of "));
	tell_ns(f, age_of(t));
	if (tell_limits(f, age_of(t), false))
		return VERDICT_FAIL;
	if (!is_age_of_others(run, t))
		return VERDICT_NA;
	tell(f, SLICE("; so did another"));
	return VERDICT_FAIL;
}

static bool is_dirty(const struct transcript *t)
{
	switch (t->ending) {
	case ENDING_TRUNCATED:
	case ENDING_RESET:
	case ENDING_BAD_FRAMING:
		return true;
	case ENDING_RST_STREAM:
	case ENDING_GOAWAY:
		return t->ending_code != 0;
	case ENDING_NONE:
	case ENDING_WE_CUT:
	case ENDING_COMPLETE:
	case ENDING_CLOSED:
		return false;
	}
	return false;
}

enum verdict judge_dirty_end(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = NULL;
	enum verdict verdict = VERDICT_NA;

	if (f->hop != 0) {
		t = stream_of(run, f->hop);
		return t == NULL ? no_stream(run, f) : fails_if(is_dirty(t));
	}
	while ((t = next_watched(run, t))) {
		if (is_dirty(t)) {
			prove(run, f, t);
			tell_probe(f, t);
			tell(f, SLICE(": "));
			tell(f, ending_text(t->ending));
			return VERDICT_FAIL;
		}
		if (ended_by_itself(t))
			verdict = VERDICT_PASS;
	}
	return verdict;
}

enum verdict judge_soak(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_SOAK);

	if (t == NULL)
		return no_answer(run, f, PROBE_SOAK);
	prove(run, f, t);
	tell(f, SLICE("it lasted "));
	tell_ns(f, age_of(t));
	tell(f, SLICE(" of "));
	tell_ns(f, run->soak_ms * NS_PER_MS);
	if (!ended_by_itself(t))
		return verdict_on_uncut(run, t);
	tell(f, SLICE(": "));
	tell(f, ending_text(t->ending));
	if (ended_with_token(run, t)) {
		tell(f, SLICE(", as its token did"));
		return VERDICT_PASS;
	}
	return VERDICT_FAIL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* judge_resume.c - A62x: reconnects. */
#include "audit/judging.h"

#include "base/text.h"

#define LOOP_MAX_NS  (1 * NS_PER_S)
#define SLOW_HEAD_NS (1 * NS_PER_S)

/* The hub's greeting and its like carry the id where the stream stands: no event of the feed. */
static bool is_of_feed(const struct record *record)
{
	return record->kind == RECORD_EVENT && record->id.len > 0 &&
	       !slice_eq(record->type, SLICE("connected")) &&
	       !slice_eq(record->type, SLICE("resync"));
}

/* Place among the events of the feed; SIZE_MAX: it is not there. */
static size_t place_of(const struct transcript *t, struct slice id)
{
	for (size_t i = 0; i < t->record_count; i++)
		if (is_of_feed(&t->records[i]) && slice_eq(t->records[i].id, id))
			return i;
	return SIZE_MAX;
}

/* The first event from there on whose id is another than `not`. */
static const struct record *first_of_feed(const struct transcript *t, size_t from,
					  struct slice not )
{
	for (size_t i = from; i < t->record_count; i++)
		if (is_of_feed(&t->records[i]) && !slice_eq(t->records[i].id, not ))
			return &t->records[i];
	return NULL;
}

static void tell_resume(struct finding *f, const struct transcript *t, const struct record *first)
{
	tell(f, SLICE("behind "));
	tell_quoted(f, t->request.last_event_id);
	tell(f, SLICE(" came "));
	tell_quoted(f, first->id);
}

/* Where in the baseline the first event of the resume stands tells what was done with the id. */
static enum verdict judge_first(const struct transcript *base, const struct transcript *again,
				const struct record *first, struct finding *f)
{
	size_t asked = place_of(base, again->request.last_event_id);
	size_t got = place_of(base, first->id);
	/* An event without an id of its own goes with the one before it. */
	const struct record *due =
		asked == SIZE_MAX ? NULL
				  : first_of_feed(base, asked + 1, again->request.last_event_id);

	tell_resume(f, again, first);
	if (slice_eq(first->id, again->request.last_event_id)) {
		tell(f, SLICE(": it is repeated"));
		return VERDICT_FAIL;
	}
	if (got != SIZE_MAX && asked != SIZE_MAX && got < asked) {
		tell(f, SLICE(": from the beginning"));
		return VERDICT_FAIL;
	}
	if (due == NULL || slice_eq(first->id, due->id))
		return VERDICT_PASS;
	tell(f, SLICE(", and not "));
	tell_quoted(f, due->id);
	if (got == SIZE_MAX && place_of(again, due->id) == SIZE_MAX) {
		tell(f, SLICE(": only what is live"));
		return VERDICT_NA;
	}
	tell(f, SLICE(": events are left out"));
	return VERDICT_FAIL;
}

enum verdict judge_resume(const struct audit_run *run, struct finding *f)
{
	const struct transcript *base = stream_of(run, 0);
	const struct transcript *again = answer_of(run, PROBE_RESUME);
	const struct record *first;

	if (base == NULL)
		return no_stream(run, f);
	if (again == NULL)
		return no_answer(run, f, PROBE_RESUME);
	prove(run, f, again);
	if (!transcript_is_stream(again)) {
		tell_answer(f, again);
		return VERDICT_NA; /* A622 */
	}
	first = first_of_feed(again, 0, SLICE_NONE);
	if (first == NULL && !is_read(again))
		return not_read(run, f, again);
	if (first == NULL) {
		tell(f, SLICE("no event came after the reconnect"));
		return VERDICT_INCONCLUSIVE;
	}
	return judge_first(base, again, first, f);
}

static bool is_broken_by_id(const struct transcript *t)
{
	if (t->outcome == OUTCOME_TIMED_OUT || t->outcome == OUTCOME_CUT ||
	    t->outcome == OUTCOME_MALFORMED)
		return true;
	return transcript_answered(t) && t->status >= 500 && t->status != 503;
}

/* It took as long for the first connect, which had no id: that is A301's. */
static bool is_slow_anyway(const struct audit_run *run, const struct transcript *t)
{
	return t->outcome == OUTCOME_TIMED_OUT &&
	       delivery_head_ns(stream_of(run, 0)) > SLOW_HEAD_NS;
}

/* Where a good id has no answer either, it is not the strange one that breaks: is_left_open. */
enum verdict judge_strange_last_id(const struct audit_run *run, struct finding *f)
{
	enum verdict verdict = VERDICT_NA;

	if (stream_of(run, 0) == NULL)
		return no_stream(run, f);
	for (int kind = PROBE_LAST_ID_LONG; kind <= PROBE_LAST_ID_SQL; kind++) {
		const struct transcript *t = audit_find(run, (enum probe_kind)kind);

		if (t == NULL || t->outcome == OUTCOME_NOT_SENT)
			continue;
		prove(run, f, t);
		tell_next(f);
		tell_probe(f, t);
		tell(f, SLICE(": "));
		tell_answer(f, t);
		if (is_broken_by_id(t) && !is_slow_anyway(run, t) &&
		    !is_left_open(run, PROBE_RESUME_ORIGIN))
			return VERDICT_FAIL;
		if (verdict == VERDICT_NA || !is_answer(run, t))
			verdict = is_answer(run, t) ? VERDICT_PASS : VERDICT_INCONCLUSIVE;
	}
	return verdict;
}

static bool is_redirected(const struct audit_run *run)
{
	const struct transcript *t = audit_find(run, PROBE_BASELINE);

	return t != NULL && is_redirect(t);
}

/* 204 is the lawful farewell: A624. */
enum verdict judge_reconnect(const struct audit_run *run, struct finding *f)
{
	static const enum probe_kind kinds[] = {PROBE_RESUME, PROBE_RESUME_ORIGIN};
	enum verdict verdict = VERDICT_NA;

	if (stream_of(run, 0) == NULL)
		return no_stream(run, f);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct transcript *t = answer_of(run, kinds[i]);

		/* The redirect of the first connect comes again: A106 tells it. */
		if (t == NULL || t->status == 204 || (is_redirect(t) && is_redirected(run)))
			continue;
		prove(run, f, t);
		tell_next(f);
		tell_quoted(f, t->request.last_event_id);
		tell(f, SLICE(": "));
		tell_answer(f, t);
		/* An origin that is let in nowhere is no matter of the reconnect. */
		if (!transcript_is_stream(t) &&
		    (kinds[i] == PROBE_RESUME || answer_of(run, PROBE_ORIGIN_ALLOWED) == NULL ||
		     transcript_is_stream(answer_of(run, PROBE_ORIGIN_ALLOWED))))
			return VERDICT_FAIL;
		verdict = VERDICT_PASS;
	}
	return verdict == VERDICT_NA ? no_answer(run, f, PROBE_RESUME_ORIGIN) : verdict;
}

static bool is_instant_end(const struct transcript *t)
{
	return transcript_is_stream(t) && ended_by_itself(t) && t->end_ns >= t->sent_ns &&
	       t->end_ns - t->sent_ns < LOOP_MAX_NS && transcript_count(t, RECORD_EVENT) == 0;
}

enum verdict judge_close_loop(const struct audit_run *run, struct finding *f)
{
	const struct transcript *one = stream_of(run, 0);
	const struct transcript *two = answer_of(run, PROBE_REPEAT);

	if (one == NULL)
		return no_stream(run, f);
	prove(run, f, one);
	if (!is_instant_end(one))
		return VERDICT_PASS;
	if (two == NULL)
		return no_answer(run, f, PROBE_REPEAT);
	tell(f, SLICE("ended after "));
	tell_ns(f, one->end_ns - one->sent_ns);
	if (is_read(one))
		tell(f, SLICE(", without an event"));
	if (!is_instant_end(two))
		return VERDICT_PASS;
	if (unread_of(one, two) != NULL)
		return not_read(run, f, unread_of(one, two));
	if (transcript_count(one, RECORD_RETRY) > 0)
		f->severity = SEVERITY_INFO;
	return VERDICT_FAIL;
}

static bool is_farewell(const struct record *record)
{
	static const struct slice names[] = {SLICE_INIT("done"), SLICE_INIT("end"),
					     SLICE_INIT("complete"), SLICE_INIT("close")};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (record->kind == RECORD_EVENT && (slice_eq_nocase(record->type, names[i]) ||
						     slice_eq_nocase(record->data, names[i])))
			return true;
	return record->kind == RECORD_EVENT && slice_eq(record->data, SLICE("[DONE]"));
}

/* Arises where the stream said goodbye and ended. */
enum verdict judge_stop(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = stream_of(run, 0);
	const struct transcript *again = answer_of(run, PROBE_RESUME_ORIGIN);

	if (t == NULL)
		return no_stream(run, f);
	if (ended_by_itself(t) && !is_read(t))
		return not_read(run, f, t);
	if (t->record_count == 0 || !ended_by_itself(t) ||
	    !is_farewell(&t->records[t->record_count - 1]))
		return VERDICT_NA;
	if (again == NULL)
		return no_answer(run, f, PROBE_RESUME_ORIGIN);
	prove(run, f, again);
	tell(f, SLICE("the stream said goodbye; a reconnect: "));
	tell_answer(f, again);
	return fails_if(again->status != 204);
}

/* The digits that an id ends in. False: it ends in none, or in too many. */
static bool number_of(struct slice id, uint64_t *ret_n)
{
	size_t at = id.len;

	while (at > 0 && ascii_is_digit(id.ptr[at - 1]))
		at--;
	return parse_u64(slice_from(id, at), ret_n) == OK;
}

/* Ids that rise by one within a stream: only then does a gap across a cut mean a loss. */
static bool counts_by_one(const struct transcript *t, uint64_t *ret_first, uint64_t *ret_last)
{
	uint64_t before = 0, now;
	size_t n = 0;

	for (size_t i = 0; i < t->record_count; i++) {
		if (!is_of_feed(&t->records[i]))
			continue;
		if (!number_of(t->records[i].id, &now) || (n > 0 && now != before + 1))
			return false;
		if (n++ == 0)
			*ret_first = now;
		before = now;
	}
	*ret_last = before;
	return n >= 2;
}

enum verdict judge_gap(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_SOAK);
	uint64_t first, last, next_first, next_last;
	enum verdict verdict = VERDICT_NA;

	if (t == NULL || !counts_by_one(t, &first, &last))
		return t != NULL && !is_read(t) ? not_read(run, f, t) : VERDICT_NA;
	while ((t = audit_next(run, PROBE_SOAK, t))) {
		if (!is_read(t))
			return not_read(run, f, t);
		if (!counts_by_one(t, &next_first, &next_last))
			return VERDICT_NA;
		prove(run, f, t);
		verdict = VERDICT_PASS;
		if (next_first > last + 1) {
			tell_u64(f, next_first - last - 1);
			tell(f, SLICE(" ids are missing behind "));
			tell_u64(f, last);
			return VERDICT_FAIL;
		}
		last = next_last;
	}
	return verdict;
}

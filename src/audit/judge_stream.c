/* SPDX-License-Identifier: Apache-2.0 */
/* judge_stream.c - A60x and A61x: the text of the stream, retry, ids; A626. */
#include "audit/judging.h"

#include "sse/lines.h"

#define RETRY_MIN_MS UINT64_C(1000)
#define RETRY_MAX_MS UINT64_C(60000)
#define IDS_KEPT     256u /* that a repeat is looked for among */

static void tell_note(struct finding *f, const struct transcript *t, enum grammar which)
{
	const struct grammar_note *note = &t->grammar[which];

	tell_next(f);
	tell(f, grammar_text(which));
	tell(f, SLICE(": line "));
	tell_u64(f, note->line);
	tell(f, SLICE(" of "));
	tell_probe(f, t);
	if (note->excerpt.len > 0) {
		tell(f, SLICE(" "));
		tell_quoted(f, note->excerpt);
	}
	if (note->count > 1) {
		tell(f, SLICE(", "));
		tell_u64(f, note->count);
		tell(f, SLICE(" times"));
	}
}

static bool tell_notes(struct finding *f, const struct transcript *t, const enum grammar notes[2])
{
	bool any = t->grammar[notes[0]].count > 0;

	if (any)
		tell_note(f, t, notes[0]);
	if (notes[1] != notes[0] && t->grammar[notes[1]].count > 0) {
		tell_note(f, t, notes[1]);
		any = true;
	}
	return any;
}

enum verdict judge_grammar(const struct audit_run *run, struct finding *f)
{
	const struct judge_row *row = judge_row_find(f->rule->id);
	const struct transcript *t = stream_of(run, f->hop);
	const struct transcript *unread = NULL;
	bool seen = false;

	if (t == NULL)
		return no_stream(run, f);
	do {
		seen |= is_read(t) && t->body_len > 0;
		unread = unread == NULL && !is_read(t) ? t : unread;
		prove(run, f, t);
		if (tell_notes(f, t, row->notes))
			return VERDICT_FAIL;
	} while (f->hop == 0 && (t = next_watched(run, t)));
	if (!seen && unread != NULL)
		return not_read(run, f, unread);
	return seen ? VERDICT_PASS : VERDICT_INCONCLUSIVE;
}

static const struct record *first_retry(const struct transcript *t)
{
	for (size_t i = 0; i < t->record_count; i++)
		if (t->records[i].kind == RECORD_RETRY)
			return &t->records[i];
	return NULL;
}

enum verdict judge_retry_value(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = stream_of(run, f->hop);
	const struct record *retry;

	if (t == NULL)
		return no_stream(run, f);
	prove(run, f, t);
	retry = first_retry(t);
	if (retry == NULL && !is_read(t))
		return not_read(run, f, t);
	if (retry == NULL) {
		tell(f, SLICE("no retry was sent"));
		return VERDICT_FAIL;
	}
	tell(f, SLICE("retry: "));
	tell_u64(f, retry->retry_ms);
	if (retry->retry_ms >= RETRY_MIN_MS && retry->retry_ms <= RETRY_MAX_MS)
		return VERDICT_PASS;
	f->severity = SEVERITY_WARNING;
	return VERDICT_FAIL;
}

enum verdict judge_jitter(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = NULL;
	const struct transcript *unread = NULL;
	const struct record *first = NULL;
	size_t seen = 0, read = 0;

	while ((t = next_watched(run, t))) {
		const struct record *retry = first_retry(t);

		read += is_read(t);
		unread = is_read(t) ? unread : t;
		if (retry == NULL)
			continue;
		seen++;
		if (first != NULL && first->retry_ms != retry->retry_ms)
			return VERDICT_PASS;
		first = retry;
		prove(run, f, t);
	}
	if (seen < 2 && read < 2 && unread != NULL)
		return not_read(run, f, unread);
	if (seen < 2)
		return VERDICT_NA;
	tell(f, SLICE("retry: "));
	tell_u64(f, first->retry_ms);
	tell(f, SLICE(" on each of "));
	tell_u64(f, seen);
	tell(f, SLICE(" connects"));
	return VERDICT_FAIL;
}

enum verdict judge_ids(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = stream_of(run, f->hop);
	size_t events, with_id = 0;

	if (t == NULL)
		return no_stream(run, f);
	prove(run, f, t);
	events = transcript_count(t, RECORD_EVENT);
	if (events == 0 && !is_read(t))
		return not_read(run, f, t);
	for (size_t i = 0; i < t->record_count; i++)
		with_id += t->records[i].kind == RECORD_EVENT && t->records[i].id.len > 0;
	tell_u64(f, with_id);
	tell(f, SLICE(" of "));
	tell_u64(f, events);
	tell(f, SLICE(" events have an id"));
	if (events == 0)
		return VERDICT_INCONCLUSIVE;
	return fails_if(with_id == 0);
}

/* The last ids of a stream, as its lines have them. */
struct id_ring {
	struct slice ids[IDS_KEPT];
	size_t count;
};

static bool ring_has(const struct id_ring *ring, struct slice id)
{
	size_t n = ring->count < IDS_KEPT ? ring->count : IDS_KEPT;

	for (size_t i = 0; i < n; i++)
		if (slice_eq(ring->ids[i], id))
			return true;
	return false;
}

/* The value of an id line; ptr NULL: the line is another. */
static struct slice id_of_line(struct slice line)
{
	if (!slice_starts(line, SLICE("id:")))
		return SLICE_NONE;
	line = slice_from(line, 3);
	return slice_starts(line, SLICE(" ")) ? slice_from(line, 1) : line;
}

/* The first id that comes again; ptr NULL: none. */
static struct slice repeated_id(struct slice body, struct id_ring *ring)
{
	struct sse_lines lines;

	sse_lines_init(&lines, body);
	while (lines.rest.len > 0) {
		size_t n = sse_lines_length(&lines);
		struct slice id = id_of_line(slice_upto(lines.rest, n));

		sse_lines_skip(&lines, n < lines.rest.len ? n + 1 : n);
		if (id.len == 0)
			continue;
		if (ring_has(ring, id))
			return id;
		ring->ids[ring->count++ % IDS_KEPT] = id;
	}
	return SLICE_NONE;
}

enum verdict judge_repeated_ids(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = stream_of(run, f->hop);
	struct id_ring ring = {.count = 0};
	struct slice id;

	if (t == NULL)
		return no_stream(run, f);
	if (!is_read(t))
		return not_read(run, f, t);
	prove(run, f, t);
	id = repeated_id(t->body, &ring);
	if (id.ptr != NULL) {
		tell_quoted(f, id);
		tell(f, SLICE(" comes twice"));
		return VERDICT_FAIL;
	}
	return ring.count > 0 ? VERDICT_PASS : VERDICT_NA;
}

enum verdict judge_injection(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = answer_of(run, PROBE_INJECT);
	const struct transcript *unread = NULL;

	if (t == NULL)
		return no_answer(run, f, PROBE_INJECT);
	while (t != NULL) {
		prove(run, f, t);
		unread = is_read(t) ? unread : t;
		for (size_t i = 0; i < t->record_count; i++) {
			if (run->inject_marker.len == 0 ||
			    !slice_eq(t->records[i].type, run->inject_marker))
				continue;
			tell(f, SLICE("the made-up event arrived: "));
			tell_quoted(f, t->records[i].type);
			return VERDICT_FAIL;
		}
		t = audit_next(run, PROBE_INJECT, t);
	}
	return unread != NULL ? not_read(run, f, unread) : VERDICT_PASS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* play.h - an answer fed to a recorder in pieces, and what of two transcripts must be equal. */
#pragma once

#include "audit/recorder.h"
#include "base/rng.h"

#include <string.h>

/* Pieces of 1 to `max` bytes; the n-th comes at n milliseconds. */
static inline void play(struct transcript *t, struct slice in, size_t max, uint64_t seed,
			bool to_head, enum ending ending, const struct recorder_secrets *secrets)
{
	struct rng rng = {seed};
	struct recorder r;
	uint64_t now = 0;
	enum recorder_step step = RECORDER_MORE;

	memset(t, 0, sizeof(*t));
	recorder_init(&r, t, to_head);
	while (in.len > 0 && step == RECORDER_MORE) {
		size_t n = max == SIZE_MAX ? in.len : rng_between(&rng, 1, max);

		step = recorder_feed(&r, slice_upto(in, n), now += 1000000);
		in = slice_from(in, n);
	}
	recorder_finish(&r, ending, now, secrets);
}

static inline bool same_fields(const struct transcript *a, const struct transcript *b)
{
	if (a->field_count != b->field_count)
		return false;
	for (size_t i = 0; i < a->field_count; i++) {
		if (!slice_eq(a->fields[i].name, b->fields[i].name) ||
		    !slice_eq(a->fields[i].value, b->fields[i].value))
			return false;
	}
	return true;
}

static inline bool same_records(const struct transcript *a, const struct transcript *b)
{
	if (a->record_count != b->record_count || a->records_dropped != b->records_dropped)
		return false;
	for (size_t i = 0; i < a->record_count; i++) {
		const struct record *x = &a->records[i], *y = &b->records[i];

		if (x->kind != y->kind || !slice_eq(x->type, y->type) ||
		    !slice_eq(x->data, y->data) || !slice_eq(x->id, y->id) ||
		    x->retry_ms != y->retry_ms)
			return false;
	}
	return true;
}

static inline bool same_grammar(const struct transcript *a, const struct transcript *b)
{
	for (size_t i = 0; i < GRAMMAR_COUNT; i++) {
		if (a->grammar[i].count != b->grammar[i].count ||
		    a->grammar[i].line != b->grammar[i].line ||
		    !slice_eq(a->grammar[i].excerpt, b->grammar[i].excerpt))
			return false;
	}
	return true;
}

/* Everything but times and reads. */
static inline bool same_answer(const struct transcript *a, const struct transcript *b)
{
	return a->outcome == b->outcome && a->status == b->status && a->minor == b->minor &&
	       a->interim == b->interim && a->ending == b->ending && a->leaks == b->leaks &&
	       a->body_len == b->body_len && a->text == b->text && slice_eq(a->body, b->body) &&
	       slice_eq(a->head, b->head) && same_fields(a, b) && same_records(a, b) &&
	       same_grammar(a, b);
}

/* One answer is one transcript, in one piece and in many. */
static inline bool pieces_do_not_matter(struct slice in, uint64_t seed)
{
	static const struct recorder_secrets none = {.count = 0};
	struct transcript whole, few, bytes;

	play(&whole, in, SIZE_MAX, 0, false, ENDING_CLOSED, &none);
	play(&few, in, 9, seed, false, ENDING_CLOSED, &none);
	play(&bytes, in, 1, seed, false, ENDING_CLOSED, &none);
	bool same = same_answer(&whole, &few) && same_answer(&whole, &bytes);
	arena_free(&whole.arena);
	arena_free(&few.arena);
	arena_free(&bytes.arena);
	return same;
}

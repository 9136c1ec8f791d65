/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judging.h - what the judges of judges.def share; for judge*.c alone.
 *
 * A judge is pure and decides one rule (a few decide a family, by what their row names). It is
 * given a finding with the rule's own severity and confidence, and the hop to look at; it says
 * what it saw. A probe that was not sent or had no answer is never a pass.
 */
#pragma once

#include "audit/delivery.h"
#include "audit/fingerprint.h"
#include "audit/telling.h"

/* Which answers a rule of one head is asked of. */
enum head_scope {
	SCOPE_BASELINE, /* what EventSource gets: first connect, second, and the hops of --via */
	SCOPE_STREAM,   /* every answer of the stream's own URL */
};

/* Moves the severity of a finding that fails, or waives it; `t` is the proof. */
typedef void head_weigh(const struct audit_run *run, const struct transcript *t, struct finding *f);
typedef enum verdict judge_fn(const struct audit_run *run, struct finding *f);

struct judge_row {
	struct slice id;
	judge_fn *judge;
	bool by_hop;           /* it looks at finding.hop alone: hops can be told apart */
	enum head_scope scope; /* of judge_head */
	head_weigh *weigh;     /* of judge_head */
	struct slice field;    /* of judge_head: what is shown of the proof */
	enum probe_kind first; /* of judge_hostile: the origins that ought to be refused */
	enum probe_kind last;
	enum grammar notes[2]; /* of judge_grammar */
};

/* NULL: a rule without a judge, which a test forbids. */
const struct judge_row *judge_row_find(struct slice id);

/* The baseline of the target where its redirects end, or the --via of a hop; NULL: no answer. */
const struct transcript *baseline_of(const struct audit_run *run, size_t hop);
/* Likewise, and it is a stream. */
const struct transcript *stream_of(const struct audit_run *run, size_t hop);
/* The answer to the first probe of a kind, as is_answer has it; NULL: none. */
const struct transcript *answer_of(const struct audit_run *run, enum probe_kind kind);
/*
 * An answer, and about what was asked: not 429 or 503 where the baseline was let in, and not what
 * came when the target let nobody in any more.
 */
bool is_answer(const struct audit_run *run, const struct transcript *t);
/* The first probe of a kind was sent, and answer_of has nothing. */
bool is_left_open(const struct audit_run *run, enum probe_kind kind);
/* Why there was none: NA if it was not asked for, INCONCLUSIVE if it failed. */
enum verdict no_answer(const struct audit_run *run, struct finding *f, enum probe_kind kind);
/* The same for baseline_of, or NA where the answer is no stream. */
enum verdict no_stream(const struct audit_run *run, struct finding *f);
/* Proves with `t` and measures it. Gives `t`; NULL stays NULL, and nothing is measured. */
const struct transcript *measure(const struct audit_run *run, struct finding *f,
				 const struct transcript *t, struct delivery *ret);
/* What was asked stands in the text of `t`, which was not read: why, and INCONCLUSIVE. */
enum verdict not_read(const struct audit_run *run, struct finding *f, const struct transcript *t);
/* Walks the streams of the target that are read for a while; start with NULL. */
const struct transcript *next_watched(const struct audit_run *run, const struct transcript *after);
/* Any answer of the URL of the stream itself, with any method but OPTIONS. */
bool is_of_stream_url(const struct transcript *t);

static inline bool is_read(const struct transcript *t)
{
	return t->text == TEXT_READ;
}

/* The one of two whose text was not read; NULL: both were. */
static inline const struct transcript *unread_of(const struct transcript *a,
						 const struct transcript *b)
{
	if (!is_read(a))
		return a;
	return is_read(b) ? NULL : b;
}

static inline bool is_redirect(const struct transcript *t)
{
	return t->status >= 300 && t->status < 400 && t->status != 304;
}

/* The stream was ended when its token ran out. */
static inline bool ended_with_token(const struct audit_run *run, const struct transcript *t)
{
	return t->request.credential == CREDENTIAL_FIRST && audit_has_run_out(run, t);
}

static inline bool ended_by_itself(const struct transcript *t)
{
	return t->ending != ENDING_WE_CUT && t->ending != ENDING_NONE;
}

static inline enum verdict fails_if(bool wrong)
{
	return wrong ? VERDICT_FAIL : VERDICT_PASS;
}

#define HEAD(id, scope, weigh, field)
#define RUN(id, judge) judge_fn judge_##judge;
#define HOP(id, judge) judge_fn judge_##judge;
#define HOSTILE(id, first, last)
#define GRAMMAR(id, one, two)
#include "audit/judges.def"

judge_fn judge_head;
judge_fn judge_hostile;
judge_fn judge_grammar;

head_weigh weigh_none;
head_weigh weigh_error_page;
head_weigh weigh_behind_fastly;
head_weigh weigh_no_transform;
head_weigh weigh_incremental;
head_weigh weigh_null_origin;
head_weigh weigh_challenge;
head_weigh weigh_singletons;
head_weigh weigh_cookie_guarded;
head_weigh weigh_same_site;
head_weigh weigh_banner;
head_weigh weigh_keep_alive;

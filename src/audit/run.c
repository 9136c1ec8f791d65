/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/run.h"

bool audit_run_is_partial(const struct audit_run *run)
{
	return run->shortage != SHORTAGE_NONE;
}

const struct transcript *audit_next(const struct audit_run *run, enum probe_kind kind,
				    const struct transcript *after)
{
	size_t at = after ? (size_t)(after - run->transcripts) + 1 : 0;

	for (; at < run->transcript_count; at++) {
		if (run->transcripts[at].kind == kind)
			return &run->transcripts[at];
	}
	return NULL;
}

const struct transcript *audit_find_hop(const struct audit_run *run, enum probe_kind kind,
					size_t hop)
{
	const struct transcript *t = NULL;

	while ((t = audit_next(run, kind, t))) {
		if (t->hop == hop)
			return t;
	}
	return NULL;
}

const struct transcript *audit_find(const struct audit_run *run, enum probe_kind kind)
{
	return audit_find_hop(run, kind, 0);
}

/* A stream; or where the way to it leads elsewhere, the redirect. */
static bool is_let_in(const struct transcript *t, const struct transcript *base)
{
	return transcript_is_stream(t) ||
	       (transcript_answered(t) && t->status == base->status && !transcript_is_stream(base));
}

int64_t audit_wall_s(const struct audit_run *run, uint64_t t_ns)
{
	return run->wall_s + (int64_t)(t_ns / 1000000000);
}

bool audit_has_run_out(const struct audit_run *run, const struct transcript *t)
{
	return run->credential_end_s != 0 &&
	       audit_wall_s(run, t->end_ns) + 2 >= run->credential_end_s;
}

size_t audit_turned_away(const struct audit_run *run)
{
	const struct transcript *base = audit_find(run, PROBE_BASELINE);
	const struct transcript *control = audit_find(run, PROBE_CONTROL);
	size_t at = run->transcript_count;

	if (!base || !control || !transcript_answered(base) || is_let_in(control, base) ||
	    control->outcome == OUTCOME_NOT_SENT || control->outcome == OUTCOME_STOPPED ||
	    audit_has_run_out(run, control))
		return run->transcript_count;
	/* What was refused from the beginning tells nothing of the end. */
	if (!transcript_is_stream(base) && base->status / 100 != 3)
		return run->transcript_count;
	while (at > 0 &&
	       (run->transcripts[at - 1].hop != 0 || !is_let_in(&run->transcripts[at - 1], base)))
		at--;
	return at;
}

struct slice audit_profile_name(enum audit_profile profile)
{
#define X(symbol, name) [symbol] = SLICE_INIT(name),
	static const struct slice names[] = {PROFILE_MAP(X)};
#undef X

	return names[profile];
}

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

struct slice audit_profile_name(enum audit_profile profile)
{
#define X(symbol, name) [symbol] = SLICE_INIT(name),
	static const struct slice names[] = {PROFILE_MAP(X)};
#undef X

	return names[profile];
}

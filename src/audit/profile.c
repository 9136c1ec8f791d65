/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/profile.h"

#include "audit/telling.h"

static const struct {
	enum audit_profile profile;
	struct slice id;
	bool waived;
	enum severity severity;
	struct slice why;
} rows[] = {
#define WAIVE(profile, id, why)                                                                    \
	{PROFILE_##profile, SLICE_INIT(#id), true, SEVERITY_INFO, SLICE_INIT(why)},
#define WEIGH(profile, id, severity, why)                                                          \
	{PROFILE_##profile, SLICE_INIT(#id), false, SEVERITY_##severity, SLICE_INIT(why)},
#include "audit/profiles.def"
};

void profile_apply(enum audit_profile profile, struct finding *f)
{
	if (f->verdict != VERDICT_FAIL)
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].profile != profile || !slice_eq(rows[i].id, f->rule->id))
			continue;
		if (rows[i].waived)
			f->verdict = VERDICT_NA;
		else
			f->severity = rows[i].severity;
		tell(f, SLICE(" (profile "));
		tell(f, audit_profile_name(profile));
		tell(f, SLICE(": "));
		tell(f, rows[i].why);
		tell(f, SLICE(")"));
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules.h"

#include "base/require.h"
#include "policy/checks.h"

const struct rule policy_rules[] = {
#define ROW(id, area, severity, confidence, remedy, title, why, fix, source, check)                \
	{SLICE_INIT(#id),     SLICE_INIT(area),                                                    \
	 SEVERITY_##severity, CONFIDENCE_##confidence,                                             \
	 REMEDY_##remedy,     SLICE_INIT(title),                                                   \
	 SLICE_INIT(why),     SLICE_INIT(fix),                                                     \
	 SLICE_INIT(source),  check},
#define X(id, area, severity, confidence, remedy, check, title, why, fix, source)                  \
	ROW(id, area, severity, confidence, remedy, title, why, fix, source, check_##check)
#define RUN(id, area, severity, confidence, remedy, title, why, fix, source)                       \
	ROW(id, area, severity, confidence, remedy, title, why, fix, source, NULL)
#include "policy/rules.def"
#undef ROW
};
const size_t policy_rule_count = sizeof(policy_rules) / sizeof(policy_rules[0]);

const struct rule *rule_find(struct slice id)
{
	for (size_t i = 0; i < policy_rule_count; i++)
		if (slice_eq_nocase(policy_rules[i].id, id))
			return &policy_rules[i];
	return NULL;
}

struct slice severity_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_INFO:
		return SLICE("info");
	case SEVERITY_WARNING:
		return SLICE("warning");
	case SEVERITY_ERROR:
		return SLICE("error");
	case SEVERITY_FATAL:
		return SLICE("fatal");
	}
	unreachable();
}

struct slice verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PASS:
		return SLICE("pass");
	case VERDICT_FAIL:
		return SLICE("fail");
	case VERDICT_NA:
		return SLICE("na");
	case VERDICT_INCONCLUSIVE:
		return SLICE("inconclusive");
	}
	unreachable();
}

struct slice confidence_name(enum confidence confidence)
{
	switch (confidence) {
	case CONFIDENCE_HIGH:
		return SLICE("high");
	case CONFIDENCE_MEDIUM:
		return SLICE("medium");
	case CONFIDENCE_LOW:
		return SLICE("low");
	}
	unreachable();
}

struct slice rule_fix(const struct rule *rule, enum stack stack)
{
	struct slice fix = remedy_text(rule->remedy, stack);

	return fix.ptr != NULL ? fix : rule->fix;
}

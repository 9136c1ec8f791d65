/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - the rules by which a stream is judged, one row each in policy/rules.def, and the
 * refusals beside them: what `sluice explain` and `sluice rules` print.
 */
#pragma once

#include "policy/observation.h"
#include "policy/remedy.h"

enum severity {
	SEVERITY_INFO,
	SEVERITY_WARNING,
	SEVERITY_ERROR,
	SEVERITY_FATAL,
};

enum verdict {
	VERDICT_PASS,
	VERDICT_FAIL,
	VERDICT_NA,
	VERDICT_INCONCLUSIVE,
};

enum confidence {
	CONFIDENCE_HIGH,   /* a fact of the wire */
	CONFIDENCE_MEDIUM, /* inferred from timing */
	CONFIDENCE_LOW,    /* a guess by names or patterns */
};

struct rule {
	struct slice id;   /* "A201"; never reused */
	struct slice area; /* "caching" */
	enum severity severity;
	enum confidence confidence;
	enum remedy remedy;
	struct slice title;  /* what is wrong when it fails */
	struct slice why;    /* why it matters, a sentence or two */
	struct slice fix;    /* what to send or set instead */
	struct slice source; /* "RFC 9111 5.2.2.5" */
	/* Pure; looks at one thing. NULL: one head does not tell, an audit does. */
	enum verdict (*check)(const struct observation *o);
};

extern const struct rule policy_rules[];
extern const size_t policy_rule_count;

/* NULL if there is none. Without case. */
const struct rule *rule_find(struct slice id);
struct slice severity_name(enum severity severity);
struct slice verdict_name(enum verdict verdict);
struct slice confidence_name(enum confidence confidence);
/* What to do about `rule` on `stack`: its remedy there, else its own fix. */
struct slice rule_fix(const struct rule *rule, enum stack stack);

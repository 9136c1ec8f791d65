/* SPDX-License-Identifier: Apache-2.0 */
/* finding.h - what one rule says of a run. */
#pragma once

#include "policy/rules.h"

#include <stdint.h>

#define FINDING_MAX_EVIDENCE 640u /* bytes of text */
#define FINDING_MAX_FIX      512u
#define AUDIT_MAX_FINDINGS   512u

struct finding {
	const struct rule *rule;
	enum verdict verdict;
	enum severity severity; /* the rule's own, or as the circumstances move it */
	enum confidence confidence;
	size_t hop;        /* index into audit_run.hops */
	size_t transcript; /* index of the proof; SIZE_MAX: none */
	/* What was seen, in words and quoted bytes: one line of valid UTF-8 without controls. */
	char evidence[FINDING_MAX_EVIDENCE];
	size_t evidence_len;
	/* The fix for what was detected on the way; empty: the rule's own holds. */
	char fix[FINDING_MAX_FIX];
	size_t fix_len;
	/* Set behind the judging. */
	bool ignored; /* by --ignore or --baseline: does not count */
};

/* SPDX-License-Identifier: Apache-2.0 */
/* grade.h - three scores out of findings: is it safe, does it arrive, does it live. */
#pragma once

#include "audit/finding.h"
#include "audit/run.h"

#define SCORE_MAP(X)                                                                               \
	X(SCORE_SECURITY, "security")                                                              \
	X(SCORE_DELIVERY, "delivery")                                                              \
	X(SCORE_RESILIENCE, "resilience")

enum score {
#define X(symbol, name) symbol,
	SCORE_MAP(X)
#undef X
		SCORE_COUNT,
};

struct grade {
	bool given;                   /* false: the run is partial, and a letter would lie */
	unsigned points[SCORE_COUNT]; /* 0 to 100 */
	struct slice letters[SCORE_COUNT];
	struct slice letter; /* the worst of them */
};

struct slice score_name(enum score score);
enum score score_of(const struct rule *rule);
/*
 * 100 less what each failed rule costs, once a rule; a fatal one caps its score at F, an error at
 * C. Ignored findings cost nothing.
 */
struct grade audit_grade(const struct audit_run *run, const struct finding *findings, size_t n);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checks.h - what the check functions of rules.def share; for rules_*.c alone.
 *
 * A check is pure, looks at one thing, and says NA where its question does not arise.
 */
#pragma once

#include "policy/rules.h"

#define X(id, area, severity, confidence, remedy, check, title, why, fix, source)                  \
	enum verdict check_##check(const struct observation *o);
#define RUN(id, area, severity, confidence, remedy, title, why, fix, source)
#include "policy/rules.def"

static inline enum verdict fails_if(bool wrong)
{
	return wrong ? VERDICT_FAIL : VERDICT_PASS;
}

static inline bool is_present(struct slice value)
{
	return value.ptr != NULL;
}

static inline bool is_error(const struct observation *o)
{
	return o->status >= 400;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal.h - every way to say no, one row each in policy/refusals.def.
 *
 * A refusal has a stable rule id, a status, a machine word for the body, a sentence for the
 * person and a documented meaning; counters and log lines are indexed by it.
 */
#pragma once

#include "base/slice.h"
#include "base/writer.h"
#include "http/request.h"

#include <stdint.h>

/* NONE is 0, the rest are the rows of refusals.def. */
enum refusal {
	REFUSAL_NONE = 0,
#define X(name, rule, status, word, sentence, meaning) REFUSAL_##name,
#include "policy/refusals.def"
#undef X
	REFUSAL_COUNT,
};

struct refusal_row {
	struct slice name; /* the symbol, "NOT_ACCEPTABLE"; unique, unlike the word */
	struct slice rule; /* "G101" */
	unsigned status;
	struct slice word;     /* "not_acceptable": alike for all 401 */
	struct slice sentence; /* says what to do; alike for all 401 */
	struct slice meaning;
};

/* The row; `refusal` must not be REFUSAL_NONE. Static storage. */
const struct refusal_row *refusal_row(enum refusal refusal);
/* The refusal that answers a request which is not HTTP; `fault` is not HTTP_FAULT_NONE. */
enum refusal refusal_of_fault(enum http_fault fault);

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/refusal.h"

#include "base/require.h"

static const struct refusal_row rows[REFUSAL_COUNT] = {
#define X(name, rule, status, word, sentence, meaning)                                             \
	[REFUSAL_##name] = {SLICE_INIT(#name), SLICE_INIT(rule),     status,                       \
			    SLICE_INIT(word),  SLICE_INIT(sentence), SLICE_INIT(meaning)},
#include "policy/refusals.def"
#undef X
};

const struct refusal_row *refusal_row(enum refusal refusal)
{
	require(refusal > REFUSAL_NONE && refusal < REFUSAL_COUNT);
	return &rows[refusal];
}

static bool is_about_host(enum http_fault fault)
{
	return fault == HTTP_FAULT_HOST_MISSING || fault == HTTP_FAULT_HOST_REPEATED ||
	       fault == HTTP_FAULT_HOST || fault == HTTP_FAULT_HOST_DIFFERS;
}

enum refusal refusal_of_fault(enum http_fault fault)
{
	require(fault != HTTP_FAULT_NONE);
	if (is_about_host(fault))
		return REFUSAL_BAD_HOST;
	switch (http_fault_status(fault)) {
	case 414:
		return REFUSAL_URI_TOO_LONG;
	case 431:
		return REFUSAL_HEAD_TOO_LARGE;
	case 501:
		return REFUSAL_BAD_CODING;
	case 505:
		return REFUSAL_BAD_VERSION;
	default:
		return REFUSAL_BAD_REQUEST;
	}
}

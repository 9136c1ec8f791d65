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

/* SPDX-License-Identifier: Apache-2.0 */
#include "load/tally.h"

/* `skipped` numbers were left out, then one came. */
static uint64_t after_gap(uint64_t missing, uint32_t skipped)
{
	if (skipped >= TALLY_WINDOW - 1)
		return UINT64_MAX << 1;
	uint64_t gap = ((UINT64_C(1) << skipped) - 1) << 1;
	return missing << (skipped + 1) | gap;
}

static enum tally_verdict verdict_behind(struct tally_stream *s, uint32_t seq)
{
	uint32_t back = s->next - 1 - seq;

	if (back >= TALLY_WINDOW || !(s->missing >> back & 1))
		return TALLY_DUPLICATE;
	s->missing &= ~(UINT64_C(1) << back);
	return TALLY_OUT_OF_ORDER;
}

enum tally_verdict tally_take(struct tally *t, struct tally_stream *s, uint32_t seq)
{
	enum tally_verdict verdict = TALLY_IN_ORDER;

	if (seq < s->next) {
		verdict = verdict_behind(s, seq);
	} else {
		s->missing = after_gap(s->missing, seq - s->next);
		s->next = seq + 1;
	}
	if (verdict == TALLY_DUPLICATE) {
		t->duplicate++;
		return verdict;
	}
	if (verdict == TALLY_OUT_OF_ORDER)
		t->out_of_order++;
	s->distinct++;
	t->delivered++;
	return verdict;
}

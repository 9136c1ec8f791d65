/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: one byte that says which fields are there (1 type, 2 id, 4 data, 8 retry), then
 * type SOH id SOH data. A random event is mostly refused, so the law also runs with its data
 * alone.
 */
#include "../../unit/sse/laws.h"

#include "base/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;

	struct slice rest = {(const char *)data + 1, size - 1};
	struct slice type = slice_cut(&rest, '\x01');
	struct slice id = slice_cut(&rest, '\x01');
	struct sse_event event = {
		.type = *data & 1 ? type : SLICE_NONE,
		.id = *data & 2 ? id : SLICE_NONE,
		.data = *data & 4 ? rest : SLICE_NONE,
		.retry_ms = size,
		.has_retry = *data & 8,
	};
	require(law_event_survives(&event));
	event.type = SLICE_NONE;
	event.id = SLICE_NONE;
	require(law_event_survives(&event));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A list counts alike on one line and on two that are cut at a comma outside quotes. */
#include "base/require.h"
#include "http/accept.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice type = SLICE("text"), subtype = SLICE("event-stream");
	struct slice in = {(const char *)data, size};
	struct slice lines[2] = {{NULL, 0}, in};
	enum accept_match whole = accept_match(in, type, subtype);

	if (slice_find(in, '"') < in.len)
		return 0;
	lines[0] = slice_cut(&lines[1], ',');
	require(accept_match_lines(lines, 2, type, subtype) == whole);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says how the rest, an answer of HTTP/1.x, is cut. */
#include "../../unit/audit/play.h"

#include "base/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	require(pieces_do_not_matter((struct slice){(const char *)data + 1, size - 1}, *data));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A prefix never says more than the whole, and a refusal or an end is for good. */
#include "base/require.h"
#include "http/proxy_protocol.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct proxy_header whole = {0}, part = {0};
	size_t need = 0, part_need = 0;
	enum proxy_step step = proxy_protocol_parse(in, &need, &whole);

	require(step != PROXY_DONE || (whole.len >= PROXY_PROTOCOL_MIN &&
				       whole.len <= PROXY_PROTOCOL_MAX && whole.len <= size));
	for (size_t len = 0; len < size && len <= PROXY_PROTOCOL_MAX; len++) {
		enum proxy_step at = proxy_protocol_parse(slice_upto(in, len), &part_need, &part);

		require(at != PROXY_REFUSED || step == PROXY_REFUSED);
		require(at != PROXY_DONE ||
			(step == PROXY_DONE && part.len == whole.len &&
			 memcmp(&part.addr, &whole.addr, sizeof(part.addr)) == 0));
		require(at != PROXY_MORE || (part_need > len && part_need <= PROXY_PROTOCOL_MAX));
		require(step != PROXY_DONE || (at == PROXY_DONE) == (len >= whole.len));
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A value that is found can be sent on as it is; a second copy of the name is always seen. */
#include "base/buf.h"
#include "base/require.h"
#include "http/cookie.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct slice value = SLICE_NONE;
	struct buf twice;

	if (cookie_get(in, SLICE("sid"), &value))
		return 0;
	require(!slice_has_any(value, SLICE(" \t\r\n\0;,\"\\")));
	require(value.ptr >= in.ptr && value.ptr + value.len <= in.ptr + in.len);
	buf_init(&twice, size + 8);
	require(!buf_append(&twice, in) && !buf_append(&twice, SLICE("; sid=x")));
	require(cookie_get(buf_slice(&twice), SLICE("sid"), &value) == E_EXISTS);
	buf_free(&twice);
	return 0;
}

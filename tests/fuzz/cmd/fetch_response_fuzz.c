/* SPDX-License-Identifier: Apache-2.0 */
/* An answer reads alike whole and in pieces (the first byte says how long), and stays in bounds. */
#include "base/require.h"
#include "cmd/fetch_response.h"

#define MAX_BODY 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum fetch_fault eat_all(struct fetch_response *r, struct slice in, size_t step)
{
	enum fetch_fault fault = FETCH_OK;

	fetch_response_init(r, MAX_BODY);
	while (!fault && !r->done && in.len > 0) {
		fault = fetch_response_eat(r, slice_upto(in, step));
		in = slice_from(in, step);
	}
	return fault || r->done ? fault : fetch_response_end(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fetch_response whole, pieces;

	if (size == 0)
		return 0;
	struct slice in = {(const char *)data + 1, size - 1};
	enum fetch_fault fault = eat_all(&whole, in, SIZE_MAX);
	enum fetch_fault again = eat_all(&pieces, in, 1 + (size_t)data[0]);
	require(fault == again);
	require(whole.body.len <= MAX_BODY && whole.type_len <= FETCH_MAX_TYPE);
	if (!fault) {
		require(whole.done && whole.status >= 200);
		require(whole.status == pieces.status);
		require(whole.max_age_s == pieces.max_age_s);
		require(slice_eq(buf_slice(&whole.body), buf_slice(&pieces.body)));
	}
	fetch_response_fini(&whole);
	fetch_response_fini(&pieces);
	return 0;
}

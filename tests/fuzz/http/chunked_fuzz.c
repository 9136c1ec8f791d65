/* SPDX-License-Identifier: Apache-2.0 */
/* A chunked body is decoded alike however it is cut; the first byte says how. */
#include "base/buf.h"
#include "base/require.h"
#include "http/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum http_step step;
	enum http_fault fault;
	size_t used;
	struct buf body;
};

static struct outcome eat(struct slice in, size_t piece)
{
	struct outcome o = {.step = HTTP_MORE};
	struct http_chunked c;

	http_chunked_init(&c);
	buf_init(&o.body, in.len + 1);
	while (o.step == HTTP_MORE && o.used < in.len) {
		struct slice data = SLICE_NONE;
		size_t used = 0;

		o.step = http_chunked_eat(&c, slice_upto(slice_from(in, o.used), piece), &used,
					  &data, &o.fault);
		require(o.step != HTTP_MORE || used > 0);
		require(buf_append(&o.body, data) == OK);
		o.used += used;
	}
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;

	struct slice in = {(const char *)data + 1, size - 1};
	struct outcome whole = eat(in, SIZE_MAX);
	struct outcome cut = eat(in, (size_t)*data + 1);
	require(whole.step == cut.step && whole.fault == cut.fault);
	require(whole.step == HTTP_REFUSED || whole.used == cut.used);
	require(slice_eq(buf_slice(&whole.body), buf_slice(&cut.body)));
	buf_free(&whole.body);
	buf_free(&cut.body);
	return 0;
}

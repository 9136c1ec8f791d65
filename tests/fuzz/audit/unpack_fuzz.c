/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says which coding the rest is in, and how it is cut: that makes no difference. */
#include "audit/unpack.h"

#include "base/require.h"
#include "base/rng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SUMMED 65536u /* bytes that are compared; of a bomb's others, how many there are */

struct seen {
	size_t len;
	uint64_t sum;
};

static void add(void *ctx, struct slice text)
{
	struct seen *seen = ctx;

	for (size_t i = 0; i < text.len && seen->len + i < SUMMED; i++)
		seen->sum = seen->sum * 31 + (unsigned char)text.ptr[i];
	seen->len += text.len;
	require(text.len > 0 && seen->len <= UNPACK_MAX);
}

static enum text unpacked(struct slice coding, struct slice in, size_t max, struct seen *ret)
{
	struct unpack *u = unpack_new(coding);
	struct rng rng = {in.len};
	enum text text = TEXT_READ;

	require(u != NULL);
	*ret = (struct seen){.len = 0};
	while (in.len > 0) {
		size_t n = max == SIZE_MAX ? in.len : rng_between(&rng, 1, max);

		text = unpack_feed(u, slice_upto(in, n), add, ret);
		in = slice_from(in, n);
	}
	unpack_free(u);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data + 1, size - 1};
	struct seen whole, pieces;

	if (size == 0)
		return 0;
	struct slice coding = *data % 2 ? SLICE("gzip") : SLICE("deflate");
	enum text text = unpacked(coding, in, SIZE_MAX, &whole);
	require(text == unpacked(coding, in, 1 + *data / 2, &pieces));
	require(whole.len == pieces.len && whole.sum == pieces.sum);
	require((text == TEXT_TOO_LONG) == (whole.len == UNPACK_MAX));
	return 0;
}

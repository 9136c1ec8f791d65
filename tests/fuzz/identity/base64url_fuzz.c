/* SPDX-License-Identifier: Apache-2.0 */
/* What decodes has one spelling: encoding gives the same text back. */
#include "base/base64url.h"
#include "base/require.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	size_t cap = BASE64URL_BYTES(size), len = SIZE_MAX;
	uint8_t *bytes = malloc(cap + 1);
	char *text = malloc(BASE64URL_CHARS(size) + 1);
	struct writer w;

	require(bytes && text);
	if (base64url_decode(in, bytes, cap, &len) == OK) {
		require(len == cap);
		writer_init(&w, text, size);
		put_base64url(&w, (struct slice){(const char *)bytes, len});
		require(!w.overflow && slice_eq(writer_slice(&w), in));
	} else {
		require(len == SIZE_MAX);
	}
	/* And what is encoded decodes. */
	writer_init(&w, text, BASE64URL_CHARS(size));
	put_base64url(&w, in);
	require(!w.overflow && w.len == BASE64URL_CHARS(size));
	free(bytes);
	bytes = malloc(size + 1);
	require(bytes && base64url_decode(writer_slice(&w), bytes, size, &len) == OK);
	require(slice_eq((struct slice){(const char *)bytes, len}, in));
	free(bytes);
	free(text);
	return 0;
}

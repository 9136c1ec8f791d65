/* SPDX-License-Identifier: Apache-2.0 */
/* decode(encode(x)) is x for all text; queries and URLs are cut inside their bytes. */
#include "base/require.h"
#include "base/utf8.h"
#include "http/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_roundtrip(struct slice in, struct writer *encoded, struct writer *decoded)
{
	enum err err;

	url_encode(encoded, in);
	require(!encoded->overflow);
	err = url_decode(decoded, writer_slice(encoded), true);
	if (slice_find(in, '\0') < in.len)
		require(err == E_SYNTAX);
	else
		require(err == (utf8_valid(in) ? OK : E_BAD_UTF8));
	require(err || slice_eq(writer_slice(decoded), in));
}

/* What a decoder takes never grows and never holds a NUL. */
static void check_decode(struct slice in, struct writer *w)
{
	if (url_decode(w, in, false))
		return;
	require(w->len <= in.len);
	require(slice_find(writer_slice(w), '\0') == w->len);
	require(utf8_valid(writer_slice(w)));
}

static void check_query(struct slice query)
{
	struct slice rest = query;
	struct slice name, value, found;
	size_t pairs = 0;

	while (url_query_next(&rest, &name, &value)) {
		require(name.ptr >= query.ptr && name.ptr + name.len <= query.ptr + query.len);
		require(++pairs <= query.len);
	}
	require(url_query_get(query, SLICE("a"), pairs, &found) == E_NOT_FOUND);
}

static void check_url(struct slice in)
{
	struct url url;

	if (url_parse(in, &url))
		return;
	require(url.host.len > 0 && url.port > 0);
	require(url.target.ptr[0] == '/' && slice_find(url.target, '#') == url.target.len);
	require(slice_find(url.authority, '@') == url.authority.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	char *room = malloc(4 * size + 1);
	struct writer encoded, decoded;

	if (!room)
		return 0;
	writer_init(&encoded, room, 3 * size);
	writer_init(&decoded, room + 3 * size, size);
	check_roundtrip(in, &encoded, &decoded);
	writer_init(&decoded, room, size);
	check_decode(in, &decoded);
	check_query(in);
	check_url(in);
	free(room);
	return 0;
}

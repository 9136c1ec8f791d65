/* SPDX-License-Identifier: Apache-2.0 */
/* No prefix of a response head is refused, and bytes behind the head change nothing. */
#include "base/require.h"
#include "http/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct slice part, struct slice whole)
{
	return !part.ptr || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_fields(const struct http_response *res, struct slice head)
{
	require(res->field_count <= HTTP_MAX_RESPONSE_FIELDS);
	require(inside(res->reason, head));
	for (size_t i = 0; i < res->field_count; i++) {
		require(inside(res->fields[i].name, head));
		require(inside(res->fields[i].value, head));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct http_response res;
	enum http_fault fault;
	size_t len, again;

	if (http_response_parse(in, &res, &len, &fault) != HTTP_DONE)
		return 0;
	struct slice head = slice_upto(in, len);
	check_fields(&res, head);
	for (size_t n = 0; n < len; n += len / 32 + 1)
		require(http_response_parse(slice_upto(in, n), &res, &again, &fault) == HTTP_MORE);
	require(http_response_parse(head, &res, &again, &fault) == HTTP_DONE && again == len);
	return 0;
}

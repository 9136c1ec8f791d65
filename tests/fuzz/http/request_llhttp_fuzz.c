/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever head we take, llhttp (strict) takes and reads the same way. It may take more: the
 * gate is meant to be the narrower of the two.
 */
#include "llhttp_oracle.h"

#include "base/require.h"
#include "base/writer.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct http_request *req, const struct llhttp_reading *theirs)
{
	require(theirs->accepted);
	require(theirs->major == 1 && (theirs->minor == 1) == (req->version == HTTP_1_1));
	require(theirs->fields == req->field_count);
	require(theirs->chunked == (req->body == HTTP_BODY_CHUNKED));
	require(theirs->has_length == (req->body == HTTP_BODY_LENGTH));
	require(!theirs->has_length || theirs->length == req->content_length);
}

/*
 * llhttp knows a list of methods, some of them of other protocols (SETUP, PRI): to us any token is
 * a method. The rest of such a head is compared under a method that both know.
 */
static struct llhttp_reading read_as_put(const struct http_request *req, struct slice head)
{
	static char text[HTTP_MAX_HEAD + 8];
	struct writer w;

	/* One empty line may stand before the request line. */
	struct slice rest = slice_from(head, (size_t)(req->method_text.ptr - head.ptr));
	writer_init(&w, text, sizeof(text));
	put(&w, SLICE("PUT"));
	put(&w, slice_from(rest, req->method_text.len));
	require(!w.overflow);
	return llhttp_read(text, w.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct http_scan scan = {0};
	struct http_request req;
	enum http_fault fault;
	size_t len;

	if (http_scan(&scan, in, &len, &fault) != HTTP_DONE)
		return 0;
	if (http_request_parse(slice_upto(in, len), &req))
		return 0;

	struct llhttp_reading theirs = llhttp_read(in.ptr, len);
	if (!theirs.accepted && req.method == HTTP_OTHER)
		theirs = read_as_put(&req, slice_upto(in, len));
	else
		require(slice_eq(req.method_text, slice_of(theirs.method)));
	compare(&req, &theirs);
	return 0;
}

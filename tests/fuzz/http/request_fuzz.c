/* SPDX-License-Identifier: Apache-2.0 */
/* A head is cut alike whole and byte by byte; whatever the parser takes lies inside the head. */
#include "base/require.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum http_step step;
	enum http_fault fault;
	size_t len;
};

static struct outcome scan_in_pieces(struct slice in, size_t piece)
{
	struct outcome o = {.step = HTTP_MORE};
	struct http_scan scan = {0};

	for (size_t n = piece; o.step == HTTP_MORE; n += piece) {
		o.step = http_scan(&scan, slice_upto(in, n), &o.len, &o.fault);
		if (n >= in.len)
			break;
	}
	return o;
}

static bool inside(struct slice part, struct slice whole)
{
	return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static void check_request(const struct http_request *req, struct slice head)
{
	require(inside(req->method_text, head) && req->method_text.len > 0);
	require(req->path.len > 0 && (req->path.ptr[0] == '/' || req->path.ptr[0] == '*'));
	require(!req->query.ptr || inside(req->query, head));
	require(req->host.ptr ? inside(req->host, head) : req->version == HTTP_1_0);
	require(req->field_count <= HTTP_MAX_FIELDS);
	require(req->body != HTTP_BODY_CHUNKED || req->version == HTTP_1_1);
	for (size_t i = 0; i < req->field_count; i++) {
		require(inside(req->fields[i].name, head) && req->fields[i].name.len > 0);
		require(inside(req->fields[i].value, head));
		require(!slice_has_any(req->fields[i].value, SLICE("\r\n\0")));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct outcome whole = scan_in_pieces(in, size > 0 ? size : 1);
	struct outcome bytes = scan_in_pieces(in, 1);
	struct http_request req;

	require(whole.step == bytes.step && whole.fault == bytes.fault && whole.len == bytes.len);
	if (whole.step == HTTP_DONE && !http_request_parse(slice_upto(in, whole.len), &req))
		check_request(&req, in);
	/* What nobody has scanned must be refused or be exactly one head. */
	if (!http_request_parse(in, &req))
		require(whole.step == HTTP_DONE && whole.len == size);
	return 0;
}

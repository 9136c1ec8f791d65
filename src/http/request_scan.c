/* SPDX-License-Identifier: Apache-2.0 */
#include "http/chars.h"
#include "http/request.h"

/* The request line begins at 0, or at 2 behind one empty line; no other line can. */
static bool in_request_line(const struct http_scan *scan)
{
	return scan->line <= 2;
}

/* At the LF of a line. */
static enum http_step end_line(struct http_scan *scan, enum http_fault *ret_fault)
{
	bool empty = scan->at - scan->line == 1;

	if (empty && scan->any)
		return HTTP_DONE;
	if (empty && scan->line > 0) {
		*ret_fault = HTTP_FAULT_EMPTY_LINES;
		return HTTP_REFUSED;
	}
	if (!empty && !in_request_line(scan) && ++scan->fields > HTTP_MAX_FIELDS) {
		*ret_fault = HTTP_FAULT_TOO_MANY_FIELDS;
		return HTTP_REFUSED;
	}
	scan->line = scan->at + 1;
	return HTTP_MORE;
}

/* A byte that is not text, or the one behind a CR. */
static enum http_step take_control(struct http_scan *scan, char c, enum http_fault *ret_fault)
{
	bool after_cr = scan->cr;

	scan->cr = !after_cr && c == '\r';
	if (scan->cr)
		return HTTP_MORE;
	if (after_cr && c == '\n')
		return end_line(scan, ret_fault);
	if (after_cr)
		*ret_fault = HTTP_FAULT_BARE_CR;
	else
		*ret_fault = c == '\n' ? HTTP_FAULT_BARE_LF : HTTP_FAULT_CONTROL;
	return HTTP_REFUSED;
}

static void skip_text(struct http_scan *scan, struct slice seen)
{
	size_t run = scan->cr ? 0 : text_run(slice_from(seen, scan->at));

	scan->at += run;
	scan->any |= run > 0;
}

enum http_step http_scan(struct http_scan *scan, struct slice in, size_t *ret_head_len,
			 enum http_fault *ret_fault)
{
	/* Nothing past the maximum is looked at: how the bytes are cut up changes no answer. */
	struct slice seen = slice_upto(in, HTTP_MAX_HEAD);

	while (scan->at < seen.len) {
		skip_text(scan, seen);
		if (in_request_line(scan) && scan->at - scan->line > HTTP_MAX_LINE + scan->cr) {
			*ret_fault = HTTP_FAULT_LINE_TOO_LONG;
			return HTTP_REFUSED;
		}
		if (scan->at == seen.len)
			break;
		enum http_step step = take_control(scan, seen.ptr[scan->at], ret_fault);
		if (step == HTTP_REFUSED)
			return HTTP_REFUSED;
		scan->at++;
		if (step == HTTP_DONE) {
			*ret_head_len = scan->at;
			return HTTP_DONE;
		}
	}
	if (in.len <= HTTP_MAX_HEAD)
		return HTTP_MORE;
	*ret_fault = HTTP_FAULT_HEAD_TOO_LONG;
	return HTTP_REFUSED;
}

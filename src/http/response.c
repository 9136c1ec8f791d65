/* SPDX-License-Identifier: Apache-2.0 */
#include "http/response.h"

#include "base/text.h"

#include <string.h>

/* "HTTP/1.x NNN": all of a status line that must be there. */
#define STATUS_LINE_MIN 12u

/* Cuts one line, without its LF or CRLF. False where no LF has come yet. */
static bool take_line(struct slice *rest, struct slice *ret_line)
{
	size_t lf = slice_find(*rest, '\n');

	if (lf == rest->len)
		return false;
	struct slice line = slice_upto(*rest, lf);
	*ret_line = slice_ends(line, SLICE("\r")) ? slice_upto(line, lf - 1) : line;
	*rest = slice_from(*rest, lf + 1);
	return true;
}

static bool parse_status_line(struct http_response *res, struct slice line)
{
	struct slice version = slice_upto(line, 9);
	struct slice digits = slice_upto(slice_from(line, 9), 3);
	uint64_t status;

	if (!slice_starts(version, SLICE("HTTP/1.")) || line.len < STATUS_LINE_MIN)
		return false;
	if (!ascii_is_digit(version.ptr[7]) || version.ptr[8] != ' ')
		return false;
	if (parse_u64(digits, &status) || status < 100)
		return false;
	if (line.len > STATUS_LINE_MIN && line.ptr[STATUS_LINE_MIN] != ' ')
		return false;
	res->minor = (unsigned)(version.ptr[7] - '0');
	res->status = (unsigned)status;
	res->reason = slice_from(line, STATUS_LINE_MIN + 1);
	return true;
}

/* A folded line makes the value before it longer, line break and all: the bytes are evidence. */
static void extend_value(struct http_field *field, struct slice line)
{
	if (!field->value.ptr)
		field->value = slice_from(field->name, field->name.len);
	field->value.len = (size_t)(line.ptr + line.len - field->value.ptr);
	field->value = slice_trim(field->value);
}

static bool add_field(struct http_response *res, struct slice line)
{
	if (res->field_count > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t')) {
		extend_value(&res->fields[res->field_count - 1], line);
		return true;
	}
	if (res->field_count == HTTP_MAX_RESPONSE_FIELDS)
		return false;
	struct slice value = line;
	struct slice name = slice_cut(&value, ':');
	res->fields[res->field_count++] = (struct http_field){name, slice_trim(value)};
	return true;
}

/* All Content-Length lines and list members must be one and the same number (RFC 9112 6.3). */
static bool one_length(const struct http_response *res, uint64_t *ret_length)
{
	bool found = false;
	uint64_t length = 0;

	for (size_t i = 0; i < res->field_count; i++) {
		struct slice list = res->fields[i].value;
		struct slice one;
		uint64_t n;

		if (!slice_eq_nocase(res->fields[i].name, SLICE("content-length")))
			continue;
		while (http_list_next(&list, &one)) {
			if (parse_u64(one, &n) || (found && n != length))
				return false;
			length = n;
			found = true;
		}
	}
	*ret_length = length;
	return found;
}

static bool has_no_body(unsigned status)
{
	return status < 200 || status == 204 || status == 304;
}

/*
 * A length that cannot be trusted leaves "until close": the tools show what came, and the
 * connection is not used again.
 */
static void judge_body(struct http_response *res)
{
	struct slice coding = SLICE("transfer-encoding");

	if (has_no_body(res->status))
		res->body = HTTP_BODY_LENGTH;
	else if (http_fields_list_has(res->fields, res->field_count, coding, SLICE("chunked")))
		res->body = HTTP_BODY_CHUNKED;
	else if (http_response_count(res, coding) == 0 && one_length(res, &res->content_length))
		res->body = HTTP_BODY_LENGTH;
	res->keep_alive = res->body != HTTP_BODY_NONE &&
			  http_fields_keep_alive(res->fields, res->field_count, res->minor > 0);
}

static bool may_be_status_line(struct slice in)
{
	struct slice want = SLICE("HTTP/1.");

	return slice_eq(slice_upto(in, want.len), slice_upto(want, in.len));
}

/* HTTP_MORE: the empty line has not come yet. */
static enum http_step read_head(struct slice *rest, struct http_response *res,
				enum http_fault *ret_fault)
{
	struct slice line;

	if (!take_line(rest, &line))
		return HTTP_MORE;
	if (!parse_status_line(res, line)) {
		*ret_fault = HTTP_FAULT_STATUS_LINE;
		return HTTP_REFUSED;
	}
	while (take_line(rest, &line)) {
		if (line.len == 0)
			return HTTP_DONE;
		if (!add_field(res, line)) {
			*ret_fault = HTTP_FAULT_RESPONSE_TOO_LONG;
			return HTTP_REFUSED;
		}
	}
	return HTTP_MORE;
}

enum http_step http_response_parse(struct slice in, struct http_response *ret_response,
				   size_t *ret_len, enum http_fault *ret_fault)
{
	struct slice rest = slice_upto(in, HTTP_MAX_RESPONSE_HEAD);

	memset(ret_response, 0, offsetof(struct http_response, fields));
	if (!may_be_status_line(in)) {
		*ret_fault = HTTP_FAULT_STATUS_LINE;
		return HTTP_REFUSED;
	}
	enum http_step step = read_head(&rest, ret_response, ret_fault);
	if (step == HTTP_MORE && in.len > HTTP_MAX_RESPONSE_HEAD) {
		*ret_fault = HTTP_FAULT_RESPONSE_TOO_LONG;
		return HTTP_REFUSED;
	}
	if (step == HTTP_DONE) {
		judge_body(ret_response);
		*ret_len = (size_t)(rest.ptr - in.ptr);
	}
	return step;
}

struct slice http_response_get(const struct http_response *res, struct slice name)
{
	return http_fields_get(res->fields, res->field_count, name);
}

size_t http_response_count(const struct http_response *res, struct slice name)
{
	return http_fields_count(res->fields, res->field_count, name);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"

#include "base/text.h"
#include "http/chars.h"
#include "http/origin.h"
#include "http/request_part.h"

#include <string.h>

struct parser {
	struct http_request *req;
	struct slice rest;      /* of the head, behind the lines that were taken */
	struct slice authority; /* of an absolute-form target; ptr NULL without one */
	uint16_t default_port;  /* of its scheme */
};

/* Cuts one line; what it gives holds no control but HTAB. */
static enum http_fault take_line(struct parser *p, struct slice *ret_line)
{
	size_t end = text_run(p->rest);
	struct slice tail = slice_from(p->rest, end);

	if (tail.len < 2)
		return HTTP_FAULT_INCOMPLETE;
	if (tail.ptr[0] == '\n')
		return HTTP_FAULT_BARE_LF;
	if (tail.ptr[0] != '\r')
		return HTTP_FAULT_CONTROL;
	if (tail.ptr[1] != '\n')
		return HTTP_FAULT_BARE_CR;
	*ret_line = slice_upto(p->rest, end);
	p->rest = slice_from(tail, 2);
	return HTTP_FAULT_NONE;
}

static const struct {
	struct slice text;
	enum http_method method;
} methods[] = {
	{SLICE_INIT("GET"), HTTP_GET},
	{SLICE_INIT("HEAD"), HTTP_HEAD},
	{SLICE_INIT("POST"), HTTP_POST},
	{SLICE_INIT("OPTIONS"), HTTP_OPTIONS},
};

/* Methods are case-sensitive (RFC 9110 9.1). */
enum http_fault http_part_method(struct http_request *req, struct slice text)
{
	if (!char_all(text, CHAR_TOKEN))
		return HTTP_FAULT_METHOD;
	if (slice_eq(text, SLICE("CONNECT")))
		return HTTP_FAULT_CONNECT;
	req->method_text = text;
	req->method = HTTP_OTHER;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (slice_eq(text, methods[i].text))
			req->method = methods[i].method;
	}
	return HTTP_FAULT_NONE;
}

static void split_query(struct http_request *req, struct slice target)
{
	req->query = target;
	req->path = slice_cut(&req->query, '?');
	if (req->path.len == 0)
		req->path = SLICE("/");
}

enum http_fault http_part_path(struct http_request *req, struct slice target)
{
	if (!char_all(target, CHAR_TARGET))
		return HTTP_FAULT_TARGET;
	if (target.ptr[0] == '/') {
		split_query(req, target);
		return HTTP_FAULT_NONE;
	}
	if (!slice_eq(target, SLICE("*")) || req->method != HTTP_OPTIONS)
		return HTTP_FAULT_TARGET;
	req->path = target;
	return HTTP_FAULT_NONE;
}

/* http://authority[/path][?query]; `scheme` with its "://" (RFC 9112 3.2.2). */
static enum http_fault parse_absolute(struct parser *p, struct slice target, struct slice scheme)
{
	struct slice rest = slice_from(target, scheme.len);
	size_t slash = slice_find(rest, '/');
	size_t question = slice_find(rest, '?');
	size_t end = slash < question ? slash : question;
	struct host_port host;

	p->authority = slice_upto(rest, end);
	p->default_port = origin_default_port(slice_upto(scheme, scheme.len - 3));
	if (host_parse(p->authority, &host))
		return HTTP_FAULT_TARGET;
	split_query(p->req, slice_from(rest, end));
	return HTTP_FAULT_NONE;
}

static enum http_fault parse_target(struct parser *p, struct slice target)
{
	struct slice http = SLICE("http://");
	struct slice https = SLICE("https://");

	if (target.ptr[0] == '/')
		return http_part_path(p->req, target);
	if (!char_all(target, CHAR_TARGET))
		return HTTP_FAULT_TARGET;
	if (slice_starts_nocase(target, http))
		return parse_absolute(p, target, http);
	if (slice_starts_nocase(target, https))
		return parse_absolute(p, target, https);
	return http_part_path(p->req, target);
}

static enum http_fault parse_version(struct http_request *req, struct slice version)
{
	struct slice digits = slice_from(version, 5);

	if (!slice_starts(version, SLICE("HTTP/")) || digits.len != 3 || digits.ptr[1] != '.')
		return HTTP_FAULT_VERSION_SYNTAX;
	if (!ascii_is_digit(digits.ptr[0]) || !ascii_is_digit(digits.ptr[2]))
		return HTTP_FAULT_VERSION_SYNTAX;
	if (digits.ptr[0] != '1' || digits.ptr[2] > '1')
		return HTTP_FAULT_VERSION;
	req->version = digits.ptr[2] == '0' ? HTTP_1_0 : HTTP_1_1;
	return HTTP_FAULT_NONE;
}

static enum http_fault parse_request_line(struct parser *p, struct slice line)
{
	struct slice version = line;
	struct slice method = slice_cut(&version, ' ');
	struct slice target = slice_cut(&version, ' ');
	enum http_fault fault;

	if (line.len > HTTP_MAX_LINE)
		return HTTP_FAULT_LINE_TOO_LONG;
	if (method.len == 0 || target.len == 0 || version.len == 0)
		return HTTP_FAULT_REQUEST_LINE;
	if (slice_has_any(version, SLICE(" \t")))
		return HTTP_FAULT_REQUEST_LINE;
	fault = http_part_method(p->req, method);
	if (!fault)
		fault = parse_version(p->req, version);
	if (!fault)
		fault = parse_target(p, target);
	return fault;
}

static enum http_fault take_host(struct http_request *req, struct slice value)
{
	struct host_port host;

	if (req->host.ptr)
		return HTTP_FAULT_HOST_REPEATED;
	if (host_parse(value, &host))
		return HTTP_FAULT_HOST;
	req->host = value;
	return HTTP_FAULT_NONE;
}

/* A repeated length is refused even where it is equal: no two readers can then differ. */
static enum http_fault take_length(struct http_request *req, struct slice value)
{
	if (req->body == HTTP_BODY_LENGTH)
		return HTTP_FAULT_LENGTH_REPEATED;
	if (req->body == HTTP_BODY_CHUNKED)
		return HTTP_FAULT_LENGTH_AND_CODING;
	if (parse_u64(value, &req->content_length))
		return HTTP_FAULT_LENGTH;
	req->body = HTTP_BODY_LENGTH;
	return HTTP_FAULT_NONE;
}

static enum http_fault judge_codings(struct slice list)
{
	bool chunked = false;
	size_t members = 0;
	struct slice one;

	for (; http_list_next(&list, &one); members++) {
		if (chunked)
			return HTTP_FAULT_CODING_ORDER;
		chunked = slice_eq_nocase(one, SLICE("chunked"));
	}
	if (members == 0)
		return HTTP_FAULT_CODING_ORDER;
	return chunked && members == 1 ? HTTP_FAULT_NONE : HTTP_FAULT_CODING;
}

static enum http_fault take_coding(struct http_request *req, struct slice value)
{
	enum http_fault fault;

	if (req->version == HTTP_1_0)
		return HTTP_FAULT_CODING_HTTP10;
	if (req->body == HTTP_BODY_LENGTH)
		return HTTP_FAULT_LENGTH_AND_CODING;
	if (req->body == HTTP_BODY_CHUNKED)
		return HTTP_FAULT_CODING_REPEATED;
	fault = judge_codings(value);
	if (fault)
		return fault;
	/* ",chunked" is a list of one to us and a riddle to the next reader. */
	if (!slice_eq_nocase(value, SLICE("chunked")))
		return HTTP_FAULT_CODING_ORDER;
	req->body = HTTP_BODY_CHUNKED;
	return HTTP_FAULT_NONE;
}

static enum http_fault take_expect(struct http_request *req, struct slice value)
{
	if (!slice_eq_nocase(value, SLICE("100-continue")))
		req->expect_unknown = true;
	else
		req->expect_continue = req->version > HTTP_1_0;
	return HTTP_FAULT_NONE;
}

/* The fields that change how the rest of the connection is read. */
static const struct {
	struct slice name;
	enum http_fault (*take)(struct http_request *req, struct slice value);
} known_fields[] = {
	{SLICE_INIT("host"), take_host},
	{SLICE_INIT("content-length"), take_length},
	{SLICE_INIT("transfer-encoding"), take_coding},
	{SLICE_INIT("expect"), take_expect},
};

/* `raw` is the value with its white space. */
static enum http_fault note_field(struct http_request *req, struct http_field field,
				  struct slice raw)
{
	for (size_t i = 0; i < sizeof(known_fields) / sizeof(known_fields[0]); i++) {
		struct slice name = known_fields[i].name;

		if (field.name.len != name.len || !slice_eq_nocase(field.name, name))
			continue;
		/* Lawful white space (RFC 9110 5.6.3), but parsers in wide use do not skip it. */
		if (slice_find(raw, '\t') < raw.len)
			return HTTP_FAULT_TAB;
		return known_fields[i].take(req, field.value);
	}
	return HTTP_FAULT_NONE;
}

enum http_fault http_part_field(struct http_request *req, struct http_field field, struct slice raw)
{
	if (req->field_count == HTTP_MAX_FIELDS)
		return HTTP_FAULT_TOO_MANY_FIELDS;
	req->fields[req->field_count++] = field;
	return note_field(req, field, raw);
}

static enum http_fault parse_field(struct http_request *req, struct slice line)
{
	size_t name = char_run(line, CHAR_TOKEN);
	char stop = name < line.len ? line.ptr[name] : '\0';

	if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return HTTP_FAULT_FOLDED;
	if (stop == '\0' || stop == ' ' || stop == '\t')
		return HTTP_FAULT_FIELD_COLON;
	if (name == 0 || stop != ':')
		return HTTP_FAULT_FIELD_NAME;
	struct slice raw = slice_from(line, name + 1);
	struct http_field field = {slice_upto(line, name), slice_trim(raw)};
	return http_part_field(req, field, raw);
}

static enum http_fault parse_fields(struct parser *p)
{
	struct slice line;
	enum http_fault fault = take_line(p, &line);

	while (!fault && line.len > 0) {
		fault = parse_field(p->req, line);
		if (!fault)
			fault = take_line(p, &line);
	}
	return fault;
}

bool http_same_host(struct slice a, struct slice b, uint16_t default_port)
{
	struct host_port x, y;

	if (host_parse(a, &x) || host_parse(b, &y))
		return false;
	return slice_eq_nocase(x.host, y.host) &&
	       (x.has_port ? x.port : default_port) == (y.has_port ? y.port : default_port);
}

static enum http_fault check_host(const struct parser *p)
{
	struct http_request *req = p->req;

	if (!req->host.ptr && req->version > HTTP_1_0)
		return HTTP_FAULT_HOST_MISSING;
	if (!p->authority.ptr)
		return HTTP_FAULT_NONE;
	if (!req->host.ptr)
		req->host = p->authority;
	return http_same_host(req->host, p->authority, p->default_port) ? HTTP_FAULT_NONE
									: HTTP_FAULT_HOST_DIFFERS;
}

enum http_fault http_request_parse(struct slice head, struct http_request *ret_req)
{
	struct parser p = {.req = ret_req, .rest = head};
	struct slice line;

	/* The rows of `fields` past field_count mean nothing: clearing them costs 2 KiB a time. */
	memset(ret_req, 0, offsetof(struct http_request, fields));
	if (head.len > HTTP_MAX_HEAD)
		return HTTP_FAULT_HEAD_TOO_LONG;
	if (slice_starts(head, SLICE("\r\n")))
		p.rest = slice_from(head, 2);
	enum http_fault fault = take_line(&p, &line);
	if (!fault)
		fault = parse_request_line(&p, line);
	if (!fault)
		fault = parse_fields(&p);
	if (!fault && p.rest.len > 0)
		fault = HTTP_FAULT_INCOMPLETE;
	if (!fault)
		fault = check_host(&p);
	ret_req->keep_alive = http_fields_keep_alive(ret_req->fields, ret_req->field_count,
						     ret_req->version > HTTP_1_0);
	return fault;
}

size_t http_field_count(const struct http_request *req, struct slice name)
{
	return http_fields_count(req->fields, req->field_count, name);
}

struct slice http_field_get(const struct http_request *req, struct slice name)
{
	return http_fields_get(req->fields, req->field_count, name);
}

struct slice http_version_name(enum http_version version)
{
	static const struct slice names[] = {
		[HTTP_1_0] = SLICE_INIT("HTTP/1.0"),
		[HTTP_1_1] = SLICE_INIT("HTTP/1.1"),
		[HTTP_2] = SLICE_INIT("HTTP/2"),
	};

	return names[version];
}

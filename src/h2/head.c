/* SPDX-License-Identifier: Apache-2.0 */
#include "h2/head.h"

#include "http/origin.h"
#include "http/request_part.h"

#include <stdlib.h>

#define FIELD_COST 32u /* bytes that each field counts more (RFC 9113 6.5.2) */

struct h2_head *h2_head_new(void)
{
	struct h2_head *head = malloc(sizeof(*head));

	if (!head)
		return NULL;
	*head = (struct h2_head){.cookie_row = HTTP_MAX_FIELDS};
	head->req.version = HTTP_2;
	head->req.keep_alive = true;
	buf_init(&head->cookie, HTTP_MAX_HEAD);
	return head;
}

void h2_head_free(struct h2_head *head)
{
	if (!head)
		return;
	for (size_t i = 0; i < head->held_count; i++)
		nghttp2_rcbuf_decref(head->held[i]);
	buf_free(&head->cookie);
	free(head);
}

size_t h2_field_size(struct slice name, struct slice value)
{
	return name.len + value.len + FIELD_COST;
}

struct slice h2_text(nghttp2_rcbuf *buf)
{
	nghttp2_vec v = nghttp2_rcbuf_get_buf(buf);

	return (struct slice){(const char *)v.base, v.len};
}

static void fault(struct h2_head *head, enum http_fault fault)
{
	if (!head->fault)
		head->fault = fault;
}

static bool hold(struct h2_head *head, nghttp2_rcbuf *buf)
{
	if (head->held_count == sizeof(head->held) / sizeof(head->held[0]))
		return false;
	nghttp2_rcbuf_incref(buf);
	head->held[head->held_count++] = buf;
	return true;
}

/* The value is set when all crumbs are there. False: no memory. */
static bool take_crumb(struct h2_head *head, struct slice name, struct slice crumb)
{
	bool first = head->cookie_row == HTTP_MAX_FIELDS;

	if (first) {
		head->cookie_row = head->req.field_count;
		fault(head, http_part_field(&head->req, (struct http_field){name, crumb}, crumb));
	}
	/* Fits: each crumb has cost FIELD_COST of the maximum of the head. */
	if (!first && buf_append(&head->cookie, SLICE("; ")))
		return false;
	return buf_append(&head->cookie, crumb) == OK;
}

static void take_pseudo(struct h2_head *head, struct slice name, struct slice value)
{
	if (slice_eq(name, SLICE(":method")))
		head->method = value;
	else if (slice_eq(name, SLICE(":scheme")))
		head->scheme = value;
	else if (slice_eq(name, SLICE(":authority")))
		head->authority = value;
	else if (slice_eq(name, SLICE(":path")))
		head->path = value;
}

bool h2_head_field(struct h2_head *head, nghttp2_rcbuf *name_buf, nghttp2_rcbuf *value_buf)
{
	struct slice name = h2_text(name_buf);
	struct slice value = h2_text(value_buf);

	head->bytes += h2_field_size(name, value);
	if (head->bytes > HTTP_MAX_HEAD)
		fault(head, HTTP_FAULT_HEAD_TOO_LONG);
	if (head->fault)
		return true;
	if (slice_eq(name, SLICE("cookie")) && head->cookie_row < HTTP_MAX_FIELDS)
		return take_crumb(head, name, value);
	if (!hold(head, name_buf) || !hold(head, value_buf)) {
		fault(head, HTTP_FAULT_TOO_MANY_FIELDS);
		return true;
	}
	if (name.ptr[0] == ':')
		take_pseudo(head, name, value);
	else if (slice_eq(name, SLICE("cookie")))
		return take_crumb(head, name, value);
	else
		fault(head, http_part_field(&head->req, (struct http_field){name, value}, value));
	return true;
}

static enum http_fault judge_target(struct h2_head *head)
{
	enum http_fault found = http_part_method(&head->req, head->method);

	if (found)
		return found;
	if (head->path.len > HTTP_MAX_LINE)
		return HTTP_FAULT_LINE_TOO_LONG;
	if (origin_default_port(head->scheme) == 0 || !slice_starts(head->scheme, SLICE("http")))
		return HTTP_FAULT_TARGET;
	return http_part_path(&head->req, head->path);
}

/* False: Host names something else (RFC 9113 8.3.1). */
static bool join_host(struct h2_head *head)
{
	struct slice host = head->req.host;
	struct host_port parsed;

	if (!head->authority.ptr)
		return true;
	head->req.host = head->authority;
	if (host_parse(head->authority, &parsed))
		fault(head, HTTP_FAULT_HOST);
	else if (host.ptr)
		return http_same_host(host, head->authority, origin_default_port(head->scheme));
	return true;
}

bool h2_head_finish(struct h2_head *head, bool ended)
{
	struct http_request *req = &head->req;

	if (!join_host(head))
		return false;
	fault(head, judge_target(head));
	if (head->cookie_row < req->field_count)
		req->fields[head->cookie_row].value = buf_slice(&head->cookie);
	if (ended)
		req->body = HTTP_BODY_NONE;
	else if (req->body == HTTP_BODY_NONE)
		req->body = HTTP_BODY_STREAM;
	return true;
}

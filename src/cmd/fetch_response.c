/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/fetch_response.h"

#include "base/text.h"

#include <string.h>

void fetch_response_init(struct fetch_response *r, size_t max_body)
{
	*r = (struct fetch_response){0};
	buf_init(&r->body, max_body);
	buf_init(&r->head, FETCH_MAX_HEAD);
	http_chunked_init(&r->chunked);
}

void fetch_response_fini(struct fetch_response *r)
{
	buf_free(&r->body);
	buf_free(&r->head);
}

/* The head. */

static void take_type(struct fetch_response *r, struct slice value)
{
	struct slice type = slice_trim(slice_upto(value, slice_find(value, ';')));

	if (type.len > FETCH_MAX_TYPE)
		return;
	for (size_t i = 0; i < type.len; i++)
		r->type[i] = ascii_lower(type.ptr[i]);
	r->type_len = type.len;
}

static void shorten(struct fetch_response *r, uint64_t max_age_s)
{
	if (!r->has_max_age || max_age_s < r->max_age_s)
		r->max_age_s = max_age_s;
	r->has_max_age = true;
}

static void take_directive(struct fetch_response *r, struct slice directive)
{
	struct slice name = SLICE("max-age=");
	uint64_t n = 0;

	if (slice_eq_nocase(directive, SLICE("no-store")) ||
	    slice_eq_nocase(directive, SLICE("no-cache")))
		shorten(r, 0);
	else if (slice_starts_nocase(directive, name) &&
		 parse_u64(slice_from(directive, name.len), &n) == OK)
		shorten(r, n);
}

static void take_cache_control(struct fetch_response *r, const struct http_response *head)
{
	for (size_t i = 0; i < head->field_count; i++) {
		struct slice rest = head->fields[i].value;
		struct slice directive;

		if (!slice_eq_nocase(head->fields[i].name, SLICE("Cache-Control")))
			continue;
		while (http_list_next(&rest, &directive))
			take_directive(r, directive);
	}
}

static enum fetch_fault take_head(struct fetch_response *r, const struct http_response *head)
{
	if (head->status >= 300 && head->status <= 399)
		return FETCH_REDIRECT;
	if (head->body == HTTP_BODY_LENGTH && head->content_length > r->body.max)
		return FETCH_BODY_TOO_BIG;
	r->status = head->status;
	r->framing = head->body;
	r->left = head->content_length;
	r->done = head->body == HTTP_BODY_LENGTH && head->content_length == 0;
	take_type(r, http_response_get(head, SLICE("Content-Type")));
	take_cache_control(r, head);
	return FETCH_OK;
}

static enum fetch_fault no_head_yet(const struct fetch_response *r)
{
	return r->head.len == r->head.max ? FETCH_HEAD_TOO_BIG : FETCH_OK;
}

/* What the head buffer holds of the head; whole interim answers are dropped from it. */
static enum fetch_fault read_head(struct fetch_response *r)
{
	while (r->interim <= FETCH_MAX_INTERIM) {
		enum http_fault why = HTTP_FAULT_NONE;
		struct http_response head;
		size_t len = 0;
		enum http_step step = http_response_parse(buf_slice(&r->head), &head, &len, &why);

		if (step == HTTP_MORE)
			return no_head_yet(r);
		/* 101 would end HTTP, and nobody asked for that (RFC 9110 15.2.2). */
		if (step == HTTP_REFUSED || head.status == 101)
			return FETCH_NOT_HTTP;
		enum fetch_fault fault = head.status >= 200 ? take_head(r, &head) : FETCH_OK;
		buf_consume(&r->head, len);
		if (fault || r->status != 0)
			return fault;
		r->interim++;
	}
	return FETCH_NOT_HTTP;
}

/* The body. */

static enum fetch_fault keep(struct fetch_response *r, struct slice piece)
{
	enum err err = buf_append(&r->body, piece);

	if (err == E_TOO_BIG)
		return FETCH_BODY_TOO_BIG;
	return err ? FETCH_NO_MEMORY : FETCH_OK;
}

static enum fetch_fault eat_chunked(struct fetch_response *r, struct slice in)
{
	enum fetch_fault fault = FETCH_OK;

	while (!fault && !r->done && in.len > 0) {
		enum http_fault why = HTTP_FAULT_NONE;
		struct slice data = SLICE_NONE;
		size_t used = 0;
		enum http_step step = http_chunked_eat(&r->chunked, in, &used, &data, &why);

		if (step == HTTP_REFUSED)
			return FETCH_NOT_HTTP;
		r->done = step == HTTP_DONE;
		fault = keep(r, data);
		in = slice_from(in, used);
	}
	return fault;
}

static enum fetch_fault eat_body(struct fetch_response *r, struct slice in)
{
	if (r->done || in.len == 0)
		return FETCH_OK;
	if (r->framing == HTTP_BODY_CHUNKED)
		return eat_chunked(r, in);
	if (r->framing == HTTP_BODY_NONE)
		return keep(r, in);
	/* What stands behind the length is not part of the answer. */
	if (in.len > r->left)
		in = slice_upto(in, (size_t)r->left);
	r->left -= in.len;
	r->done = r->left == 0;
	return keep(r, in);
}

enum fetch_fault fetch_response_eat(struct fetch_response *r, struct slice in)
{
	enum fetch_fault fault = FETCH_OK;

	while (!fault && r->status == 0 && in.len > 0) {
		struct slice part = slice_upto(in, r->head.max - r->head.len);

		if (buf_append(&r->head, part))
			return FETCH_NO_MEMORY;
		in = slice_from(in, part.len);
		fault = read_head(r);
	}
	if (fault || r->status == 0)
		return fault;
	/* The head buffer may hold the first bytes of the body. */
	fault = eat_body(r, buf_slice(&r->head));
	buf_reset(&r->head);
	return fault ? fault : eat_body(r, in);
}

enum fetch_fault fetch_response_end(struct fetch_response *r)
{
	if (r->status != 0 && r->framing == HTTP_BODY_NONE)
		r->done = true;
	return r->done ? FETCH_OK : FETCH_CUT;
}

struct slice fetch_response_type(const struct fetch_response *r)
{
	return (struct slice){r->type, r->type_len};
}

const char *fetch_fault_text(enum fetch_fault fault)
{
	static const char *const texts[] = {[FETCH_OK] = "ok",
#define X(name, text) [name] = (text),
					    FETCH_FAULT_MAP(X)
#undef X
	};

	return texts[fault];
}

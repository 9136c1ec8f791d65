/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/request.h"

#include "base/writer.h"

static void put_field(struct writer *w, const struct http_field *field)
{
	put(w, field->name);
	put(w, SLICE(": "));
	put(w, field->value);
	put(w, SLICE("\r\n"));
}

static void put_request(struct writer *w, const struct probe_spec *spec, bool trusted)
{
	put(w, spec->method);
	put_char(w, ' ');
	put(w, spec->url.target);
	put(w, SLICE(" HTTP/1."));
	put_u64(w, spec->minor);
	put(w, SLICE("\r\nHost: "));
	put(w, spec->url.authority);
	put(w, SLICE("\r\n"));
	for (size_t i = 0; i < spec->field_count; i++)
		put_field(w, &spec->fields[i]);
	for (size_t i = 0; trusted && i < spec->secret_count; i++)
		put_field(w, &spec->secrets[i]);
	if (spec->body.ptr) {
		put(w, SLICE("Content-Length: "));
		put_u64(w, spec->body.len);
		put(w, SLICE("\r\n"));
	}
	put(w, SLICE("\r\n"));
	put(w, spec->body);
}

bool request_make_h1(const struct probe_spec *spec, bool trusted, struct buf *out)
{
	struct writer w;

	if (buf_reserve(out, EXCHANGE_MAX_REQUEST))
		return false;
	writer_init(&w, out->ptr, EXCHANGE_MAX_REQUEST);
	put_request(&w, spec, trusted);
	out->len = w.len;
	return !w.overflow;
}

struct lower {
	char room[1024];
	struct writer w;
	struct http_field fields[H2_SURVEY_MAX_FIELDS];
	size_t count;
};

static void add_lower(struct lower *l, const struct http_field *field)
{
	size_t start = l->w.len;

	for (size_t i = 0; i < field->name.len; i++)
		put_char(&l->w, ascii_lower(field->name.ptr[i]));
	l->fields[l->count++] =
		(struct http_field){slice_from(writer_slice(&l->w), start), field->value};
}

bool request_make_h2(const struct probe_spec *spec, bool trusted,
		     const struct h2_survey_events *events, struct h2_survey **ret)
{
	struct lower l = {.count = 0};

	_Static_assert(EXCHANGE_MAX_FIELDS + 2 <= H2_SURVEY_MAX_FIELDS, "all of them fit");
	writer_init(&l.w, l.room, sizeof(l.room));
	for (size_t i = 0; i < spec->field_count; i++)
		add_lower(&l, &spec->fields[i]);
	for (size_t i = 0; trusted && i < spec->secret_count; i++)
		add_lower(&l, &spec->secrets[i]);
	if (l.w.overflow)
		return false;
	const struct h2_survey_request request = {
		.method = spec->method,
		.scheme = spec->url.https ? SLICE("https") : SLICE("http"),
		.authority = spec->url.authority,
		.path = spec->url.target,
		.fields = l.fields,
		.field_count = l.count,
		.window = spec->window,
		.body = spec->body,
	};
	*ret = h2_survey_new(events, &request);
	return *ret != NULL;
}

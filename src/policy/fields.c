/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/fields.h"

/*
 * Conditions: the word in fields.def and what the manual says. Each is the function `when_…`.
 */
#define WHEN_MAP(X)                                                                                \
	X(always, "always")                                                                        \
	X(dated, "the server knows the time")                                                      \
	X(has_body, "the answer has a body")                                                       \
	X(varies, "the answer depends on a request field")                                         \
	X(may_read, "CORS: the origin may read; a route for any origin: always")                   \
	X(with_credentials, "CORS with credentials, exact origin")                                 \
	X(may_read_fields, "CORS: the origin may read, not a preflight")                           \
	X(preflight, "answer to a preflight whose origin may read")                                \
	X(over_https, "over TLS, or a trusted proxy says https")                                   \
	X(edge_fastly, "edge profile fastly or generic")                                           \
	X(edge_cloudflare, "edge profile cloudflare or generic")                                   \
	X(has_cookie, "a ticket opened the stream, and cookies may bring it back")                 \
	X(unauthorized, "status 401")                                                              \
	X(has_methods, "status 405, and the answer to OPTIONS")                                    \
	X(has_retry, "status 429 and 503")                                                         \
	X(has_length, "every status but 204")                                                      \
	X(says_connection, "HTTP/1.x: the connection closes, or the request was HTTP/1.0")         \
	X(http_1, "HTTP/1.0 and HTTP/1.1")                                                         \
	X(http_1_1, "HTTP/1.1 only")

static bool when_always(const struct field_input *in)
{
	(void)in;
	return true;
}

static bool when_dated(const struct field_input *in)
{
	return in->facts->date.len > 0;
}

static bool when_has_body(const struct field_input *in)
{
	return in->answer->content_type.ptr != NULL;
}

static bool when_may_read(const struct field_input *in)
{
	return in->facts->cors != NULL && in->facts->cors->allow_origin.ptr != NULL;
}

static bool when_with_credentials(const struct field_input *in)
{
	return when_may_read(in) && in->facts->cors->credentials;
}

static bool is_preflight(const struct field_input *in)
{
	return in->answer != NULL && in->answer->preflight;
}

static bool when_may_read_fields(const struct field_input *in)
{
	return when_may_read(in) && !is_preflight(in);
}

static bool when_preflight(const struct field_input *in)
{
	return when_may_read(in) && is_preflight(in);
}

static bool when_over_https(const struct field_input *in)
{
	return in->facts->https;
}

static bool when_edge_fastly(const struct field_input *in)
{
	return (in->rules->edges & (EDGE_FASTLY | EDGE_GENERIC)) != 0;
}

static bool when_edge_cloudflare(const struct field_input *in)
{
	return (in->rules->edges & (EDGE_CLOUDFLARE | EDGE_GENERIC)) != 0;
}

static bool when_has_cookie(const struct field_input *in)
{
	return in->facts->set_cookie.ptr != NULL;
}

static bool when_unauthorized(const struct field_input *in)
{
	return in->answer->status == 401;
}

static bool when_has_methods(const struct field_input *in)
{
	return in->answer->allow.ptr != NULL;
}

static bool when_has_retry(const struct field_input *in)
{
	return in->answer->retry_after_s > 0;
}

/* RFC 9110 8.6: a 204 must not have one. */
static bool when_has_length(const struct field_input *in)
{
	return in->answer->status != 204;
}

static bool when_says_connection(const struct field_input *in)
{
	return in->facts->version == HTTP_1_0 ||
	       (in->facts->version == HTTP_1_1 && !in->facts->keep_alive);
}

static bool when_http_1(const struct field_input *in)
{
	return in->facts->version != HTTP_2;
}

static bool when_http_1_1(const struct field_input *in)
{
	return in->facts->version == HTTP_1_1;
}

static bool origin_decided(const struct field_input *in)
{
	return in->facts->cors != NULL && in->facts->cors->vary_origin;
}

static bool accept_decided(const struct field_input *in)
{
	return in->facts->vary_accept;
}

static bool fetch_metadata_decided(const struct field_input *in)
{
	return in->facts->cors != NULL;
}

/*
 * What Vary may name. Fetch Metadata is named although no-store makes it moot: an edge that
 * is told to cache everything keeps a 403 made for an <img> away from the page at least then.
 * Cookie and Authorization are left out: such an edge would store one copy a user, which is
 * worse. Access-Control-Request-Headers is, too: the list that answers it is always the same.
 */
static const struct {
	struct slice name;
	bool (*decided)(const struct field_input *in);
} vary_members[] = {
	{SLICE_INIT("Origin"), origin_decided},
	{SLICE_INIT("Accept"), accept_decided},
	{SLICE_INIT("Sec-Fetch-Site"), fetch_metadata_decided},
	{SLICE_INIT("Sec-Fetch-Mode"), fetch_metadata_decided},
	{SLICE_INIT("Sec-Fetch-Dest"), fetch_metadata_decided},
	{SLICE_INIT("Access-Control-Request-Method"), is_preflight},
};

#define VARY_COUNT (sizeof(vary_members) / sizeof(vary_members[0]))

static bool when_varies(const struct field_input *in)
{
	for (size_t i = 0; i < VARY_COUNT; i++)
		if (vary_members[i].decided(in))
			return true;
	return false;
}

/* Values: the word in fields.def is the function `put_…`. */

static void put_fixed(struct writer *w, const struct field_row *row, const struct field_input *in)
{
	(void)in;
	put(w, row->value);
}

static void put_date(struct writer *w, const struct field_row *row, const struct field_input *in)
{
	(void)row;
	put(w, in->facts->date);
}

static void put_stream_type(struct writer *w, const struct field_row *row,
			    const struct field_input *in)
{
	put(w, in->rules->charset ? row->value : SLICE("text/event-stream"));
}

static void put_short_type(struct writer *w, const struct field_row *row,
			   const struct field_input *in)
{
	(void)row;
	put(w, in->answer->content_type);
}

static void put_short_cache(struct writer *w, const struct field_row *row,
			    const struct field_input *in)
{
	put(w, in->answer->cacheable ? SLICE("no-cache") : row->value);
}

static void put_stream_csp(struct writer *w, const struct field_row *row,
			   const struct field_input *in)
{
	put(w, in->rules->guide ? SLICE("default-src 'none'; connect-src 'self'") : row->value);
}

static void put_short_csp(struct writer *w, const struct field_row *row,
			  const struct field_input *in)
{
	put(w, in->answer->csp.ptr != NULL ? in->answer->csp : row->value);
}

static void put_resource_policy(struct writer *w, const struct field_row *row,
				const struct field_input *in)
{
	put(w, in->rules->cors_any ? SLICE("cross-origin") : row->value);
}

static void put_vary(struct writer *w, const struct field_row *row, const struct field_input *in)
{
	bool first = true;

	(void)row;
	for (size_t i = 0; i < VARY_COUNT; i++) {
		if (!vary_members[i].decided(in))
			continue;
		if (!first)
			put(w, SLICE(", "));
		put(w, vary_members[i].name);
		first = false;
	}
}

static void put_allow_origin(struct writer *w, const struct field_row *row,
			     const struct field_input *in)
{
	(void)row;
	put(w, in->facts->cors->allow_origin);
}

static void put_set_cookie(struct writer *w, const struct field_row *row,
			   const struct field_input *in)
{
	(void)row;
	put(w, in->facts->set_cookie);
}

static void put_methods(struct writer *w, const struct field_row *row, const struct field_input *in)
{
	(void)row;
	put(w, in->answer->allow);
}

static void put_hsts(struct writer *w, const struct field_row *row, const struct field_input *in)
{
	put(w, row->value);
	if (in->rules->hsts_preload || in->rules->guide)
		put(w, SLICE("; preload"));
}

static void put_retry_after(struct writer *w, const struct field_row *row,
			    const struct field_input *in)
{
	(void)row;
	put_u64(w, in->answer->retry_after_s);
}

static void put_content_length(struct writer *w, const struct field_row *row,
			       const struct field_input *in)
{
	(void)row;
	put_u64(w, in->answer->content_length);
}

/* RFC 9112 9.6: who will not keep the connection says so; a 1.0 stream ends only with it. */
static void put_stream_connection(struct writer *w, const struct field_row *row,
				  const struct field_input *in)
{
	put(w, in->facts->version > HTTP_1_0 ? row->value : SLICE("close"));
}

static void put_short_connection(struct writer *w, const struct field_row *row,
				 const struct field_input *in)
{
	put(w, in->facts->keep_alive ? SLICE("keep-alive") : row->value);
}

#define X(word, text)                                                                              \
	static const struct field_condition condition_##word = {when_##word, SLICE_INIT(text)};
WHEN_MAP(X)
#undef X

const struct field_row policy_fields[] = {
#define X(scope, name, condition, value_writer, value, variants, rule, why)                        \
	{FIELD_##scope,     SLICE_INIT(name),     &condition_##condition, put_##value_writer,      \
	 SLICE_INIT(value), SLICE_INIT(variants), SLICE_INIT(rule),       SLICE_INIT(why)},
#include "policy/fields.def"
#undef X
};
const size_t policy_field_count = sizeof(policy_fields) / sizeof(policy_fields[0]);

void fields_put(struct writer *w, const struct field_input *in)
{
	unsigned scope = in->answer == NULL ? FIELD_STREAM : FIELD_SHORT;

	for (size_t i = 0; i < policy_field_count; i++) {
		const struct field_row *row = &policy_fields[i];

		if ((row->scope & scope) == 0 || !row->when->holds(in))
			continue;
		put(w, row->name);
		put(w, SLICE(": "));
		row->put_value(w, row, in);
		put(w, SLICE("\r\n"));
	}
}

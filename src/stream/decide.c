/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/decide.h"

#include "http/accept.h"
#include "http/url.h"
#include "identity/resume_cookie.h"
#include "sse/event.h"

/* First half: Host, method, route, Origin. */

static const struct route *find_route(const struct stream_settings *s, struct slice path)
{
	for (size_t i = 0; i < s->route_count; i++) {
		if (slice_eq(s->routes[i].path, path))
			return &s->routes[i];
	}
	return NULL;
}

static bool is_posted(const struct route *route)
{
	return route->kind == ROUTE_PUBLISH || route->kind == ROUTE_TOKEN ||
	       route->kind == ROUTE_REVOKE;
}

static struct slice methods_of(const struct route *route)
{
	return route && is_posted(route) ? SLICE("POST, OPTIONS") : SLICE("GET, HEAD, OPTIONS");
}

static bool method_fits(const struct route *route, enum http_method method)
{
	switch (method) {
	case HTTP_GET:
	case HTTP_HEAD:
		return !is_posted(route);
	case HTTP_POST:
		return is_posted(route);
	case HTTP_OPTIONS:
		return true;
	case HTTP_OTHER:
		return false;
	}
	return false;
}

static struct request_source source_of(const struct http_request *req, bool https)
{
	return (struct request_source){
		.origin = http_field_get(req, SLICE("Origin")),
		.origin_count = http_field_count(req, SLICE("Origin")),
		.host = req->host,
		.fetch_site = http_field_get(req, SLICE("Sec-Fetch-Site")),
		.fetch_mode = http_field_get(req, SLICE("Sec-Fetch-Mode")),
		.fetch_dest = http_field_get(req, SLICE("Sec-Fetch-Dest")),
		.https = https,
	};
}

/* A page or its parts: loaded by navigation, from anywhere; it holds nothing of anybody's. */
static bool is_open(const struct route *route)
{
	return route->kind == ROUTE_ASSET || route->kind == ROUTE_HEALTH;
}

/* Health is asked by load balancers under any name, and tells nothing that a name protects. */
static enum refusal judge_host(const struct stream_settings *s, const struct http_request *req)
{
	const struct route *route = find_route(s, req->path);

	if (route && route->kind == ROUTE_HEALTH)
		return REFUSAL_NONE;
	if (!req->host.ptr && req->version == HTTP_1_0)
		return REFUSAL_NONE;
	return host_judge(&s->hosts, req->host);
}

enum refusal decide_route(const struct stream_settings *s, const struct http_request *req,
			  bool https, struct ask *ret_ask)
{
	struct request_source source = source_of(req, https);

	*ret_ask = (struct ask){.req = req, .https = https};
	enum refusal refusal = judge_host(s, req);
	if (refusal)
		return refusal;
	ret_ask->route = find_route(s, req->path);
	ret_ask->allow = methods_of(ret_ask->route);
	bool is_stream = ret_ask->route && ret_ask->route->kind == ROUTE_STREAM;
	ret_ask->cors = cors_judge(&s->cors, &source, is_stream && req->method != HTTP_OPTIONS);
	if (req->expect_unknown)
		return REFUSAL_CONTINUE;
	if (req->method == HTTP_OTHER)
		return REFUSAL_METHOD;
	if (!ret_ask->route)
		return REFUSAL_ROUTE;
	if (!method_fits(ret_ask->route, req->method))
		return REFUSAL_METHOD;
	if (req->body != HTTP_BODY_NONE && req->method != HTTP_POST)
		return REFUSAL_BODY_ON_STREAM;
	return is_open(ret_ask->route) ? REFUSAL_NONE : ret_ask->cors.refusal;
}

/* Second half for streams. */

static enum refusal credential_refusal(struct ask *ask, enum refusal refusal)
{
	if (refusal == REFUSAL_TWO_CREDENTIALS)
		ask->fault = AUTH_TWO_CREDENTIALS;
	else if (refusal)
		ask->fault = AUTH_MALFORMED;
	return refusal;
}

enum refusal decide_credential(const struct stream_settings *s, struct ask *ask,
			       struct slice *ret_resume)
{
	struct credential_places places = {.ticket = ask->ticket};

	if (ask->route->kind != ROUTE_PUBLISH && ask->route->kind != ROUTE_REVOKE)
		places.cookie = s->cookie;
	if (ask->route->kind == ROUTE_STREAM && s->resume_ttl_ms > 0)
		places.resume = resume_cookie_name(ask->route->path, ask->https);
	return credential_refusal(ask,
				  credential_find(ask->req, &places, &ask->credential, ret_resume));
}

bool decide_key(const struct key_ring *ring, struct ask *ask)
{
	const struct key *key = ring ? keys_find(ring, ask->credential.value) : NULL;

	if (!key)
		return false;
	ask->key_index = (size_t)(key - ring->keys);
	ask->principal = principal_ref(key->principal);
	return true;
}

/* Trouble of ours is 503, so that a good credential is not thrown away for it. */
enum refusal decide_fault(enum auth_fault fault)
{
	if (fault == AUTH_OK)
		return REFUSAL_NONE;
	if (fault == AUTH_NO_CREDENTIAL)
		return REFUSAL_NO_CREDENTIAL;
	if (fault == AUTH_TWO_CREDENTIALS)
		return REFUSAL_TWO_CREDENTIALS;
	if (fault == AUTH_NO_MEMORY)
		return REFUSAL_NO_MEMORY;
	if (fault == AUTH_INTROSPECTION_FAILED || fault == AUTH_KEYS_UNAVAILABLE ||
	    fault == AUTH_OVERLOADED)
		return REFUSAL_AUTH_UNAVAILABLE;
	return REFUSAL_BAD_CREDENTIAL;
}

static enum refusal decode_value(struct slice value, struct arena *arena, struct slice *ret)
{
	char *memory = arena_alloc(arena, value.len + 1);
	struct writer w;

	if (!memory)
		return REFUSAL_NO_MEMORY;
	writer_init(&w, memory, value.len);
	if (url_decode(&w, value, true))
		return REFUSAL_BAD_QUERY;
	*ret = writer_slice(&w);
	return REFUSAL_NONE;
}

static enum refusal add_pattern(struct ask *ask, struct slice pattern, size_t max)
{
	if (!topic_pattern_is_valid(pattern) || ask->pattern_count >= max)
		return REFUSAL_BAD_TOPIC;
	ask->patterns[ask->pattern_count++] = pattern;
	return REFUSAL_NONE;
}

static enum refusal take_pair(struct ask *ask, size_t max_topics, struct arena *arena,
			      struct slice name, struct slice value)
{
	struct slice text;
	enum refusal refusal = decode_value(value, arena, &text);

	if (refusal)
		return refusal;
	if (slice_eq(name, SLICE("topic")))
		return ask->route->fixed_count > 0 ? REFUSAL_TOPIC
						   : add_pattern(ask, text, max_topics);
	struct slice *single = slice_eq(name, SLICE("last-event-id")) ? &ask->last_event_id
			       : slice_eq(name, SLICE("ticket"))      ? &ask->ticket
								      : NULL;
	if (!single)
		return REFUSAL_NONE;
	if (single->ptr)
		return REFUSAL_BAD_QUERY;
	*single = text;
	return REFUSAL_NONE;
}

/* Names that are not ours are left alone: pages add their own against caches. */
static enum refusal take_query(struct ask *ask, size_t max_topics, struct arena *arena)
{
	struct slice rest = ask->req->query;
	struct slice name, value;

	while (url_query_next(&rest, &name, &value)) {
		struct slice decoded;
		enum refusal refusal = decode_value(name, arena, &decoded);

		if (!refusal)
			refusal = take_pair(ask, max_topics, arena, decoded, value);
		if (refusal)
			return refusal;
	}
	for (size_t i = 0; i < ask->route->fixed_count; i++)
		ask->patterns[ask->pattern_count++] = ask->route->fixed_topics[i];
	return ask->pattern_count > 0 ? REFUSAL_NONE : REFUSAL_NO_TOPIC;
}

void decide_query(const struct stream_settings *s, struct ask *ask, struct arena *arena)
{
	ask->query = take_query(ask, s->topics_per_stream, arena);
}

static bool is_public(const struct route *route, struct slice pattern)
{
	for (size_t i = 0; i < route->public_count; i++) {
		if (topic_pattern_covers(route->public_topics[i], pattern))
			return true;
	}
	return false;
}

/*
 * Public topics are for all. For others a missing login is 401; a login without the right is 403,
 * whether the topic exists or not.
 */
static enum refusal authorise(struct ask *ask)
{
	for (size_t i = 0; i < ask->pattern_count; i++) {
		if (is_public(ask->route, ask->patterns[i]))
			continue;
		if (!ask->principal && ask->stale_resume)
			ask->fault = ask->stale_resume;
		if (!ask->principal)
			return ask->stale_resume ? REFUSAL_BAD_CREDENTIAL : REFUSAL_NO_CREDENTIAL;
		if (!rights_allow(&ask->principal->facts.subscribe, ask->patterns[i]))
			return REFUSAL_TOPIC;
	}
	return REFUSAL_NONE;
}

static enum accept_match match_accept(const struct http_request *req)
{
	struct slice values[HTTP_MAX_FIELDS];
	size_t n = 0;

	for (size_t i = 0; i < req->field_count; i++) {
		if (slice_eq_nocase(req->fields[i].name, SLICE("Accept")))
			values[n++] = req->fields[i].value;
	}
	return accept_match_lines(values, n, SLICE("text"), SLICE("event-stream"));
}

static enum refusal judge_accept(const struct ask *ask)
{
	enum accept_match match = match_accept(ask->req);

	if (ask->route->accept == ACCEPT_ANY || match == ACCEPT_NAMED)
		return REFUSAL_NONE;
	if (ask->route->accept == ACCEPT_STRICT || match == ACCEPT_NO || match == ACCEPT_MALFORMED)
		return REFUSAL_NOT_ACCEPTABLE;
	return REFUSAL_NONE;
}

static bool is_event_id(struct slice id)
{
	for (size_t i = 0; i < id.len; i++) {
		if (id.ptr[i] < 0x21 || id.ptr[i] > 0x7e)
			return false;
	}
	return id.len <= SSE_MAX_ID;
}

/* The field wins over the query: a browser that redials a URL brings the newer one there. */
static enum refusal take_last_event_id(struct ask *ask)
{
	size_t n = http_field_count(ask->req, SLICE("Last-Event-ID"));

	if (n > 1)
		return REFUSAL_LAST_EVENT_ID;
	if (n == 1)
		ask->last_event_id = http_field_get(ask->req, SLICE("Last-Event-ID"));
	if (!is_event_id(ask->last_event_id))
		return REFUSAL_LAST_EVENT_ID;
	if (ask->last_event_id.len == 0)
		ask->last_event_id = SLICE_NONE;
	return REFUSAL_NONE;
}

enum refusal decide_rights(const struct stream_settings *s, struct ask *ask)
{
	enum refusal refusal = ask->query;

	/* A query that names no topic asks for nothing public: without a login it is a 401. */
	if (refusal == REFUSAL_NO_TOPIC && !ask->principal && s->authenticates)
		refusal = REFUSAL_NO_CREDENTIAL;
	return refusal ? refusal : authorise(ask);
}

enum refusal decide_stream(struct ask *ask)
{
	enum refusal refusal = judge_accept(ask);

	return refusal ? refusal : take_last_event_id(ask);
}

/* Second half for publishing. */

static bool is_media_type(const struct http_request *req, struct slice type)
{
	struct slice value = http_field_get(req, SLICE("Content-Type"));

	return http_field_count(req, SLICE("Content-Type")) == 1 &&
	       slice_eq_nocase(slice_trim(slice_cut(&value, ';')), type);
}

bool decide_is_ndjson(const struct http_request *req)
{
	return is_media_type(req, SLICE("application/x-ndjson")) ||
	       is_media_type(req, SLICE("application/jsonl"));
}

static bool is_bodyless(const struct http_request *req)
{
	return req->body == HTTP_BODY_NONE ||
	       (req->body == HTTP_BODY_LENGTH && req->content_length == 0);
}

enum refusal decide_post(const struct stream_settings *s, const struct ask *ask)
{
	bool ndjson = ask->route->kind == ROUTE_PUBLISH && decide_is_ndjson(ask->req);

	if (!ask->principal)
		return REFUSAL_NO_CREDENTIAL;
	/* A ticket may be asked for without a word; fetch then says Content-Length: 0. */
	if (ask->route->kind == ROUTE_TOKEN && is_bodyless(ask->req))
		return REFUSAL_NONE;
	if (!ndjson && !is_media_type(ask->req, SLICE("application/json")))
		return REFUSAL_MEDIA_TYPE;
	if (ask->req->body == HTTP_BODY_NONE)
		return REFUSAL_LENGTH_REQUIRED;
	if (ask->req->body == HTTP_BODY_LENGTH && ask->req->content_length > s->max_body)
		return REFUSAL_BODY_TOO_LARGE;
	return REFUSAL_NONE;
}

/* Soft refusals. */

/* Refusals that say "later", not "no". */
static bool is_shed(enum refusal refusal)
{
	unsigned status = refusal_row(refusal)->status;

	return status == 429 || status == 503;
}

static bool is_auth(enum refusal refusal)
{
	return refusal == REFUSAL_NO_CREDENTIAL || refusal == REFUSAL_BAD_CREDENTIAL;
}

/* Browsers mark an EventSource so; fetch clients that copy all of it can read events too. */
static bool is_native(const struct http_request *req)
{
	return slice_eq(http_field_get(req, SLICE("Accept")), SLICE("text/event-stream")) &&
	       slice_eq(http_field_get(req, SLICE("Sec-Fetch-Mode")), SLICE("cors")) &&
	       slice_eq(http_field_get(req, SLICE("Sec-Fetch-Dest")), SLICE("empty"));
}

bool decide_softly(const struct ask *ask, enum refusal refusal)
{
	const struct http_request *req = ask->req;

	if (!ask->route || ask->route->kind != ROUTE_STREAM || req->method != HTTP_GET ||
	    (!is_shed(refusal) && !is_auth(refusal)) || ask->route->refuse == REFUSE_HARD)
		return false;
	if (ask->route->refuse == REFUSE_SOFT)
		return true;
	bool was_streaming = http_field_count(req, SLICE("Last-Event-ID")) > 0;
	return is_native(req) && (is_shed(refusal) || was_streaming);
}

struct slice decide_soft_event(enum refusal refusal)
{
	if (is_auth(refusal))
		return SLICE("auth_expired");
	return refusal == REFUSAL_DRAINING ? SLICE("draining") : SLICE("overloaded");
}

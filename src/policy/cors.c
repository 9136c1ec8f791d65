/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cors.h"

#include "http/origin.h"

static bool host_is_listed(const struct host_rules *rules, struct host_port got)
{
	for (size_t i = 0; i < rules->host_count; i++) {
		struct host_port want;

		if (slice_eq(rules->hosts[i], SLICE("*")))
			return true;
		if (host_parse(rules->hosts[i], &want) == OK && host_matches(got, want))
			return true;
	}
	return false;
}

enum refusal host_judge(const struct host_rules *rules, struct slice host)
{
	struct host_port got;

	if (host.ptr == NULL || host_parse(host, &got) != OK)
		return REFUSAL_BAD_HOST;
	return host_is_listed(rules, got) ? REFUSAL_NONE : REFUSAL_WRONG_HOST;
}

static bool absent_or(struct slice value, struct slice a, struct slice b)
{
	return value.ptr == NULL || slice_eq(value, a) || slice_eq(value, b);
}

/* Mode and destination of EventSource and fetch; absent from what is not a browser. */
static bool fetches_data(const struct request_source *source)
{
	return absent_or(source->fetch_mode, SLICE("cors"), SLICE("same-origin")) &&
	       absent_or(source->fetch_dest, SLICE("empty"), SLICE("empty"));
}

/* Somebody follows a link or types the URL into the address bar, in a tab of its own. */
static bool opens_page(const struct request_source *source)
{
	return slice_eq(source->fetch_mode, SLICE("navigate")) &&
	       slice_eq(source->fetch_dest, SLICE("document"));
}

/* "none": the person, not a page, made the request. */
static bool from_own_site(const struct request_source *source)
{
	return absent_or(source->fetch_site, SLICE("same-origin"), SLICE("none"));
}

/* A sibling host counts as a friend only where friends are listed at all. */
static bool from_trusted_sibling(const struct cors_rules *rules,
				 const struct request_source *source)
{
	return (rules->any || rules->origin_count > 0) &&
	       slice_eq(source->fetch_site, SLICE("same-site"));
}

static bool is_web_scheme(struct origin origin)
{
	return slice_eq(origin.scheme, SLICE("https")) || slice_eq(origin.scheme, SLICE("http"));
}

static bool is_downgraded(struct origin origin, const struct request_source *source)
{
	return source->https && !slice_eq(origin.scheme, SLICE("https"));
}

/* A Host without port means the default port of the Origin's scheme. */
static bool is_same_host(struct origin origin, struct slice host)
{
	struct host_port own;
	uint16_t default_port = origin_default_port(origin.scheme);

	if (host.ptr == NULL || host_parse(host, &own) != OK)
		return false;
	return slice_eq_nocase(origin.host, own.host) &&
	       origin.port == (own.has_port ? own.port : default_port);
}

/* The browser has the last word: cross-site by its account is never our own, whatever Host says. */
static bool is_own_origin(struct origin origin, const struct request_source *source)
{
	return is_web_scheme(origin) && !is_downgraded(origin, source) &&
	       is_same_host(origin, source->host) && from_own_site(source);
}

/*
 * Browsers send the normal form, so bytes are compared: an attacker gets no room for case,
 * default ports or trailing dots. Absent if there is no such entry.
 */
static struct slice listed_origin(const struct cors_rules *rules, struct slice origin)
{
	for (size_t i = 0; i < rules->origin_count; i++)
		if (slice_eq(rules->origins[i], origin))
			return rules->origins[i];
	return SLICE_NONE;
}

/* The request names no origin: a same-origin GET, a tool, or a browser that embeds the URL. */
static enum refusal judge_without_origin(const struct cors_rules *rules,
					 const struct request_source *source, bool is_stream)
{
	if (from_own_site(source) || from_trusted_sibling(rules, source))
		return REFUSAL_NONE;
	if (!is_stream && opens_page(source))
		return REFUSAL_NONE;
	return REFUSAL_FETCH_SITE;
}

static void judge_foreign_origin(const struct cors_rules *rules, struct slice origin,
				 struct cors_verdict *verdict)
{
	verdict->is_cors = true;
	if (rules->any)
		return;
	verdict->allow_origin = listed_origin(rules, origin);
	if (verdict->allow_origin.ptr == NULL)
		verdict->refusal = REFUSAL_ORIGIN;
	else
		verdict->credentials = rules->credentials;
}

static void judge_origin(const struct cors_rules *rules, const struct request_source *source,
			 struct cors_verdict *verdict)
{
	struct origin origin;

	if (source->origin_count > 1) {
		verdict->is_cors = true;
		verdict->refusal = REFUSAL_ORIGIN_MALFORMED;
	} else if (slice_eq(source->origin, SLICE("null"))) {
		verdict->is_cors = true;
		verdict->refusal = REFUSAL_ORIGIN_NULL;
	} else if (origin_parse(source->origin, &origin) != OK) {
		verdict->is_cors = true;
		verdict->refusal = REFUSAL_ORIGIN_MALFORMED;
	} else if (!is_own_origin(origin, source)) {
		judge_foreign_origin(rules, source->origin, verdict);
	}
}

static struct cors_verdict refuse(struct cors_verdict verdict)
{
	verdict.allow_origin = SLICE_NONE;
	verdict.credentials = false;
	verdict.vary_origin = true;
	return verdict;
}

struct cors_verdict cors_judge(const struct cors_rules *rules, const struct request_source *source,
			       bool is_stream)
{
	struct cors_verdict verdict = {
		.allow_origin = rules->any ? SLICE("*") : SLICE_NONE,
		.vary_origin = !rules->any,
	};

	if (source->origin_count > 0 || source->origin.ptr != NULL)
		judge_origin(rules, source, &verdict);
	else
		verdict.refusal = judge_without_origin(rules, source, is_stream);
	if (verdict.refusal == REFUSAL_NONE && is_stream && !fetches_data(source))
		verdict.refusal = REFUSAL_FETCH_SITE;
	return verdict.refusal == REFUSAL_NONE ? verdict : refuse(verdict);
}

static void put_lower(struct writer *w, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		put_char(w, ascii_lower(s.ptr[i]));
}

enum err cors_origin_normalise(struct slice entry, struct writer *w)
{
	struct origin origin;

	if (slice_find(entry, '*') < entry.len)
		return E_RANGE;
	if (entry.len > CORS_MAX_ORIGIN)
		return E_TOO_BIG;
	if (slice_eq_nocase(entry, SLICE("null")) || origin_parse(entry, &origin) != OK)
		return E_SYNTAX;
	put_lower(w, origin.scheme);
	put(w, SLICE("://"));
	put_lower(w, origin.host);
	if (origin.has_port && origin.port != origin_default_port(origin.scheme)) {
		put_char(w, ':');
		put_u64(w, origin.port);
	}
	return w->overflow ? E_NO_SPACE : OK;
}

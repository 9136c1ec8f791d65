/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/page_policy.h"

#include "base/text.h"

/* The sources behind a directive; the first of a name counts. ptr NULL: it is not there. */
static struct slice sources_of(struct slice policy, struct slice name)
{
	while (policy.ptr != NULL) {
		struct slice directive = slice_trim(slice_cut(&policy, ';'));
		struct slice rest = directive;
		struct slice got = slice_cut(&rest, ' ');

		if (slice_eq_nocase(got, name))
			return rest.ptr != NULL ? rest : slice_from(directive, directive.len);
	}
	return SLICE_NONE;
}

static struct slice connect_sources(struct slice policy)
{
	struct slice sources = sources_of(policy, SLICE("connect-src"));

	return sources.ptr != NULL ? sources : sources_of(policy, SLICE("default-src"));
}

static bool source_next(struct slice *rest, struct slice *ret_source)
{
	while (rest->ptr != NULL) {
		*ret_source = slice_trim(slice_cut(rest, ' '));
		if (ret_source->len > 0)
			return true;
	}
	return false;
}

static bool is_same_origin(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port && slice_eq_nocase(a->host, b->host);
}

/* http in a source covers https, too (CSP 6.7.2.8). */
static bool scheme_fits(struct slice scheme, const struct url *url)
{
	if (slice_eq_nocase(scheme, SLICE("https")))
		return url->https;
	return slice_eq_nocase(scheme, SLICE("http"));
}

static bool host_fits(struct slice pattern, struct slice host)
{
	if (slice_eq(pattern, SLICE("*")))
		return true;
	if (!slice_starts(pattern, SLICE("*.")))
		return slice_eq_nocase(pattern, host);
	pattern = slice_from(pattern, 1);
	return host.len > pattern.len &&
	       slice_eq_nocase(slice_from(host, host.len - pattern.len), pattern);
}

static bool port_fits(struct slice port, const struct url *url)
{
	uint64_t n;

	if (port.ptr == NULL)
		return url->port == (url->https ? 443 : 80);
	if (slice_eq(port, SLICE("*")))
		return true;
	return parse_u64(port, &n) == OK && (n == url->port || (n == 80 && url->port == 443));
}

static bool path_fits(struct slice path, struct slice target)
{
	target = slice_upto(target, slice_find(target, '?'));
	if (path.len == 0 || slice_eq(path, SLICE("/")))
		return true;
	if (path.ptr[path.len - 1] == '/')
		return slice_starts(target, path);
	return slice_eq(path, target);
}

/* [scheme "://"] host [":" port] [path] */
static bool host_source_fits(struct slice source, const struct url *page, const struct url *stream)
{
	struct slice scheme = SLICE_NONE, host, port, path;
	size_t at;

	for (at = 0; at + 3 <= source.len; at++)
		if (slice_starts(slice_from(source, at), SLICE("://")))
			break;
	if (at + 3 <= source.len) {
		scheme = slice_upto(source, at);
		source = slice_from(source, at + 3);
	}
	path = slice_from(source, slice_find(source, '/'));
	port = slice_upto(source, slice_find(source, '/'));
	host = slice_cut(&port, ':');
	if (scheme.ptr == NULL ? (page->https && !stream->https) : !scheme_fits(scheme, stream))
		return false;
	return host_fits(host, stream->host) && port_fits(port, stream) &&
	       path_fits(path, stream->target);
}

static bool source_fits(struct slice source, const struct url *page, const struct url *stream)
{
	if (slice_eq_nocase(source, SLICE("'self'")))
		return is_same_origin(page, stream);
	if (slice_eq(source, SLICE("*")))
		return true;
	if (source.ptr[0] == '\'')
		return false;
	if (source.ptr[source.len - 1] == ':')
		return scheme_fits(slice_upto(source, source.len - 1), stream);
	return host_source_fits(source, page, stream);
}

bool page_policy_allows(struct slice policy, const struct url *page, const struct url *stream)
{
	struct slice rest = connect_sources(policy);
	struct slice source;

	if (rest.ptr == NULL)
		return true;
	while (source_next(&rest, &source))
		if (source_fits(source, page, stream))
			return true;
	return false;
}

struct slice page_policy_wide_source(struct slice policy)
{
	struct slice rest = connect_sources(policy);
	struct slice source;

	while (source_next(&rest, &source))
		if (slice_eq(source, SLICE("*")) || slice_eq_nocase(source, SLICE("https:")) ||
		    slice_eq_nocase(source, SLICE("http:")) || slice_eq(source, SLICE("*:*")) ||
		    slice_eq_nocase(source, SLICE("https://*")))
			return source;
	return SLICE_NONE;
}

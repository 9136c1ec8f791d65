/* SPDX-License-Identifier: Apache-2.0 */
#include "http/location.h"

#include "base/text.h"

static struct slice scheme_of(const struct url *url)
{
	return url->https ? SLICE("https") : SLICE("http");
}

static bool has_scheme(struct slice location)
{
	size_t colon = slice_find(location, ':');

	return colon < location.len && !slice_has_any(slice_upto(location, colon), SLICE("/?#"));
}

/* The path of `target` up to and with its last slash. */
static struct slice directory(struct slice target)
{
	size_t len = slice_find(target, '?');

	while (len > 0 && target.ptr[len - 1] != '/')
		len--;
	return slice_upto(target, len);
}

static void put_resolved(struct writer *w, const struct url *base, struct slice location)
{
	if (has_scheme(location)) {
		put(w, location);
		return;
	}
	put(w, scheme_of(base));
	put_char(w, ':');
	if (slice_starts(location, SLICE("//"))) {
		put(w, location);
		return;
	}
	put(w, SLICE("//"));
	put(w, base->authority);
	if (slice_starts(location, SLICE("?")))
		put(w, slice_upto(base->target, slice_find(base->target, '?')));
	else if (!slice_starts(location, SLICE("/")))
		put(w, directory(base->target));
	put(w, location);
}

enum err location_resolve(struct writer *w, const struct url *base, struct slice location)
{
	size_t start = w->len;
	struct url url;

	if (location.len == 0)
		return E_SYNTAX;
	put_resolved(w, base, location);
	if (w->overflow)
		return E_NO_SPACE;
	return url_parse(slice_from(writer_slice(w), start), &url) ? E_SYNTAX : OK;
}

bool location_same_origin(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port && slice_eq_nocase(a->host, b->host);
}

void location_put_origin(struct writer *w, const struct url *url)
{
	put(w, scheme_of(url));
	put(w, SLICE("://"));
	if (url->ipv6)
		put_char(w, '[');
	for (size_t i = 0; i < url->host.len; i++)
		put_char(w, ascii_lower(url->host.ptr[i]));
	if (url->ipv6)
		put_char(w, ']');
	if (url->port != (url->https ? 443 : 80)) {
		put_char(w, ':');
		put_u64(w, url->port);
	}
}

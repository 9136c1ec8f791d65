/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/where.h"

#define MAX_LOCATION 8192u /* bytes of a URL that is followed */

static struct slice scheme_of(const struct url *url)
{
	return url->https ? SLICE("https") : SLICE("http");
}

static bool has_scheme(struct slice location)
{
	size_t colon = slice_find(location, ':');

	return colon < location.len && !slice_has_any(slice_upto(location, colon), SLICE("/?#"));
}

/* The path up to and with its last slash. */
static struct slice directory(struct slice target)
{
	size_t len = slice_find(target, '?');

	while (len > 0 && target.ptr[len - 1] != '/')
		len--;
	return slice_upto(target, len);
}

static void put_reference(struct writer *w, const struct url *base, struct slice location)
{
	put(w, scheme_of(base));
	put_char(w, ':');
	if (!slice_starts(location, SLICE("//"))) {
		put(w, SLICE("//"));
		put(w, base->authority);
		if (slice_starts(location, SLICE("?")))
			put(w, slice_upto(base->target, slice_find(base->target, '?')));
		else if (!slice_starts(location, SLICE("/")))
			put(w, directory(base->target));
	}
	put(w, location);
}

struct slice where_resolve(struct arena *arena, const struct url *base, struct slice location)
{
	char room[MAX_LOCATION];
	struct writer w;

	writer_init(&w, room, sizeof(room));
	if (location.len == 0)
		return SLICE("");
	if (has_scheme(location))
		put(&w, location);
	else
		put_reference(&w, base, location);
	if (w.overflow)
		return SLICE("");
	struct slice copy = arena_copy(arena, writer_slice(&w));
	return copy.ptr ? copy : SLICE("");
}

bool where_same_origin(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port && slice_eq_nocase(a->host, b->host);
}

void where_put_origin(struct writer *w, const struct url *url)
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

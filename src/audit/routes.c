/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/routes.h"

#include "audit/address.h"
#include "os/resolver.h"

static const struct audit_way *way_of(const struct audit_settings *s, const struct url *url)
{
	for (size_t i = 0; i < s->way_count; i++) {
		const struct audit_way *way = &s->ways[i];

		if ((way->host.len == 0 || slice_eq_nocase(way->host, url->host)) &&
		    (way->port == 0 || way->port == url->port))
			return way;
	}
	return NULL;
}

/* "192.0.2.1,[2001:db8::1]", as --resolve has it. */
static void take_list(struct slice list, uint16_t port, struct route *route)
{
	while (list.len > 0 && route->count < EXCHANGE_MAX_ADDRESSES) {
		struct slice text = slice_cut(&list, ',');

		if (slice_starts(text, SLICE("[")))
			text = slice_from(slice_upto(text, slice_find(text, ']')), 1);
		route->count += address_from_literal(text, port, &route->targets[route->count]);
	}
	route->why = "no addresses";
}

static void look_up(const struct audit_settings *s, struct slice host, uint16_t port,
		    uint64_t deadline_ms, struct route *route)
{
	const struct patience patience = {deadline_ms, s->stop_fd};

	_Static_assert(RESOLVER_MAX_ADDRESSES == EXCHANGE_MAX_ADDRESSES, "all of them fit");
	if (address_from_literal(host, port, &route->targets[0])) {
		route->count = 1;
		return;
	}
	if (resolver_lookup(host, port, NULL, &patience, route->targets, &route->count,
			    &route->why))
		route->count = 0;
}

/* The proxy knows the name; we know the proxy. */
static bool fill_by_proxy(const struct audit_settings *s, const struct url *url,
			  uint64_t deadline_ms, struct route *route)
{
	const struct audit_proxy *proxy = url->https ? &s->https_proxy : &s->proxy;

	if (!proxy->host.ptr || proxy_is_bypassed(s->no_proxy, url))
		return false;
	route->proxy = proxy;
	look_up(s, proxy->host, proxy->port, deadline_ms, route);
	return true;
}

static void fill(const struct audit_settings *s, const struct url *url, uint64_t deadline_ms,
		 struct route *route)
{
	const struct audit_way *way = way_of(s, url);
	struct slice host = way ? way->to_host : url->host;
	uint16_t port = way && way->to_port ? way->to_port : url->port;

	if (s->unix_socket.ptr) {
		route->count = address_from_path(s->unix_socket, &route->targets[0]) ? 1 : 0;
		route->why = "the path of the socket is too long";
		return;
	}
	if (fill_by_proxy(s, url, deadline_ms, route))
		return;
	if (slice_find(host, ',') < host.len)
		take_list(host, port, route);
	else
		look_up(s, host, port, deadline_ms, route);
}

static const struct route *find_by(struct routes *routes, const struct url *url,
				   uint64_t deadline_ms)
{
	static const struct route none = {.why = "too many names"};

	for (size_t i = 0; i < routes->count; i++) {
		if (routes->of[i].port == url->port && routes->of[i].https == url->https &&
		    slice_eq_nocase(routes->of[i].host, url->host))
			return &routes->of[i].route;
	}
	if (routes->count == ROUTES_MAX)
		return &none;
	size_t at = routes->count++;
	routes->of[at].host = url->host;
	routes->of[at].port = url->port;
	routes->of[at].https = url->https;
	fill(routes->settings, url, deadline_ms, &routes->of[at].route);
	return &routes->of[at].route;
}

void routes_prepare(struct routes *routes, uint64_t deadline_ms)
{
	const struct audit_settings *s = routes->settings;
	struct url plain = s->url;

	(void)find_by(routes, &s->url, deadline_ms);
	for (size_t i = 0; i < s->via_count; i++)
		(void)find_by(routes, &s->via_urls[i], deadline_ms);
	if (s->has_ticket_url)
		(void)find_by(routes, &s->ticket_url, deadline_ms);
	if (s->has_page)
		(void)find_by(routes, &s->page, deadline_ms);
	/* Where plain http would be: see plan_plain_http. */
	plain.https = false;
	plain.port = 80;
	if (s->url.https && s->url.port == 443)
		(void)find_by(routes, &plain, deadline_ms);
}

const struct route *routes_find(struct routes *routes, const struct url *url, uint64_t now_ms)
{
	return find_by(routes, url, now_ms + ROUTES_LOOKUP);
}

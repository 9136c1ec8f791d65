/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_build.h"

#include "cmd/command.h"
#include "cmd/serve_canary.h"
#include "cmd/serve_demo.h"
#include "http/origin.h"
#include "http/site.h"

#include <stdio.h>
#include <string.h>

static void add_route(struct serve_setup *s, struct route route)
{
	if (s->stream.route_count < SERVE_MAX_ROUTES)
		s->routes[s->stream.route_count++] = route;
}

static struct route stream_route(const struct settings *conf, const struct route_settings *r)
{
	static const enum accept_policy accepts[] = {
		[CONF_ACCEPT_STRICT] = ACCEPT_STRICT,
		[CONF_ACCEPT_LENIENT] = ACCEPT_LENIENT,
		[CONF_ACCEPT_ANY] = ACCEPT_ANY,
	};
	static const enum refuse_policy refuses[] = {
		[CONF_REFUSE_HARD] = REFUSE_HARD,
		[CONF_REFUSE_SOFT] = REFUSE_SOFT,
		[CONF_REFUSE_AUTO] = REFUSE_AUTO,
	};

	return (struct route){
		.kind = ROUTE_STREAM,
		.path = r->path,
		.public_topics = r->public_topics,
		.public_count = r->public_count,
		.fixed_topics = r->topics,
		.fixed_count = r->topic_count,
		.accept = accepts[r->accept],
		.refuse = refuses[r->refuse],
		.heartbeat_ms = r->heartbeat_ms ? r->heartbeat_ms : conf->heartbeat.period_ms,
		.max_streams = r->streams,
	};
}

static bool authenticates(const struct serve_setup *s)
{
	for (size_t i = 0; i < s->conf.listen_count; i++) {
		if (s->conf.listen[i].tls.client_ca.ptr)
			return true;
	}
	return s->subscribers.count > 0 || s->conf.auth.jwt.keys.ptr ||
	       s->conf.auth.introspect.url.ptr;
}

static void add_routes(struct serve_setup *s)
{
	for (size_t i = 0; i < s->conf.route_count; i++)
		add_route(s, stream_route(&s->conf, &s->conf.routes[i]));
	add_route(s, (struct route){.kind = ROUTE_PUBLISH, .path = s->conf.publish.path});
	add_route(s, (struct route){.kind = ROUTE_HEALTH, .path = SLICE("/healthz")});
	if (authenticates(s)) {
		add_route(s, (struct route){.kind = ROUTE_TOKEN, .path = s->conf.auth.ticket.path});
		add_route(s,
			  (struct route){.kind = ROUTE_REVOKE, .path = s->conf.auth.revoke.path});
	}
	if (s->demo)
		serve_demo_routes(s->routes, &s->stream.route_count, SERVE_MAX_ROUTES);
	if (s->canary)
		add_route(s, serve_canary_route(s->conf.heartbeat.period_ms));
	s->stream.routes = s->routes;
}

/* The page of --demo reads SERVE_DEMO_PATH; its topic is public there, beside what the file says.
 */
static int open_demo_topic(struct serve_setup *s)
{
	struct route *r = NULL;

	for (size_t i = 0; i < s->stream.route_count; i++) {
		if (slice_eq(s->routes[i].path, SLICE(SERVE_DEMO_PATH)))
			r = &s->routes[i];
	}
	if (!r || r->kind != ROUTE_STREAM || r->fixed_count > 0) {
		(void)fprintf(stderr, "sluice serve: --demo needs a route " SERVE_DEMO_PATH
				      " whose topics the query names\n");
		return EXIT_USAGE;
	}
	size_t n = r->public_count;
	struct slice *topics = arena_alloc(&s->arena, (n + 1) * sizeof(*topics));
	if (!topics)
		return EXIT_USAGE;
	if (n > 0)
		memcpy(topics, r->public_topics, n * sizeof(*topics));
	topics[n] = SLICE(SERVE_DEMO_TOPIC);
	r->public_topics = topics;
	r->public_count = n + 1;
	return EXIT_OK;
}

struct host_rules serve_setup_loopback(void)
{
	static const struct slice names[] = {
		SLICE_INIT("localhost"),     SLICE_INIT("127.0.0.1"),    SLICE_INIT("[::1]"),
		SLICE_INIT("ip6-localhost"), SLICE_INIT("ip6-loopback"),
	};

	return (struct host_rules){names, sizeof(names) / sizeof(names[0])};
}

/*
 * Without `hosts` all listeners are on loopback (conf/check.c): then only loopback's names are
 * answered, so that a page that rebinds its own name to 127.0.0.1 gets nothing.
 */
static struct host_rules host_rules(const struct settings *conf)
{
	return conf->hosts.host_count > 0 ? conf->hosts : serve_setup_loopback();
}

/* True if a listed origin shares its site with none of our hosts. */
static bool is_cross_site(const struct settings *conf)
{
	const struct host_rules rules = host_rules(conf);

	for (size_t i = 0; i < conf->cors.origin_count; i++) {
		struct origin origin;
		bool same = false;

		if (origin_parse(conf->cors.origins[i], &origin))
			continue;
		for (size_t j = 0; j < rules.host_count; j++) {
			struct host_port ours;

			same |= host_parse(rules.hosts[j], &ours) == OK &&
				site_is_same(ours.host, origin.host);
		}
		if (!same)
			return true;
	}
	return false;
}

static struct head_rules head_rules(const struct settings *conf)
{
	return (struct head_rules){
		.edges = conf->edges,
		.charset = conf->charset,
		.guide = conf->preset == CONF_PRESET_GUIDE,
		.hsts_preload = conf->hsts_preload,
		.cors_any = conf->cors.any,
		.cors_route = conf->cors.any || conf->cors.origin_count > 0,
	};
}

static void take_limits(struct serve_setup *s)
{
	const struct settings *conf = &s->conf;
	struct stream_settings *out = &s->stream;

	out->heartbeat_jitter = (unsigned)conf->heartbeat.jitter_percent;
	out->retry_min_ms = conf->retry.min_ms;
	out->retry_max_ms = conf->retry.max_ms;
	out->drain_retry_min_ms = conf->retry.drain_min_ms;
	out->drain_retry_max_ms = conf->retry.drain_max_ms;
	out->topics_per_stream = (size_t)conf->limits.topics_per_stream;
	out->h2_streams = (uint32_t)conf->http2.streams;
	out->handshake_timeout_ms = conf->limits.handshake_timeout_ms;
	out->head_timeout_ms = conf->limits.head_timeout_ms;
	out->body_timeout_ms = conf->limits.body_timeout_ms;
	out->idle_timeout_ms = conf->limits.idle_timeout_ms;
	out->write_timeout_ms = conf->limits.write_timeout_ms;
	out->lag_ms = conf->limits.lag_ms;
	out->replay_events = (size_t)conf->limits.replay_events;
	out->replay_bytes = (size_t)conf->limits.replay_bytes;
	out->max_body = (size_t)conf->publish.max_body;
	out->max_event = (size_t)conf->publish.max_event;
	out->emission_rate = conf->limits.emission_rate;
	out->emission_burst = conf->limits.emission_burst;
}

/* conf/form.c has read the networks before: they are well-formed. */
static bool take_proxies(struct serve_setup *s)
{
	static const enum forwarded_field fields[] = {
		[CONF_PROXY_FIELD_X_FORWARDED_FOR] = FORWARDED_FIELD_X,
		[CONF_PROXY_FIELD_FORWARDED] = FORWARDED_FIELD_RFC7239,
		[CONF_PROXY_FIELD_NONE] = FORWARDED_FIELD_NONE,
	};
	const struct proxy_settings *conf = &s->conf.proxies;
	struct network *trusted =
		arena_alloc(&s->arena, (conf->trusted_count + 1) * sizeof(*trusted));
	struct forwarded_rules *out = &s->stream.proxies;

	if (!trusted)
		return false;
	*out = (struct forwarded_rules){.field = fields[conf->field], .trusted = trusted};
	for (size_t i = 0; i < conf->trusted_count; i++) {
		if (network_parse(conf->trusted[i], &trusted[i]))
			return false;
		out->trusted_count++;
	}
	return true;
}

int serve_build(struct serve_setup *s)
{
	static const enum heartbeat_mode modes[] = {
		[CONF_HEARTBEAT_COMMENT] = HEARTBEAT_COMMENT,
		[CONF_HEARTBEAT_EVENT] = HEARTBEAT_EVENT,
		[CONF_HEARTBEAT_OFF] = HEARTBEAT_OFF,
	};

	s->stream.hosts = host_rules(&s->conf);
	s->stream.cors = s->conf.cors;
	s->stream.head = head_rules(&s->conf);
	s->stream.cookie = s->conf.auth.cookie;
	s->stream.publishers = &s->publishers;
	s->stream.authenticates = authenticates(s);
	s->stream.expiring_ms = s->conf.auth.expiring_ms;
	s->stream.auth_timeout_ms = s->conf.auth.timeout_ms;
	s->stream.ticket_ttl_ms = s->conf.auth.ticket.ttl_ms;
	s->stream.resume_ttl_ms = s->conf.auth.ticket.resume_ttl_ms;
	s->stream.cross_site = is_cross_site(&s->conf);
	s->stream.subscribers = s->subscribers.count > 0 ? &s->subscribers : NULL;
	s->stream.heartbeat_mode = modes[s->conf.heartbeat.mode];
	take_limits(s);
	add_routes(s);
	if (!take_proxies(s)) {
		(void)fprintf(stderr, "sluice serve: cannot start: out of memory\n");
		return EXIT_USAGE;
	}
	return s->demo ? open_demo_topic(s) : EXIT_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_setup.h"

#include "cmd/command.h"
#include "cmd/serve_demo.h"
#include "conf/form.h"
#include "http/origin.h"
#include "os/entropy.h"
#include "os/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_FILE_MAX   (256u << 10) /* bytes of a file of keys */
#define MADE_KEY_BYTES 16u          /* random bytes of a made key: 128 bits */

static int complain(const char *what, const char *path, enum err err)
{
	const char *why = err == E_IO       ? strerror(errno)
			  : err == E_SYNTAX ? "not a regular file"
					    : err_text(err);

	(void)fprintf(stderr, "sluice serve: cannot read %s '%s': %s\n", what, path, why);
	return EXIT_USAGE;
}

static void print_report(const struct conf_report *report)
{
	static char text[CONF_PRINT_SIZE];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	conf_print(&w, report);
	(void)fprintf(stderr, "%.*s", SLICE_ARG(writer_slice(&w)));
}

/* sluice.yaml, or the defaults where none is named. */
static int read_conf(const struct args *args, struct serve_setup *s, struct conf_report *report)
{
	const char *path = args_get(args, SERVE_CONFIG);
	struct buf text;

	conf_report_init(report, slice_of(path ? path : "command line"));
	if (!path)
		return conf_defaults(&s->arena, &s->conf) == OK ? EXIT_OK : EXIT_USAGE;
	buf_init(&text, CONF_MAX_TEXT + 1);
	enum err err = file_read(path, &text);
	int code = err && err != E_TOO_BIG ? complain("configuration", path, err) : EXIT_OK;
	if (code == EXIT_OK) {
		err = conf_load(buf_slice(&text), slice_of(path), &s->arena, &s->conf, report);
		print_report(report);
		code = err ? EXIT_USAGE : EXIT_OK;
	}
	buf_free(&text);
	return code;
}

/* Keys. */

static int read_keys(const char *what, struct slice path, struct key_ring *ring)
{
	struct buf text;
	size_t line = 0;

	buf_init(&text, KEY_FILE_MAX);
	enum err err = file_read(path.ptr, &text);
	int code = err ? complain(what, path.ptr, err) : EXIT_OK;
	if (code == EXIT_OK)
		err = keys_read(ring, buf_slice(&text), &line);
	/* The keys must not stay in freed memory. */
	if (text.ptr)
		memset(text.ptr, 0, text.len);
	buf_free(&text);
	if (code != EXIT_OK || !err) {
		if (!err && file_is_exposed(path.ptr))
			(void)fprintf(stderr,
				      "sluice serve: warning: others may read %s '%s': chmod 600\n",
				      what, path.ptr);
		return code;
	}
	if (err == E_NOT_FOUND)
		(void)fprintf(stderr, "sluice serve: %s '%s' has no key\n", what, path.ptr);
	else
		(void)fprintf(stderr,
			      "sluice serve: %s:%zu: a key is %u to %u bytes of visible ASCII, "
			      "with a user id and a space before it where it has one\n",
			      path.ptr, line, KEY_MIN_LEN, KEY_MAX_LEN);
	return EXIT_USAGE;
}

static int make_key(struct serve_setup *s)
{
	uint8_t random[MADE_KEY_BYTES];
	struct writer w;

	if (entropy_get(random, sizeof(random)))
		return EXIT_USAGE;
	writer_init(&w, s->made_key, sizeof(s->made_key) - 1);
	for (size_t i = 0; i < sizeof(random); i++) {
		put_char(&w, "0123456789abcdef"[random[i] >> 4]);
		put_char(&w, "0123456789abcdef"[random[i] & 15]);
	}
	s->made_key[w.len] = '\0';
	return keys_add(&s->publishers, SLICE(""), writer_slice(&w)) ? EXIT_USAGE : EXIT_OK;
}

/* From the file, or from the environment, or made for this run. */
static int find_publish_key(struct serve_setup *s)
{
	const char *from_env = getenv("SLUICE_PUBLISH_KEY");

	if (s->conf.publish.key_file.ptr)
		return read_keys("publish.key-file", s->conf.publish.key_file, &s->publishers);
	if (!from_env)
		return make_key(s);
	if (keys_add(&s->publishers, SLICE(""), slice_of(from_env)) == OK)
		return EXIT_OK;
	(void)fprintf(stderr,
		      "sluice serve: SLUICE_PUBLISH_KEY must be %u to %u bytes of visible ASCII\n",
		      KEY_MIN_LEN, KEY_MAX_LEN);
	return EXIT_USAGE;
}

static int find_keys(struct serve_setup *s)
{
	int code = find_publish_key(s);

	if (code == EXIT_OK && s->conf.auth.keys_file.ptr)
		code = read_keys("auth.keys-file", s->conf.auth.keys_file, &s->subscribers);
	if (code != EXIT_OK)
		return code;
	if (entropy_hash_key(&s->hash) || keys_bind(&s->publishers, true, s->hash) ||
	    keys_bind(&s->subscribers, false, s->hash)) {
		(void)fprintf(stderr, "sluice serve: a user id of a key is not UTF-8\n");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* --listen replaces what the file says; zero configuration is loopback. */
static int take_listen(const struct args *args, struct serve_setup *s, struct conf_report *report)
{
	size_t n = 0;

	while (args_nth(args, SERVE_LISTEN, n))
		n++;
	if (n == 0)
		return EXIT_OK;
	s->conf.listen = arena_alloc(&s->arena, n * sizeof(*s->conf.listen));
	s->conf.listen_count = n;
	for (size_t i = 0; s->conf.listen && i < n; i++) {
		if (conf_listen_parse(slice_of(args_nth(args, SERVE_LISTEN, i)),
				      &s->conf.listen[i]))
			return usage_error(args, "--listen wants ADDRESS:PORT, not '%s'",
					   args_nth(args, SERVE_LISTEN, i));
	}
	if (!s->conf.listen || conf_judge(&s->conf, report)) {
		print_report(report);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* Routes. */

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
	};
}

static bool authenticates(const struct serve_setup *s)
{
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

/* The last two labels: what a public suffix list would say more exactly. Wrongly "same" only
 * keeps the cookie at home; the soft refusal then brings the page back with a new ticket. */
static struct slice site_of(struct slice host)
{
	size_t dots = 0;

	for (size_t i = host.len; i > 0; i--) {
		if (host.ptr[i - 1] == '.' && ++dots == 2)
			return slice_from(host, i);
	}
	return host;
}

/* True if a listed origin shares its site with none of our hosts. */
static bool is_cross_site(const struct settings *conf)
{
	for (size_t i = 0; i < conf->cors.origin_count; i++) {
		struct origin origin;
		bool same = false;

		if (origin_parse(conf->cors.origins[i], &origin))
			continue;
		for (size_t j = 0; j < conf->hosts.host_count; j++) {
			struct slice host = conf->hosts.hosts[j];

			same |= slice_eq_nocase(site_of(slice_upto(host, slice_find(host, ':'))),
						site_of(origin.host));
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
	out->head_timeout_ms = conf->limits.head_timeout_ms;
	out->body_timeout_ms = conf->limits.body_timeout_ms;
	out->idle_timeout_ms = conf->limits.idle_timeout_ms;
	out->write_timeout_ms = conf->limits.write_timeout_ms;
	out->lag_ms = conf->limits.lag_ms;
	out->replay_events = (size_t)conf->limits.replay_events;
	out->replay_bytes = (size_t)conf->limits.replay_bytes;
	out->max_body = (size_t)conf->publish.max_body;
	out->max_event = (size_t)conf->publish.max_event;
}

static int build(struct serve_setup *s)
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
	return s->demo ? open_demo_topic(s) : EXIT_OK;
}

int serve_setup(const struct args *args, struct serve_setup *s)
{
	struct conf_report *report = malloc(sizeof(*report));

	*s = (struct serve_setup){0};
	arena_init(&s->arena, CONF_MAX_MEMORY);
	keys_init(&s->publishers);
	keys_init(&s->subscribers);
	s->demo = args_has(args, SERVE_DEMO);
	s->check = args_has(args, SERVE_CHECK);
	int code = report ? read_conf(args, s, report) : EXIT_USAGE;
	if (code == EXIT_OK)
		code = take_listen(args, s, report);
	if (code == EXIT_OK && args_get(args, SERVE_WORKERS) &&
	    !args_number(args, SERVE_WORKERS, 1, 256, &s->conf.workers))
		code = EXIT_USAGE;
	if (code == EXIT_OK)
		code = find_keys(s);
	if (code == EXIT_OK)
		code = build(s);
	free(report);
	return code;
}

void serve_setup_end(struct serve_setup *s)
{
	keys_fini(&s->publishers);
	keys_fini(&s->subscribers);
	arena_free(&s->arena);
}

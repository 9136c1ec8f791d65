/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "../edge.h"
#include "load.h"

#include "conf/document.h"
#include "conf/form.h"
#include "identity/jws_alg.h"

/* Every key once, none with its default. */
static const struct slice full = SLICE_INIT(
	"listen: [127.0.0.1:0, {address: \"[::1]:8443\"}, 0.0.0.0:80]\n"
	"workers: 4\n"
	"hosts: [a.example, b.example:8443]\n"
	"cors: {origins: [HTTPS://A.Example:443], credentials: true}\n"
	"auth:\n"
	"  cookie: sid\n"
	"  keys-file: /k\n"
	"  expiring: 1m\n"
	"  cache: 1s\n"
	"  timeout: 2s\n"
	"  jwt: {keys: https://id.example/jwks, issuer: https://id.example/,\n"
	"    audience: [stream, push], algorithms: [ES256, EdDSA], types: [JWT],\n"
	"    clock-skew: 0, max-lifetime: 1h, required: true, ca-file: ca.pem}\n"
	"  introspect: {url: \"http://127.0.0.1:3000/who?a=b\", timeout: 3s, ca-file: i.pem}\n"
	"  ticket: {ttl: 5s, max: 7, path: /t, resume-ttl: off}\n"
	"  revoke: {path: /r, keep: 2h, max: 8}\n"
	"publish: {path: /p, key-file: p.key, max-body: 2MiB, max-event: 1KiB, rate: 9}\n"
	"routes:\n"
	"  - {path: /a, hub: {public: [news/*, demo], topics: [x/**]}, accept: any,\n"
	"     refuse: soft, heartbeat: 30s}\n"
	"  - /b\n"
	"heartbeat: {period: 20s, jitter: 0, mode: event}\n"
	"retry: {min: 1s, max: 2s, drain-min: 3s, drain-max: 4s}\n"
	"limits: {streams: 12, connections: 11, per-address: off, topics-per-stream: 2,\n"
	"  replay-events: 3, replay-bytes: 64KiB, head-timeout: 1s, body-timeout: 2s,\n"
	"  idle-timeout: 3s, write-timeout: 4s, lag: 5s}\n"
	"history: {memory: 1GiB}\n"
	"edge: [nginx, fastly]\n"
	"charset: false\n"
	"preset: guide\n"
	"hsts-preload: false\n"
	"drain: {delay: 2s, window: 0, deadline: 1s}\n");

static void check_front(const struct settings *s)
{
	assert_int_equal(s->listen_count, 3);
	check_slice("host", s->listen[0].host, SLICE("127.0.0.1"));
	assert_int_equal(s->listen[0].port, 0);
	assert_true(s->listen[0].loopback);
	check_slice("IPv6 has no brackets", s->listen[1].host, SLICE("::1"));
	assert_int_equal(s->listen[1].port, 8443);
	assert_true(s->listen[1].ipv6 && s->listen[1].loopback);
	check_slice("address as written", s->listen[1].address, SLICE("[::1]:8443"));
	assert_false(s->listen[2].loopback);
	assert_int_equal(s->workers, 4);
	assert_int_equal(s->hosts.host_count, 2);
	check_slice("host with port", s->hosts.hosts[1], SLICE("b.example:8443"));
	assert_int_equal(s->cors.origin_count, 1);
	check_slice("normal origin", s->cors.origins[0], SLICE("https://a.example"));
	assert_true(s->cors.credentials && !s->cors.any);
	check_slice("publish path", s->publish.path, SLICE("/p"));
	assert_string_equal(s->publish.key_file.ptr, "p.key");
	assert_int_equal(s->publish.max_body, 2 << 20);
	assert_int_equal(s->publish.max_event, 1024);
	assert_int_equal(s->publish.rate, 9);
}

static void a_listener_keeps_what_stands_beside_its_address(void **state)
{
	(void)state;
	static struct loaded l;

	load(&l,
	     SLICE("listen:\n"
		   "  - address: 127.0.0.1:8443\n"
		   "    tls: {certificate: [a.pem, b.pem], key: [a.key, b.key], minimum: \"1.3\"}\n"
		   "  - {address: 127.0.0.1:80, h2c: off}\n"));
	assert_int_equal(l.err, OK);
	const struct listen_settings *first = &l.settings.listen[0];
	assert_int_equal(first->port, 8443);
	assert_int_equal(first->tls.certificate_count, 2);
	check_slice("certificate", first->tls.certificates[1], SLICE("b.pem"));
	assert_int_equal(first->tls.key_count, 2);
	check_slice("key", first->tls.keys[0], SLICE("a.key"));
	assert_int_equal(first->tls.minimum, CONF_TLS_1_3);
	assert_null(first->tls.client_ca.ptr);
	assert_int_equal(l.settings.listen[1].tls.certificate_count, 0);
	assert_int_equal(l.settings.listen[1].h2c, CONF_H2C_OFF);
	arena_free(&l.arena);
}

static void check_jwt(const struct jwt_settings *jwt)
{
	assert_string_equal(jwt->keys.ptr, "https://id.example/jwks");
	assert_true(conf_is_url(jwt->keys));
	check_slice("issuer", jwt->issuer, SLICE("https://id.example/"));
	assert_int_equal(jwt->audience_count, 2);
	check_slice("audience", jwt->audiences[1], SLICE("push"));
	assert_int_equal(jwt->algorithms, JWS_ALG_BIT(JWS_ES256) | JWS_ALG_BIT(JWS_EDDSA));
	assert_int_equal(jwt->type_count, 1);
	check_slice("type", jwt->types[0], SLICE("JWT"));
	assert_int_equal(jwt->clock_skew_ms, 0);
	assert_int_equal(jwt->max_lifetime_ms, 3600000);
	assert_true(jwt->required);
	assert_string_equal(jwt->ca_file.ptr, "ca.pem");
}

static void check_auth(const struct auth_settings *auth)
{
	check_slice("cookie", auth->cookie, SLICE("sid"));
	assert_string_equal(auth->keys_file.ptr, "/k");
	assert_int_equal(auth->expiring_ms, 60000);
	assert_int_equal(auth->cache_ms, 1000);
	assert_int_equal(auth->timeout_ms, 2000);
	check_jwt(&auth->jwt);
	assert_string_equal(auth->introspect.url.ptr, "http://127.0.0.1:3000/who?a=b");
	assert_int_equal(auth->introspect.timeout_ms, 3000);
	assert_string_equal(auth->introspect.ca_file.ptr, "i.pem");
	assert_int_equal(auth->ticket.ttl_ms, 5000);
	assert_int_equal(auth->ticket.max, 7);
	check_slice("path of tickets", auth->ticket.path, SLICE("/t"));
	assert_int_equal(auth->ticket.resume_ttl_ms, 0);
	check_slice("path of revocations", auth->revoke.path, SLICE("/r"));
	assert_int_equal(auth->revoke.keep_ms, 7200000);
	assert_int_equal(auth->revoke.max, 8);
}

static void check_routes(const struct settings *s)
{
	assert_int_equal(s->route_count, 2);
	check_slice("path", s->routes[0].path, SLICE("/a"));
	assert_int_equal(s->routes[0].public_count, 2);
	check_slice("public", s->routes[0].public_topics[0], SLICE("news/*"));
	assert_int_equal(s->routes[0].topic_count, 1);
	check_slice("topics", s->routes[0].topics[0], SLICE("x/**"));
	assert_int_equal(s->routes[0].accept, CONF_ACCEPT_ANY);
	assert_int_equal(s->routes[0].refuse, CONF_REFUSE_SOFT);
	assert_int_equal(s->routes[0].heartbeat_ms, 30000);
	check_slice("a plain path is a route", s->routes[1].path, SLICE("/b"));
	assert_int_equal(s->routes[1].accept, CONF_ACCEPT_STRICT);
	assert_int_equal(s->routes[1].refuse, CONF_REFUSE_AUTO);
	assert_int_equal(s->routes[1].heartbeat_ms, 0);
}

static void check_numbers(const struct settings *s)
{
	assert_int_equal(s->heartbeat.period_ms, 20000);
	assert_int_equal(s->heartbeat.jitter_percent, 0);
	assert_int_equal(s->heartbeat.mode, CONF_HEARTBEAT_EVENT);
	assert_int_equal(s->retry.min_ms, 1000);
	assert_int_equal(s->retry.max_ms, 2000);
	assert_int_equal(s->retry.drain_min_ms, 3000);
	assert_int_equal(s->retry.drain_max_ms, 4000);
	assert_int_equal(s->limits.streams, 12);
	assert_int_equal(s->limits.connections, 11);
	assert_int_equal(s->limits.per_address, 0);
	assert_int_equal(s->limits.topics_per_stream, 2);
	assert_int_equal(s->limits.replay_events, 3);
	assert_int_equal(s->limits.replay_bytes, 65536);
	assert_int_equal(s->limits.head_timeout_ms, 1000);
	assert_int_equal(s->limits.body_timeout_ms, 2000);
	assert_int_equal(s->limits.idle_timeout_ms, 3000);
	assert_int_equal(s->limits.write_timeout_ms, 4000);
	assert_int_equal(s->limits.lag_ms, 5000);
	assert_int_equal(s->history.memory, 1 << 30);
	assert_int_equal(s->edges, EDGE_NGINX | EDGE_FASTLY);
	assert_int_equal(s->preset, CONF_PRESET_GUIDE);
	assert_false(s->charset || s->hsts_preload);
	assert_int_equal(s->drain.delay_ms, 2000);
	assert_int_equal(s->drain.window_ms, 0);
	assert_int_equal(s->drain.deadline_ms, 1000);
}

static void reads_every_key(void **state)
{
	(void)state;
	static struct loaded l;

	load(&l, place_at_edge(full));
	check_slice("full", printed(&l), SLICE(""));
	assert_int_equal(l.err, OK);
	check_front(&l.settings);
	check_auth(&l.settings.auth);
	check_routes(&l.settings);
	check_numbers(&l.settings);
	arena_free(&l.arena);
}

static void check_auth_defaults(const struct auth_settings *auth)
{
	assert_null(auth->cookie.ptr);
	assert_null(auth->keys_file.ptr);
	assert_int_equal(auth->expiring_ms, 30000);
	assert_int_equal(auth->cache_ms, 30000);
	assert_int_equal(auth->timeout_ms, 5000);
	assert_null(auth->jwt.keys.ptr);
	assert_int_equal(auth->jwt.audience_count, 0);
	assert_int_equal(auth->jwt.algorithms, 0);
	assert_int_equal(auth->jwt.type_count, 2);
	check_slice("type", auth->jwt.types[1], SLICE("at+jwt"));
	assert_int_equal(auth->jwt.clock_skew_ms, 30000);
	assert_int_equal(auth->jwt.max_lifetime_ms, 0);
	assert_false(auth->jwt.required);
	assert_null(auth->introspect.url.ptr);
	assert_int_equal(auth->introspect.timeout_ms, 2000);
	assert_int_equal(auth->ticket.ttl_ms, 60000);
	assert_int_equal(auth->ticket.max, 100000);
	check_slice("path of tickets", auth->ticket.path, SLICE("/auth/stream-token"));
	assert_int_equal(auth->ticket.resume_ttl_ms, 900000);
	check_slice("path of revocations", auth->revoke.path, SLICE("/auth/revoke"));
	assert_int_equal(auth->revoke.keep_ms, 86400000);
	assert_int_equal(auth->revoke.max, 65536);
}

static void check_defaults(const struct settings *s)
{
	assert_int_equal(s->listen_count, 1);
	check_slice("listen", s->listen[0].address, SLICE("127.0.0.1:8080"));
	assert_true(s->listen[0].loopback);
	assert_int_equal(s->listen[0].port, 8080);
	assert_null(s->admin.address.ptr);
	assert_int_equal(s->workers, 0);
	assert_int_equal(s->hosts.host_count, 0);
	assert_false(s->cors.any || s->cors.credentials);
	check_auth_defaults(&s->auth);
	check_slice("publish", s->publish.path, SLICE("/publish"));
	assert_int_equal(s->publish.max_body, 1 << 20);
	assert_int_equal(s->publish.rate, 0);
	assert_int_equal(s->route_count, 1);
	check_slice("route", s->routes[0].path, SLICE("/stream"));
	assert_int_equal(s->routes[0].public_count, 0);
	assert_int_equal(s->heartbeat.period_ms, 15000);
	assert_int_equal(s->heartbeat.jitter_percent, 10);
	assert_int_equal(s->retry.min_ms, 3000);
	assert_int_equal(s->retry.drain_max_ms, 30000);
	assert_int_equal(s->limits.per_address, 50);
	assert_int_equal(s->history.memory, 64 << 20);
	assert_true(s->charset);
	assert_int_equal(s->edges, 0);
}

static const struct {
	const char *name;
	struct slice text;
} empty[] = {
	{"no bytes", SLICE_INIT("")},
	{"a comment", SLICE_INIT("# nothing\n")},
	{"a document without content", SLICE_INIT("---\n")},
	{"a document that is null", SLICE_INIT("null\n")},
	{"an empty mapping", SLICE_INIT("{}\n")},
	{"a byte order mark", SLICE_INIT("\xef\xbb\xbf# nothing\n")},
	{"a directive", SLICE_INIT("%YAML 1.1\n---\n...\n")},
};

static void an_empty_file_gives_the_defaults(void **state)
{
	(void)state;
	static struct loaded l;

	for (size_t i = 0; i < COUNT_OF(empty); i++) {
		load(&l, place_at_edge(empty[i].text));
		check(empty[i].name, l.err == OK);
		check_slice(empty[i].name, printed(&l), SLICE(""));
		check_defaults(&l.settings);
		arena_free(&l.arena);
	}
}

static void no_file_gives_the_defaults(void **state)
{
	(void)state;
	struct arena arena;
	struct settings settings;

	arena_init(&arena, CONF_MAX_MEMORY);
	assert_int_equal(conf_defaults(&arena, &settings), OK);
	check_defaults(&settings);
	arena_free(&arena);
}

static void the_guide_waits_thirty_seconds_without_jitter(void **state)
{
	(void)state;
	static struct loaded l;

	load(&l, SLICE("preset: guide\n"));
	assert_int_equal(l.err, OK);
	assert_int_equal(l.settings.retry.min_ms, 30000);
	assert_int_equal(l.settings.retry.max_ms, 30000);
	assert_int_equal(l.settings.retry.drain_min_ms, 30000);
	assert_int_equal(l.settings.retry.drain_max_ms, 30000);
	assert_true(l.settings.hsts_preload);
	arena_free(&l.arena);

	/* What the file says wins, wherever it stands. */
	load(&l, SLICE("retry: {min: 4s}\nhsts-preload: false\npreset: guide\n"));
	assert_int_equal(l.err, OK);
	assert_int_equal(l.settings.retry.min_ms, 4000);
	assert_int_equal(l.settings.retry.max_ms, 30000);
	assert_false(l.settings.hsts_preload);
	arena_free(&l.arena);
}

static void a_lone_star_means_any_origin(void **state)
{
	(void)state;
	static struct loaded l;

	load(&l, SLICE("cors: {origins: [\"*\"]}\n"));
	assert_int_equal(l.err, OK);
	assert_true(l.settings.cors.any);
	assert_int_equal(l.settings.cors.origin_count, 0);
	arena_free(&l.arena);
}

#define JWT "keys: k, issuer: i, audience: a, algorithms: [ES256]"
#define URL "issuer: i, audience: a, algorithms: [ES256], keys: "

static const struct {
	const char *name;
	struct slice text;
} quiet[] = {
	{"the lowest value of each key",
	 SLICE_INIT("auth:\n"
		    "  {expiring: 0, cache: 0, timeout: 100ms,\n"
		    "   jwt: {" JWT ", types: [j], clock-skew: 0, max-lifetime: 1s},\n"
		    "   introspect: {url: \"https://a\", timeout: 100ms},\n"
		    "   ticket: {ttl: 1s, max: 1, path: /, resume-ttl: 0},\n"
		    "   revoke: {path: /r, keep: 1m, max: 1}}\n")},
	{"the highest value of each key",
	 SLICE_INIT("auth:\n"
		    "  {expiring: 10m, cache: 30s, timeout: 30s,\n"
		    "   jwt: {" JWT ", clock-skew: 5m, max-lifetime: 720h},\n"
		    "   introspect: {url: \"https://a\", timeout: 10s},\n"
		    "   ticket: {ttl: 60s, max: 10000000, resume-ttl: 24h},\n"
		    "   revoke: {keep: 720h, max: 10000000}}\n")},
	{"every algorithm, with keys from a file",
	 SLICE_INIT("auth: {jwt: {keys: k, issuer: i, audience: a,\n"
		    "  algorithms: [HS256, RS256, PS256, ES256, EdDSA]}}\n")},
	{"keys from localhost without TLS",
	 SLICE_INIT("auth: {jwt: {" URL "\"http://localhost:80/jwks\"}}\n")},
	{"keys from IPv6 loopback without TLS",
	 SLICE_INIT("auth: {jwt: {" URL "\"http://[::1]/jwks\"}}\n")},
	{"keys from a URL in capitals",
	 SLICE_INIT("auth: {jwt: {" URL "\"HTTPS://A.EXAMPLE\"}}\n")},
	{"keys from a file with a colon", SLICE_INIT("auth: {jwt: {" URL "\"https:/keys\"}}\n")},
	{"a cookie with tokens", SLICE_INIT("auth: {cookie: sid, jwt: {" JWT "}}\n")},
	{"a cookie with introspection",
	 SLICE_INIT("auth: {cookie: sid, introspect: {url: \"https://a\"}}\n")},
	{"a public listener with tokens",
	 SLICE_INIT("listen: [0.0.0.0:80]\nhosts: [a.example]\nauth: {jwt: {" JWT "}}\n")},
	{"a public listener with introspection",
	 SLICE_INIT("listen: [0.0.0.0:80]\nhosts: [a.example]\n"
		    "auth: {introspect: {url: \"https://a\"}}\n")},
	{"a short memory for revocations without authentication",
	 SLICE_INIT("auth: {revoke: {keep: 1m}}\n")},
};

static void has_nothing_to_say(void **state)
{
	(void)state;
	static struct loaded l;

	for (size_t i = 0; i < COUNT_OF(quiet); i++) {
		load(&l, place_at_edge(quiet[i].text));
		check_slice(quiet[i].name, printed(&l), SLICE(""));
		check(quiet[i].name, l.err == OK);
		arena_free(&l.arena);
	}
}

static void an_admin_listener_is_an_address_or_off(void **state)
{
	(void)state;
	static struct loaded l;

	load(&l, SLICE("admin: \"[::1]:9090\"\n"));
	assert_int_equal(l.err, OK);
	check_slice("host", l.settings.admin.host, SLICE("::1"));
	assert_int_equal(l.settings.admin.port, 9090);
	assert_true(l.settings.admin.ipv6 && l.settings.admin.loopback);
	arena_free(&l.arena);
	load(&l, SLICE("admin: off\n"));
	assert_int_equal(l.err, OK);
	assert_null(l.settings.admin.address.ptr);
	arena_free(&l.arena);
}

static void a_plain_audience_is_a_list_of_one(void **state)
{
	(void)state;
	static struct loaded l;

	load(&l, SLICE("auth: {jwt: {" JWT "}}\n"));
	assert_int_equal(l.err, OK);
	assert_int_equal(l.settings.auth.jwt.audience_count, 1);
	check_slice("audience", l.settings.auth.jwt.audiences[0], SLICE("a"));
	assert_false(conf_is_url(l.settings.auth.jwt.keys));
	arena_free(&l.arena);
}

/* Most prefixes are faulty; none may crash, read beyond its end or leave anything behind. */
static void survives_every_prefix(void **state)
{
	(void)state;
	static struct loaded l;

	for (size_t len = 0; len <= full.len; len++) {
		load(&l, place_at_edge(slice_upto(full, len)));
		assert_true(l.err == OK || l.err == E_SYNTAX);
		assert_int_equal(l.err == OK, l.report.errors.count == 0);
		arena_free(&l.arena);
	}
}

/* An arena of every size: the load fails cleanly until all fits. */
static void says_when_memory_is_out(void **state)
{
	(void)state;
	static struct conf_report report;
	enum err err = E_NOMEM;

	for (size_t max = 0; err != OK; max += 7) {
		struct settings settings = {.workers = 77};
		struct arena arena;

		arena_init(&arena, max);
		err = conf_load(full, SLICE("f"), &arena, &settings, &report);
		assert_true(err == OK || (err == E_NOMEM && settings.workers == 77));
		arena_free(&arena);
		assert_true(max < 65536);
	}
}

static void judges_settings_that_the_program_changed(void **state)
{
	(void)state;
	static struct loaded l;
	static struct conf_report report;
	struct conf_note *note = &report.errors.list[0];

	load(&l, SLICE(""));
	conf_report_init(&report, SLICE("--listen"));
	assert_int_equal(conf_judge(&l.settings, &report), OK);
	l.settings.listen[0].loopback = false;
	assert_int_equal(conf_judge(&l.settings, &report), E_SYNTAX);
	assert_int_equal(report.errors.count, 2);
	assert_int_equal(note->at.line, 0);
	arena_free(&l.arena);
}

static void takes_its_own_example(void **state)
{
	(void)state;
	static struct loaded l;

	load(&l, conf_example);
	check_slice("example", printed(&l), SLICE(""));
	assert_int_equal(l.err, OK);
	arena_free(&l.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_keeps_what_stands_beside_its_address),
		cmocka_unit_test(reads_every_key),
		cmocka_unit_test(an_empty_file_gives_the_defaults),
		cmocka_unit_test(no_file_gives_the_defaults),
		cmocka_unit_test(the_guide_waits_thirty_seconds_without_jitter),
		cmocka_unit_test(a_lone_star_means_any_origin),
		cmocka_unit_test(has_nothing_to_say),
		cmocka_unit_test(an_admin_listener_is_an_address_or_off),
		cmocka_unit_test(a_plain_audience_is_a_list_of_one),
		cmocka_unit_test(survives_every_prefix),
		cmocka_unit_test(says_when_memory_is_out),
		cmocka_unit_test(judges_settings_that_the_program_changed),
		cmocka_unit_test(takes_its_own_example),
	};

	return cmocka_run_group_tests_name("conf-load", tests, NULL, NULL);
}

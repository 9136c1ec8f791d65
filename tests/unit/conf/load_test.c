/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "../edge.h"
#include "load.h"

#include "conf/document.h"
#include "conf/tree.h"

#define TEXT_SIZE (2u << 20) /* bytes: a file at its maximum, and more */

/* Every key once, none with its default. */
static const struct slice full = SLICE_INIT(
	"listen: [127.0.0.1:0, {address: \"[::1]:8443\"}, 0.0.0.0:80]\n"
	"workers: 4\n"
	"hosts: [a.example, b.example:8443]\n"
	"cors: {origins: [HTTPS://A.Example:443], credentials: true}\n"
	"auth: {cookie: sid, keys-file: /k}\n"
	"publish: {path: /p, key-file: p.key, max-body: 2MiB, max-event: 1KiB, rate: 9}\n"
	"routes:\n"
	"  - {path: /a, hub: {public: [news/*, demo], topics: [x/**]}, accept: any,\n"
	"     refuse: soft, heartbeat: 30s}\n"
	"  - /b\n"
	"heartbeat: {period: 20s, jitter: 0, mode: event}\n"
	"retry: {min: 1s, max: 2s, drain-min: 3s, drain-max: 4s}\n"
	"limits: {streams: 10, connections: 11, per-address: off, topics-per-stream: 2,\n"
	"  replay-events: 3, replay-bytes: 64KiB, head-timeout: 1s, body-timeout: 2s,\n"
	"  idle-timeout: 3s, write-timeout: 4s, lag: 5s}\n"
	"history: {memory: 1GiB}\n"
	"edge: [nginx, fastly]\n"
	"charset: false\n"
	"preset: guide\n"
	"hsts-preload: false\n"
	"drain: {window: 0, deadline: 1s}\n");

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
	check_slice("cookie", s->auth.cookie, SLICE("sid"));
	assert_string_equal(s->auth.keys_file.ptr, "/k");
	check_slice("publish path", s->publish.path, SLICE("/p"));
	assert_string_equal(s->publish.key_file.ptr, "p.key");
	assert_int_equal(s->publish.max_body, 2 << 20);
	assert_int_equal(s->publish.max_event, 1024);
	assert_int_equal(s->publish.rate, 9);
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
	assert_int_equal(s->limits.streams, 10);
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
	check_routes(&l.settings);
	check_numbers(&l.settings);
	arena_free(&l.arena);
}

static void check_defaults(const struct settings *s)
{
	assert_int_equal(s->listen_count, 1);
	check_slice("listen", s->listen[0].address, SLICE("127.0.0.1:8080"));
	assert_true(s->listen[0].loopback);
	assert_int_equal(s->listen[0].port, 8080);
	assert_int_equal(s->workers, 0);
	assert_int_equal(s->hosts.host_count, 0);
	assert_false(s->cors.any || s->cors.credentials);
	assert_null(s->auth.cookie.ptr);
	assert_null(s->auth.keys_file.ptr);
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

/* head, `count` times entry, tail. */
static struct slice repeat(char *text, struct slice head, struct slice entry, size_t count,
			   struct slice tail)
{
	struct writer w;

	writer_init(&w, text, TEXT_SIZE);
	put(&w, head);
	for (size_t i = 0; i < count; i++)
		put(&w, entry);
	put(&w, tail);
	assert_false(w.overflow);
	return writer_slice(&w);
}

static const struct {
	const char *name;
	struct slice head, entry, tail;
	size_t most;
	struct slice want; /* one past it */
} bounds[] = {
	{"listeners", SLICE_INIT("listen: ["), SLICE_INIT("127.0.0.1:80,"), SLICE_INIT("]"), 16,
	 SLICE_INIT("sluice.yaml:1:9: listen: a list of 17 entries is above the maximum of 16\n")},
	{"hosts", SLICE_INIT("hosts: ["), SLICE_INIT("a.example,"), SLICE_INIT("]"), 64,
	 SLICE_INIT("sluice.yaml:1:8: hosts: a list of 65 entries is above the maximum of 64\n")},
	{"origins", SLICE_INIT("cors: {origins: ["), SLICE_INIT("https://a.example,"),
	 SLICE_INIT("]}"), 64,
	 SLICE_INIT("sluice.yaml:1:17: cors.origins: a list of 65 entries is above the maximum of "
		    "64\n")},
	{"public topics", SLICE_INIT("routes: [{path: /a, hub: {public: ["), SLICE_INIT("a,"),
	 SLICE_INIT("]}}]"), 64,
	 SLICE_INIT("sluice.yaml:1:35: routes[].hub.public: a list of 65 entries is above the "
		    "maximum of 64\n")},
	{"fixed topics", SLICE_INIT("routes: [{path: /a, hub: {topics: ["), SLICE_INIT("a,"),
	 SLICE_INIT("]}}]"), 32,
	 SLICE_INIT("sluice.yaml:1:35: routes[].hub.topics: a list of 33 entries is above the "
		    "maximum of 32\n")},
	{"length of a path", SLICE_INIT("routes: [/"), SLICE_INIT("a"), SLICE_INIT("]"), 255,
	 SLICE_INIT("sluice.yaml:1:10: routes[].path: a text of 257 bytes is above the maximum of "
		    "256\n")},
	{"length of a file name", SLICE_INIT("publish: {key-file: "), SLICE_INIT("a"),
	 SLICE_INIT("}"), 4096,
	 SLICE_INIT("sluice.yaml:1:21: publish.key-file: a text of 4097 bytes is above the maximum "
		    "of 4096\n")},
	{"length of a cookie's name", SLICE_INIT("auth: {keys-file: k, cookie: "), SLICE_INIT("a"),
	 SLICE_INIT("}"), 128,
	 SLICE_INIT("sluice.yaml:1:30: auth.cookie: a text of 129 bytes is above the maximum of "
		    "128\n")},
	{"length of a topic", SLICE_INIT("routes: [{path: /a, hub: {topics: ["), SLICE_INIT("a"),
	 SLICE_INIT("]}}]"), 256,
	 SLICE_INIT(
		 "sluice.yaml:1:36: routes[].hub.topics: '"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…': a topic is "
		 "at "
		 "most 256 visible ASCII characters; * stands for a whole segment, ** for the last "
		 "ones: a/*/b, a/**\n")},
	{"bytes of a file", SLICE_INIT("#"), SLICE_INIT(" "), SLICE_INIT(""), (1 << 20) - 1,
	 SLICE_INIT("sluice.yaml:1:1: the file is larger than 1 MiB\n")},
};

static void keeps_its_bounds(void **state)
{
	(void)state;
	static struct loaded l;
	static char text[TEXT_SIZE];

	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		load(&l,
		     repeat(text, bounds[i].head, bounds[i].entry, bounds[i].most, bounds[i].tail));
		check_slice(bounds[i].name, printed(&l), SLICE(""));
		check(bounds[i].name, l.err == OK);
		arena_free(&l.arena);
		load(&l, repeat(text, bounds[i].head, bounds[i].entry, bounds[i].most + 1,
				bounds[i].tail));
		check_slice(bounds[i].name, printed(&l), bounds[i].want);
		arena_free(&l.arena);
	}
}

static struct slice routes(char *text, unsigned count)
{
	struct writer w;

	writer_init(&w, text, TEXT_SIZE);
	put(&w, SLICE("routes:\n"));
	for (unsigned i = 0; i < count; i++) {
		put(&w, SLICE("- /"));
		put_u64(&w, i);
		put_char(&w, '\n');
	}
	return writer_slice(&w);
}

static void takes_sixty_four_routes(void **state)
{
	(void)state;
	static struct loaded l;
	static char text[TEXT_SIZE];

	load(&l, routes(text, 64));
	assert_int_equal(l.err, OK);
	assert_int_equal(l.settings.route_count, 64);
	arena_free(&l.arena);
	load(&l, routes(text, 65));
	assert_int_equal(l.err, E_SYNTAX);
	arena_free(&l.arena);
}

/* Bombs: `count` brackets in each other, `count` values beside each other. */
static void keeps_the_tree_small(void **state)
{
	(void)state;
	static struct loaded l;
	static char text[TEXT_SIZE];
	const struct slice unknown = SLICE("sluice.yaml:1:1: unknown key 'zzzzzz'\n");

	/* The mapping of the file is the first level, and its first value with its key. */
	load(&l, repeat(text, SLICE("zzzzzz: "), SLICE("["), CONF_MAX_DEPTH - 1,
			SLICE("]]]]]]]]]]]]]]]")));
	check_slice("deepest", printed(&l), unknown);
	arena_free(&l.arena);
	load(&l, repeat(text, SLICE("zzzzzz: "), SLICE("["), CONF_MAX_DEPTH, SLICE("")));
	check_slice("deeper", printed(&l),
		    SLICE("sluice.yaml:1:24: nested deeper than 16 levels\n"));
	arena_free(&l.arena);
	load(&l, repeat(text, SLICE("zzzzzz: ["), SLICE("a,"), CONF_MAX_NODES - 3, SLICE("]")));
	check_slice("most values", printed(&l), unknown);
	arena_free(&l.arena);
	load(&l, repeat(text, SLICE("zzzzzz: ["), SLICE("a,"), CONF_MAX_NODES - 2, SLICE("]")));
	check_slice("more values", printed(&l),
		    SLICE("sluice.yaml:1:20004: the file holds more than 10000 values\n"));
	arena_free(&l.arena);
	load(&l, repeat(text, SLICE(""), SLICE("["), CONF_MAX_TEXT, SLICE("")));
	assert_int_equal(l.err, E_SYNTAX);
	arena_free(&l.arena);
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
		cmocka_unit_test(reads_every_key),
		cmocka_unit_test(an_empty_file_gives_the_defaults),
		cmocka_unit_test(no_file_gives_the_defaults),
		cmocka_unit_test(the_guide_waits_thirty_seconds_without_jitter),
		cmocka_unit_test(a_lone_star_means_any_origin),
		cmocka_unit_test(survives_every_prefix),
		cmocka_unit_test(says_when_memory_is_out),
		cmocka_unit_test(keeps_its_bounds),
		cmocka_unit_test(takes_sixty_four_routes),
		cmocka_unit_test(keeps_the_tree_small),
		cmocka_unit_test(judges_settings_that_the_program_changed),
		cmocka_unit_test(takes_its_own_example),
	};

	return cmocka_run_group_tests_name("conf-load", tests, NULL, NULL);
}

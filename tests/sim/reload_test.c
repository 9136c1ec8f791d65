/* SPDX-License-Identifier: Apache-2.0 */
/* New settings under open streams and begun requests; old ones are given back, and not before. */
#include "auth.h"
#include "h2_peer.h"

#include <stdlib.h>

#define STREAMS 100u
#define ROUTES  16u

/* Settings on the heap, with routes of their own: what is used after its end is found. */
struct generation {
	struct stream_settings settings;
	struct route routes[ROUTES];
};

static struct generation *generation(const struct sim *sim)
{
	struct generation *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	g->settings = sim->options.settings;
	assert_true(g->settings.route_count <= ROUTES);
	memcpy(g->routes, g->settings.routes, g->settings.route_count * sizeof(g->routes[0]));
	g->settings.routes = g->routes;
	return g;
}

static struct route *route_of(struct generation *g, const char *path)
{
	for (size_t i = 0; i < g->settings.route_count; i++) {
		if (slice_eq(g->routes[i].path, slice_of(path)))
			return &g->routes[i];
	}
	fail_msg("no route %s", path);
	return NULL;
}

static void take(struct sim *sim, struct generation *g)
{
	check("reload", engine_reload(sim->workers[0].engine, &g->settings) == OK);
}

static bool uses(const struct sim *sim, const struct generation *g)
{
	return engine_uses(sim->workers[0].engine, &g->settings);
}

static void give_back(const char *name, const struct sim *sim, struct generation *g)
{
	check(name, !uses(sim, g));
	memset(g, 0xa5, sizeof(*g));
	free(g);
}

static void end(struct sim *sim, struct generation *last)
{
	sim_free(sim);
	free(last);
}

static void streams_go_on_by_the_new_settings(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *peers[STREAMS];
	struct generation *g = NULL;

	(void)state;
	for (unsigned i = 0; i < STREAMS; i++)
		peers[i] = sim_get(sim, 0, i % 2 ? "/stream?topic=open" : "/fixed", "");
	for (unsigned n = 0; n < 50; n++) {
		struct generation *old = g;

		g = generation(sim);
		take(sim, g);
		if (old)
			give_back("streams hold nothing", sim, old);
		publish_numbers(sim, "open", n, n + 1);
		sim_run(sim);
	}
	for (unsigned i = 0; i < STREAMS; i++) {
		expect_open("reloaded", peers[i]);
		expect_numbers("none is lost", &peers[i]->client, 0, 50);
	}
	end(sim, g);
}

/* One connection, one route that stays and one that goes, a request that waits for its answer. */
static void streams_by_http_2_go_on_too(void **state)
{
	struct sim *sim = auth_sim();
	struct h2_peer *h = h2_peer_new(sim_connect(sim, 0), 0);
	int32_t stays = h2_peer_get(h, "/stream?topic=open", NULL);
	int32_t goes = h2_peer_get(h, "/brisk?topic=open", NULL);
	int32_t waits = h2_peer_get(h, "/stream?topic=secret", "Bearer token-of-dave");
	struct generation *first = generation(sim), *second = generation(sim);

	(void)state;
	take(sim, first);
	h2_peer_run(h);
	route_of(second, "/brisk")->path = SLICE("/elsewhere");
	take(sim, second);
	publish_numbers(sim, "open", 0, 1);
	h2_peer_run(h);
	check("goes on", h2_peer_has(h, stays, "data: 0\n") && !h2_peer_answer(h, stays)->ended);
	check("told", h2_peer_has(h, goes, "event: draining\n"));
	check("ended", h2_peer_answer(h, goes)->ended);
	check("a request holds what it was decided by", uses(sim, first));
	sim_answer(sim, 0);
	h2_peer_run(h);
	check("answered", h2_peer_answer(h, waits)->status == 200);
	give_back("and lets go", sim, first);
	check("on one connection", !h->goaway && admit_connections(sim->admit) == 1);
	h2_peer_free(h);
	end(sim, second);
}

static void beats_follow_the_new_period(void **state)
{
	struct sim *sim = auth_sim();
	struct generation *g = generation(sim);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	route_of(g, "/stream")->heartbeat_ms = 1000;
	take(sim, g);
	sim_pass(sim, 17000);
	uint64_t first = sim_counters(sim, 0)->heartbeats;
	check("the old period runs out first", first >= 1);
	sim_pass(sim, 10000);
	check("then the new one", sim_counters(sim, 0)->heartbeats >= first + 8);
	expect_open("all the while", p);
	end(sim, g);
}

static void new_requests_meet_all_that_is_new(void **state)
{
	static const struct slice hosts[] = {SLICE_INIT("new.test")};
	static const struct slice origins[] = {SLICE_INIT("https://page.test")};
	struct sim *sim = auth_sim();
	struct generation *g = generation(sim);

	(void)state;
	g->settings.hosts = (struct host_rules){hosts, 1};
	g->settings.cors = (struct cors_rules){.origins = origins, .origin_count = 1};
	take(sim, g);
	struct sim_peer *old_host = sim_get(sim, 0, "/stream?topic=open", "");
	expect_refusal("the name of before", old_host, REFUSAL_WRONG_HOST);
	struct sim_peer *p = sim_connect(sim, 0);
	sim_send(p, "GET /stream?topic=open HTTP/1.1\r\nHost: new.test\r\n"
		    "Accept: text/event-stream\r\nOrigin: https://page.test\r\n\r\n");
	sim_run(sim);
	expect_open("the name of now", p);
	check_slice("and its origin", client_field(&p->client, "Access-Control-Allow-Origin"),
		    SLICE("https://page.test"));
	end(sim, g);
}

static void streams_of_a_removed_route_are_sent_back(void **state)
{
	struct sim *sim = auth_sim();
	struct generation *g = generation(sim);
	struct sim_peer *gone = sim_get(sim, 0, "/any?topic=open", "");
	struct sim_peer *stays = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	route_of(g, "/any")->path = SLICE("/another");
	take(sim, g);
	sim_run(sim);
	expect_clean_end("told", gone);
	check("when to return",
	      client_count(&gone->client, "draining") == 1 && gone->client.retry_ms >= 10000);
	expect_close("with its reason", sim, CLOSE_ROUTE_REMOVED);
	check("refused then",
	      client_status(&sim_get(sim, 0, "/any?topic=open", "")->client) == 404);
	expect_open("the other", stays);
	end(sim, g);
}

/* The path is one thing, what is served there another. */
static void route_of_another_kind_is_another_route(void **state)
{
	struct sim *sim = auth_sim();
	struct generation *g = generation(sim);
	struct sim_peer *p = sim_get(sim, 0, "/any?topic=open", "");

	(void)state;
	*route_of(g, "/any") = (struct route){.kind = ROUTE_HEALTH, .path = SLICE("/any")};
	take(sim, g);
	sim_run(sim);
	expect_clean_end("told", p);
	expect_close("removed", sim, CLOSE_ROUTE_REMOVED);
	end(sim, g);
}

static const struct {
	const char *name;
	const char *user;
	const char *key;
	bool carried; /* the ring knows that the key was there before */
	bool stays;
} rings[] = {
	{"the key is still there", "alice", SIM_SUBSCRIBER_KEY, true, true},
	{"the key is another's now", "mallory", SIM_SUBSCRIBER_KEY, true, false},
	{"the user has another key", "alice", "another-key-of-alice-0", true, false},
	{"no key at all", NULL, NULL, false, false},
};

static void streams_of_a_removed_key_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rings); i++) {
		struct sim *sim = auth_sim();
		struct generation *g = generation(sim);
		struct key_ring ring;
		struct sim_peer *p = sim_get(sim, 0, "/stream?topic=secret",
					     "Authorization: Bearer " SIM_SUBSCRIBER_KEY "\r\n");
		struct sim_peer *bob = sim_get(sim, 0, "/stream?topic=shared", BOB);

		keys_init(&ring);
		if (rings[i].key)
			check("add", keys_add(&ring, slice_of(rings[i].user),
					      slice_of(rings[i].key)) == OK);
		keys_carry(&ring, &sim->subscribers);
		check("bind", keys_bind(&ring, false, (struct siphash_key){0}) == OK);
		g->settings.subscribers = rings[i].key ? &ring : NULL;
		expect_open(rings[i].name, p);
		take(sim, g);
		sim_run(sim);
		expect_open(rings[i].name, bob);
		if (rings[i].stays) {
			expect_open(rings[i].name, p);
		} else {
			expect_clean_end(rings[i].name, p);
			check(rings[i].name, client_count(&p->client, "auth_expired") == 1);
			expect_close(rings[i].name, sim, CLOSE_KEY_REMOVED);
		}
		end(sim, g);
		keys_fini(&ring);
	}
}

static void begun_request_keeps_the_settings_of_its_beginning(void **state)
{
	struct sim *sim = auth_sim();
	struct generation *first = generation(sim);
	struct generation *second = generation(sim);
	struct sim_peer *publish = sim_connect(sim, 0);

	(void)state;
	take(sim, first);
	sim_send(publish, "POST /publish HTTP/1.1\r\nHost: sluice.test\r\n" OWNER
			  "Content-Type: application/json\r\nContent-Length: 26\r\n\r\n"
			  "{\"topic\":\"op");
	sim_run(sim);
	route_of(second, "/publish")->path = SLICE("/moved");
	take(sim, second);
	check("a body is read by them", uses(sim, first) && uses(sim, second));
	sim_send(publish, "en\",\"data\":1}\n");
	sim_run(sim);
	check("taken", client_status(&publish->client) == 200);
	give_back("answered", sim, first);
	check("moved", client_status(&post(sim, "/publish", OWNER, "{}")->client) == 404);
	end(sim, second);
}

static void question_that_is_open_is_judged_by_the_new_route(void **state)
{
	static const struct {
		const char *name;
		bool removed;
	} cases[] = {{"the route stays", false}, {"the route is gone", true}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sim *sim = auth_sim();
		struct generation *first = generation(sim);
		struct generation *second = generation(sim);

		take(sim, first);
		struct sim_peer *p = sim_get(sim, 0, "/stream?topic=secret", DAVE);
		if (cases[i].removed)
			route_of(second, "/stream")->path = SLICE("/moved");
		take(sim, second);
		check("the question holds them", uses(sim, first));
		sim_answer(sim, 0);
		sim_run(sim);
		if (cases[i].removed)
			expect_refusal(cases[i].name, p, REFUSAL_ROUTE);
		else
			expect_open(cases[i].name, p);
		give_back("answered", sim, first);
		publish_numbers(sim, "secret", 0, 3);
		sim_run(sim);
		expect_numbers(cases[i].name, &p->client, 0, cases[i].removed ? 0 : 3);
		end(sim, second);
	}
}

/* Each body that is being read pins the settings of its head; its deadline lets them go. */
static void older_settings_are_bounded(void **state)
{
	struct sim *sim = auth_sim();
	struct generation *all[ENGINE_MAX_SETTINGS + 1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++)
		all[i] = generation(sim);
	/* The first ones of all are the simulation's. */
	for (size_t i = 0; i < ENGINE_MAX_SETTINGS - 1; i++) {
		struct sim_peer *p = sim_connect(sim, 0);

		take(sim, all[i]);
		sim_send(p, "POST /publish HTTP/1.1\r\nHost: sluice.test\r\n" OWNER
			    "Content-Type: application/json\r\nContent-Length: 26\r\n\r\n{");
		sim_run(sim);
	}
	take(sim, all[ENGINE_MAX_SETTINGS - 1]);
	check("full",
	      engine_reload(sim->workers[0].engine, &all[ENGINE_MAX_SETTINGS]->settings) == E_FULL);
	check("nothing has changed", uses(sim, all[ENGINE_MAX_SETTINGS - 1]));
	check("the door is open", client_status(&sim_get(sim, 0, "/healthz", "")->client) == 200);
	sim_pass(sim, sim->options.settings.body_timeout_ms + 1000);
	for (size_t i = 0; i < ENGINE_MAX_SETTINGS - 1; i++)
		give_back("timed out", sim, all[i]);
	take(sim, all[ENGINE_MAX_SETTINGS]);
	give_back("replaced", sim, all[ENGINE_MAX_SETTINGS - 1]);
	end(sim, all[ENGINE_MAX_SETTINGS]);
}

/* An answer is bytes: whoever does not read it holds no settings. */
static void slow_answer_holds_nothing(void **state)
{
	struct sim *sim = auth_sim();
	struct generation *first = generation(sim);
	struct generation *second = generation(sim);
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	take(sim, first);
	p->stalled = true;
	p->capacity = 10;
	sim_send(p, "GET / HTTP/1.1\r\nHost: sluice.test\r\n\r\n");
	sim_run(sim);
	take(sim, second);
	give_back("not read", sim, first);
	p->stalled = false;
	sim_run(sim);
	check("whole", client_status(&p->client) == 200 && p->client.complete);
	end(sim, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_go_on_by_the_new_settings),
		cmocka_unit_test(streams_by_http_2_go_on_too),
		cmocka_unit_test(beats_follow_the_new_period),
		cmocka_unit_test(new_requests_meet_all_that_is_new),
		cmocka_unit_test(streams_of_a_removed_route_are_sent_back),
		cmocka_unit_test(route_of_another_kind_is_another_route),
		cmocka_unit_test(streams_of_a_removed_key_end),
		cmocka_unit_test(begun_request_keeps_the_settings_of_its_beginning),
		cmocka_unit_test(question_that_is_open_is_judged_by_the_new_route),
		cmocka_unit_test(older_settings_are_bounded),
		cmocka_unit_test(slow_answer_holds_nothing),
	};

	return cmocka_run_group_tests_name("sim reload", tests, NULL, NULL);
}

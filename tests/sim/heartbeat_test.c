/* SPDX-License-Identifier: Apache-2.0 */
/* Heartbeats: in silence, on time, between frames. */
#include "expect.h"

#define PERIOD_MS 15000u
#define REACH_MS  1500u /* ten per cent */
#define LATE_MS   16u   /* the wheel's tick */

/* Waits for the next comment and returns how long the silence was; fails past `limit_ms`. */
static uint64_t wait_for_comment(struct sim_peer *p, uint64_t limit_ms)
{
	uint64_t from_ms = p->sim->now_ms;
	size_t before = p->client.comments;

	while (p->client.comments == before && p->sim->now_ms - from_ms < limit_ms)
		sim_pass(p->sim, 1);
	check("a heartbeat came", p->client.comments == before + 1);
	return p->sim->now_ms - from_ms;
}

static void silence_is_broken_within_the_jitter(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");
	uint64_t low = UINT64_MAX, high = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		uint64_t ms = wait_for_comment(p, 2 * PERIOD_MS);

		low = ms < low ? ms : low;
		high = ms > high ? ms : high;
	}
	check("never early", low >= PERIOD_MS - REACH_MS);
	check("never late", high <= PERIOD_MS + REACH_MS + LATE_MS);
	check("they are spread", high - low > REACH_MS);
	check("counted", sim_counters(sim, 0)->heartbeats == 40);
	sim_free(sim);
}

static void none_while_events_flow(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		publish_numbers(sim, "open", n, n + 1);
		sim_pass(sim, PERIOD_MS - REACH_MS - LATE_MS);
	}
	expect_numbers("busy", &p->client, 0, 100);
	check("no heartbeat", p->client.comments == 0);
	check("then silence", wait_for_comment(p, PERIOD_MS) <= 2 * REACH_MS + 2 * LATE_MS);
	sim_free(sim);
}

static void each_route_has_its_period(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *usual = sim_get(sim, 0, "/stream?topic=open", "");
	struct sim_peer *brisk = sim_get(sim, 0, "/brisk?topic=open", "");

	(void)state;
	sim_pass(sim, 60000);
	check("every 15 s", usual->client.comments >= 3 && usual->client.comments <= 4);
	check("every 2 s", brisk->client.comments >= 27 && brisk->client.comments <= 33);
	sim_free(sim);
}

static void as_an_event(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.settings.heartbeat_mode = HEARTBEAT_EVENT;
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/brisk?topic=open", "");
	publish_numbers(sim, "open", 0, 1);
	sim_pass(sim, 10000);
	const struct client_event *beat = client_last(&p->client, "heartbeat");
	check("events", client_count(&p->client, "heartbeat") >= 4 && p->client.comments == 0);
	check("the last id stays", strcmp(beat->id, client_last(&p->client, "message")->id) == 0);
	sim_free(sim);
}

static void off(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.settings.heartbeat_mode = HEARTBEAT_OFF;
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/brisk?topic=open", "");
	uint64_t before = p->sent;
	sim_pass(sim, 600000);
	check("not a byte in ten minutes", p->sent == before);
	publish_numbers(sim, "open", 0, 3);
	sim_run(sim);
	expect_numbers("still there", &p->client, 0, 3);
	sim_free(sim);
}

/* At every byte of a frame: a peer that takes the rest late finds no comment inside. */
static void never_inside_a_frame(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/brisk?topic=open", "");

	(void)state;
	for (unsigned cut = 1; cut < 50; cut++) {
		p->stalled = true;
		p->capacity = cut;
		publish_numbers(sim, "open", cut - 1, cut);
		sim_pass(sim, 5000);
		check("nothing behind the cut", p->socket.len <= cut);
		p->stalled = false;
		p->capacity = SIM_SOCKET;
		sim_run(sim);
		check("whole", client_is_between_events(&p->client));
	}
	expect_numbers("cut by silence", &p->client, 0, 49);
	sim_free(sim);
}

/* A heartbeat is a frame too. */
static void cut_heartbeat_goes_on_where_it_stopped(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/brisk?topic=open", "");

	(void)state;
	for (unsigned cut = 0; cut < 17; cut++) {
		size_t before = p->client.comments;

		p->stalled = true;
		p->capacity = cut;
		sim_pass(sim, 2500);
		p->stalled = false;
		p->capacity = SIM_SOCKET;
		publish_numbers(sim, "open", cut, cut + 1);
		sim_run(sim);
		check("one comment", p->client.comments == before + 1);
	}
	expect_numbers("behind cut heartbeats", &p->client, 0, 17);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_broken_within_the_jitter),
		cmocka_unit_test(none_while_events_flow),
		cmocka_unit_test(each_route_has_its_period),
		cmocka_unit_test(as_an_event),
		cmocka_unit_test(off),
		cmocka_unit_test(never_inside_a_frame),
		cmocka_unit_test(cut_heartbeat_goes_on_where_it_stopped),
	};

	return cmocka_run_group_tests_name("sim heartbeats", tests, NULL, NULL);
}

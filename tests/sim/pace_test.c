/* SPDX-License-Identifier: Apache-2.0 */
/* Emission: a stream is given so many events a second; what is too fast comes later, in order. */
#include "auth.h"

#define RATE  10u
#define BURST 5u
#define TICK  16u

static struct sim *paced_sim(uint64_t rate, uint64_t burst)
{
	struct sim_options o = auth_options();

	o.settings.emission_rate = rate;
	o.settings.emission_burst = burst;
	return sim_new(&o);
}

static void a_burst_goes_out_at_once_and_the_rest_by_the_rate(void **state)
{
	struct sim *sim = paced_sim(RATE, BURST);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	publish_numbers(sim, "open", 0, 50);
	sim_run(sim);
	for (unsigned s = 0; s < 4; s++) {
		size_t got = client_count(&p->client, "message");

		check("not faster", got <= BURST + s * RATE);
		check("not slower", got + 1 >= BURST + s * RATE);
		sim_pass(sim, 1000);
	}
	sim_pass(sim, 1000);
	expect_numbers("all of it, in order", &p->client, 0, 50);
	sim_free(sim);
}

static void who_keeps_below_it_never_waits(void **state)
{
	struct sim *sim = paced_sim(RATE, BURST);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	for (unsigned n = 0; n < 50; n++) {
		publish_numbers(sim, "open", n, n + 1);
		sim_run(sim);
		expect_numbers("at once", &p->client, 0, n + 1);
		sim_pass(sim, 1000 / RATE);
	}
	sim_free(sim);
}

static void caught_up_it_is_live_again(void **state)
{
	struct sim *sim = paced_sim(RATE, BURST);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	publish_numbers(sim, "open", 0, 20);
	sim_run(sim);
	sim_pass(sim, 5000);
	expect_numbers("caught up", &p->client, 0, 20);
	publish_numbers(sim, "open", 20, 20 + BURST);
	sim_run(sim);
	expect_numbers("at once", &p->client, 0, 20 + BURST);
	sim_free(sim);
}

static void history_comes_by_the_rate_too(void **state)
{
	struct sim *sim = paced_sim(RATE, BURST);

	(void)state;
	publish_numbers(sim, "open", 0, 40);
	struct sim_peer *p =
		sim_get(sim, 0, "/stream?topic=open", "Last-Event-ID: 1700000000000~0\r\n");
	check("a burst at most", client_count(&p->client, "message") <= BURST);
	sim_pass(sim, 2000);
	check("then the rate", client_count(&p->client, "message") <= BURST + 2 * RATE);
	sim_pass(sim, 3000);
	expect_numbers("all of it", &p->client, 0, 40);
	sim_free(sim);
}

static void each_stream_has_its_own(void **state)
{
	struct sim *sim = paced_sim(RATE, BURST);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");
	struct sim_peer *q = sim_get(sim, 0, "/stream?topic=other", "");

	(void)state;
	publish_numbers(sim, "open", 0, 50);
	publish_numbers(sim, "other", 0, BURST);
	sim_run(sim);
	check("held back", client_count(&p->client, "message") == BURST);
	expect_numbers("not for another's sake", &q->client, 0, BURST);
	sim_free(sim);
}

static void who_stays_behind_is_told_and_closed(void **state)
{
	struct sim *sim = paced_sim(1, 1);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");
	uint64_t lag_ms = sim->options.settings.lag_ms;

	(void)state;
	publish_numbers(sim, "open", 0, 100);
	sim_run(sim);
	sim_pass(sim, lag_ms - 1000);
	check("still open", !p->closed);
	sim_pass(sim, 1000 + 1000 + TICK);
	expect_clean_end("told", p);
	expect_close("lagging", sim, CLOSE_LAGGING);
	check("the range is told", client_count(&p->client, "dropped") == 1);
	sim_free(sim);
}

/* The words of the server have a lane of their own. */
static void auth_expiring_does_not_wait(void **state)
{
	struct sim *sim = paced_sim(1, 1);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=shared", BOB);

	(void)state;
	sim_pass(sim, HOUR_MS - 31000);
	publish_numbers(sim, "shared", 0, 50);
	sim_pass(sim, 3000);
	check("held back", client_count(&p->client, "message") < 10);
	check("told all the same", client_count(&p->client, "auth_expiring") == 1);
	sim_pass(sim, 30000);
	check("and ended on time", client_count(&p->client, "auth_expired") == 1 && p->closed);
	sim_free(sim);
}

static void a_full_socket_is_still_a_slow_reader(void **state)
{
	struct sim *sim = paced_sim(RATE, BURST);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	p->stalled = true;
	p->capacity = 10;
	publish_numbers(sim, "open", 0, 50);
	sim_pass(sim, sim->options.settings.write_timeout_ms + 2 * TICK);
	check("closed", p->closed);
	expect_close("by the write deadline", sim, CLOSE_WRITE_TIMEOUT);
	sim_free(sim);
}

static void a_drain_does_not_wait_for_the_pace(void **state)
{
	struct sim *sim = paced_sim(1, 1);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	publish_numbers(sim, "open", 0, 50);
	sim_run(sim);
	engine_drain(sim->workers[0].engine, 1000);
	sim_pass(sim, 1000 + TICK);
	expect_clean_end("drained", p);
	check("told", client_count(&p->client, "draining") == 1);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_goes_out_at_once_and_the_rest_by_the_rate),
		cmocka_unit_test(who_keeps_below_it_never_waits),
		cmocka_unit_test(caught_up_it_is_live_again),
		cmocka_unit_test(history_comes_by_the_rate_too),
		cmocka_unit_test(each_stream_has_its_own),
		cmocka_unit_test(who_stays_behind_is_told_and_closed),
		cmocka_unit_test(auth_expiring_does_not_wait),
		cmocka_unit_test(a_full_socket_is_still_a_slow_reader),
		cmocka_unit_test(a_drain_does_not_wait_for_the_pace),
	};

	return cmocka_run_group_tests_name("sim pace", tests, NULL, NULL);
}

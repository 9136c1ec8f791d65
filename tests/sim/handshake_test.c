/* SPDX-License-Identifier: Apache-2.0 */
/* What comes before the first request: TLS or a proxy's header, as far as the engine is told. */
#include "expect.h"

#include "stream/conn.h"

#define GET                                                                                        \
	"GET /stream?topic=open HTTP/1.1\r\nHost: sluice.test\r\nAccept: "                         \
	"text/event-stream\r\n\r\n"

static void requests_wait_for_the_handshake(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect_shaking(sim, 0, "rwrd");

	(void)state;
	p->capacity = 0;
	sim_send(p, GET);
	sim_run(sim);
	check("it waits to write", p->interest == WANT_WRITE && strcmp(p->handshake, "rd") == 0);
	check("nothing was read", p->received == 0 && p->to_server.len > 0 && p->sent == 0);
	p->capacity = SIM_SOCKET;
	sim_run(sim);
	expect_open("after it", p);
	check("it was over TLS", client_field(&p->client, "Strict-Transport-Security").ptr != NULL);
	sim_free(sim);
}

static void a_failed_one_ends_the_connection(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect_shaking(sim, 0, "rf");

	(void)state;
	sim_send(p, "x");
	sim_run(sim);
	check("closed", p->closed && p->sent == 0);
	check("counted", sim_counters(sim, 0)->handshakes_failed == 1);
	sim_free(sim);
}

static void it_has_a_deadline(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect_shaking(sim, 0, "r");

	(void)state;
	sim_pass(sim, o.settings.handshake_timeout_ms - WHEEL_TICK_MS);
	check("not before", !p->closed);
	sim_pass(sim, 3 * WHEEL_TICK_MS);
	check("closed without a word", p->closed && p->sent == 0);
	check("counted", sim_counters(sim, 0)->handshakes_failed == 1);
	sim_free(sim);
}

/* Nothing can be said to it: so at least the metric tells. */
static void no_room_for_it_is_counted(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.limits.connections = 1;
	struct sim *sim = sim_new(&o);
	struct sim_peer *first = sim_connect_shaking(sim, 0, "r");
	struct sim_peer *shaking = sim_connect_shaking(sim, 0, "r");
	struct sim_peer *plain = sim_connect(sim, 0);
	const struct engine_counters *c = sim_counters(sim, 0);
	check("the first is in", !first->closed);
	check("closed without a word", shaking->closed && shaking->sent == 0);
	check("told", plain->closed && plain->socket.len > 0);
	check("both are counted", c->connections == 1 && c->refusals[REFUSAL_FULL] == 2);
	sim_free(sim);
}

static void a_drain_waits_a_moment_for_it(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect_shaking(sim, 0, "r");

	(void)state;
	engine_drain(sim->workers[0].engine, 1000);
	sim_pass(sim, ENGINE_FRESH_MS - WHEEL_TICK_MS);
	check("not at once", !p->closed);
	sim_pass(sim, 3 * WHEEL_TICK_MS);
	check("closed", p->closed);
	sim_free(sim);
}

/* Slowly, as a person types: the first byte must not decide that it is not HTTP/2. */
static void a_request_that_begins_like_the_preface_is_a_request(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	sim_trickle(p, SLICE("PRI / HTTP/1.1\r\nHost: sluice.test\r\n\r\n"));
	check("an unknown method", client_status(&p->client) == 405);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_wait_for_the_handshake),
		cmocka_unit_test(a_failed_one_ends_the_connection),
		cmocka_unit_test(it_has_a_deadline),
		cmocka_unit_test(no_room_for_it_is_counted),
		cmocka_unit_test(a_drain_waits_a_moment_for_it),
		cmocka_unit_test(a_request_that_begins_like_the_preface_is_a_request),
	};

	return cmocka_run_group_tests_name("sim-handshake", tests, NULL, NULL);
}

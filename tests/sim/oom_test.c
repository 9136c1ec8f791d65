/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine when memory ends: allocation 1, 2, ... of a short life fails in turn, until a run has
 * none that fails. No crash, no wrong frame, and what was acknowledged reaches whoever stays.
 * Leaks are found by the build with AddressSanitizer.
 */
#include "expect.h"
#include "h2_peer.h"

#include "oom.h"

#define EVENTS 4u

struct life {
	struct sim *sim;
	struct sim_peer *fast;
	struct sim_peer *slow;
	struct sim_peer *publisher;
	bool acknowledged[EVENTS];
};

static void publish(struct life *life, unsigned n)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
		       "POST /publish HTTP/1.1\r\nHost: sluice.test\r\nAuthorization: Bearer %s\r\n"
		       "Content-Type: application/json\r\nContent-Length: 35\r\n\r\n"
		       "{\"topic\":\"open\",\"id\":\"e%u\",\"data\":%u}",
		       SIM_PUBLISHER_KEY, n, n);
	if (life->publisher->closed)
		sim_reconnect(life->publisher, 0);
	life->publisher->client.head.len = 0;
	sim_send(life->publisher, text);
	sim_run(life->sim);
	life->acknowledged[n] = client_status(&life->publisher->client) == 200;
}

static void live(struct life *life)
{
	life->fast = sim_get(life->sim, 0, "/brisk?topic=open&topic=other/*",
			     "Authorization: Bearer " SIM_SUBSCRIBER_KEY "\r\n"
			     "Origin: https://app.test\r\nUser-Agent: test/1\r\n");
	life->slow = sim_get(life->sim, 0, "/stream?topic=open", "");
	life->publisher = sim_connect(life->sim, 0);
	life->slow->stalled = true;
	life->slow->capacity = 20;
	for (unsigned n = 0; n < EVENTS; n++)
		publish(life, n);
	sim_pass(life->sim, 3000);
	life->slow->stalled = false;
	life->slow->capacity = SIM_SOCKET;
	sim_run(life->sim);
	(void)sim_get(life->sim, 0, "/stream?topic=secret", "");
	(void)sim_get(life->sim, 0, "/stream?topic=open", "Last-Event-ID: e1\r\n");
	(void)sim_get(life->sim, 0, "/", "");
	sim_pass(life->sim, 3000);
}

/* Rising, and without a gap that was acknowledged. */
static void expect_acknowledged(const struct life *life, const struct sim_peer *p)
{
	bool got[EVENTS] = {false};
	uint64_t last = 0;

	for (size_t i = 0; i < client_event_count(&p->client); i++) {
		const struct client_event *event = client_event(&p->client, i);
		uint64_t n;

		if (strcmp(event->type, "message") != 0)
			continue;
		assert_int_equal(parse_u64(slice_of(event->data), &n), OK);
		assert_true(n < EVENTS && !got[n] && n >= last);
		got[n] = true;
		last = n;
	}
	bool stayed = client_count(&p->client, "connected") == 1 && !p->closed;
	for (unsigned n = 0; stayed && n < EVENTS; n++)
		assert_true(got[n] || !life->acknowledged[n]);
}

static bool live_and_die(size_t nth)
{
	struct sim_options o = sim_defaults();

	o.limits = (struct admit_limits){.per_user = 9, .connect_rate = 9, .connect_burst = 9};
	o.settings.emission_rate = 100;
	o.settings.emission_burst = 2;
	struct life life = {.sim = sim_new(&o)};

	oom_arm(life.sim, nth);
	live(&life);
	bool reached = oom_disarm();
	expect_acknowledged(&life, life.fast);
	expect_acknowledged(&life, life.slow);
	if (!reached) {
		expect_numbers("with memory", &life.fast->client, 0, EVENTS);
		expect_numbers("with memory", &life.slow->client, 0, EVENTS);
	}
	engine_stop(life.sim->workers[0].engine);
	sim_run(life.sim);
	sim_free(life.sim);
	return reached;
}

static void each_allocation_fails_once(void **state)
{
	size_t nth = 0;

	(void)state;
	while (live_and_die(++nth))
		;
	check("there were some", nth > 40);
}

/* Two streams of one connection, one with a small window, and a post. */
static void live_by_h2(struct h2_peer *h)
{
	int32_t ids[2];

	ids[0] = h2_peer_get(h, "/brisk?topic=open", NULL);
	ids[1] = h2_peer_get(h, "/stream?topic=open", "Bearer " SIM_SUBSCRIBER_KEY);
	h2_peer_run(h);
	h->silent = true;
	publish_numbers(h->p->sim, "open", 0, 20);
	h2_peer_run(h);
	h->p->capacity = 50;
	publish_numbers(h->p->sim, "open", 20, 40);
	h->silent = false;
	h2_peer_run(h);
	h->p->capacity = SIM_SOCKET;
	if (!h->p->closed)
		(void)h2_peer_post(h, "/publish", SLICE("{\"topic\":\"open\",\"data\":40}"));
	h2_peer_run(h);
	(void)nghttp2_submit_rst_stream(h->session, 0, ids[0], NGHTTP2_CANCEL);
	h2_peer_run(h);
	engine_stop(h->p->sim->workers[0].engine);
	h2_peer_run(h);
}

static bool live_and_die_by_h2(size_t nth)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct h2_peer *h = h2_peer_new(sim_connect(sim, 0), 300);

	oom_arm(sim, nth);
	live_by_h2(h);
	bool reached = oom_disarm();
	check("no connection is left", h->p->closed);
	h2_peer_free(h);
	sim_free(sim);
	return reached;
}

static void each_allocation_fails_once_by_h2(void **state)
{
	size_t nth = 0;

	(void)state;
	while (live_and_die_by_h2(++nth))
		;
	check("there were some", nth > 30);
}

static void engine_without_memory_is_none(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct engine_config config = {
		.settings = &sim->options.settings, .log = sim->log, .admit = sim->admit};

	(void)state;
	oom_arm(sim, 1);
	sim->on_engine(true);
	assert_null(engine_new(&config, 0, 0));
	sim->on_engine(false);
	assert_true(oom_disarm());
	engine_free(NULL);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_fails_once),
		cmocka_unit_test(each_allocation_fails_once_by_h2),
		cmocka_unit_test(engine_without_memory_is_none),
	};

	return cmocka_run_group_tests_name("sim out of memory", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Going down: spread closes, whole frames, an answer for who has asked. */
#include "expect.h"

#include "stream/conn.h"

#define WINDOW_MS 10000u
#define STREAMS   200u

static void drain_all(struct sim *sim)
{
	for (size_t i = 0; i < sim->options.workers; i++)
		engine_drain(sim->workers[i].engine, WINDOW_MS);
}

/* The last event of a stream that was closed by a drain. */
static void expect_told(const char *name, const struct sim_peer *p)
{
	const struct client_event *told = client_last(&p->client, "draining");
	char want[64];
	struct writer w;

	expect_clean_end(name, p);
	check(name, told && client_event(&p->client, client_event_count(&p->client) - 1) == told);
	check(name, p->client.retry_ms >= 10000 && p->client.retry_ms <= 30000);
	writer_init(&w, want, sizeof(want));
	put(&w, SLICE("{\"retry\":"));
	put_u64(&w, p->client.retry_ms);
	put(&w, SLICE("}"));
	check_slice(name, slice_of(told->data), writer_slice(&w));
}

static void closes_are_spread_over_the_window(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim_peer *peers[STREAMS];
	unsigned buckets[10] = {0};

	(void)state;
	o.workers = 2;
	struct sim *sim = sim_new(&o);
	for (unsigned i = 0; i < STREAMS; i++)
		peers[i] = sim_get(sim, i % 2, "/stream?topic=open", "");
	uint64_t start_ms = sim->now_ms;
	drain_all(sim);
	sim_pass(sim, WINDOW_MS + 16);
	check("all closed", admit_connections(sim->admit) == 0);
	for (unsigned i = 0; i < STREAMS; i++) {
		expect_told("drained", peers[i]);
		uint64_t at_ms = client_last(&peers[i]->client, "draining")->at_ms - start_ms;
		buckets[at_ms * 10 / (WINDOW_MS + 17)]++;
	}
	for (unsigned i = 0; i < COUNT_OF(buckets); i++)
		check("a tenth in each", buckets[i] >= 6 && buckets[i] <= 40);
	check("one reason", sim_counters(sim, 0)->streams_closed[CLOSE_DRAINING] == STREAMS / 2);
	expect_close("drained", sim, CLOSE_DRAINING);
	sim_free(sim);
}

static void events_arrive_until_the_end(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");
	unsigned n = 0;

	(void)state;
	drain_all(sim);
	sim_run(sim);
	while (!p->closed) {
		publish_numbers(sim, "open", n, n + 1);
		n++;
		sim_pass(sim, 10);
	}
	expect_told("drained", p);
	expect_numbers("until then", &p->client, 0, n);
	sim_free(sim);
}

/* The last events are in the log when the signal comes, and not yet on their way. */
static void what_was_published_before_is_told_first(void **state)
{
	static void (*const ends[])(struct engine * e) = {engine_stop, NULL};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct sim_options o = sim_defaults();
		struct sim_peer *peers[STREAMS];

		o.turn = 1;
		struct sim *sim = sim_new(&o);
		for (unsigned j = 0; j < STREAMS; j++)
			peers[j] = sim_get(sim, 0, "/stream?topic=open", "");
		publish_numbers(sim, "open", 0, 3);
		if (ends[i])
			ends[i](sim->workers[0].engine);
		else
			engine_drain(sim->workers[0].engine, 0);
		sim_run(sim);
		sim_pass(sim, 2 * WHEEL_TICK_MS);
		for (unsigned j = 0; j < STREAMS; j++) {
			expect_told("drained", peers[j]);
			expect_numbers("all of them", &peers[j]->client, 0, 3);
		}
		sim_free(sim);
	}
}

static void cut_frame_is_finished_first(void **state)
{
	(void)state;
	for (unsigned cut = 0; cut < 60; cut++) {
		struct sim_options o = sim_defaults();
		struct sim *sim = sim_new(&o);
		struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

		p->stalled = true;
		p->capacity = cut;
		publish_numbers(sim, "open", 0, 3);
		sim_run(sim);
		drain_all(sim);
		sim_pass(sim, WINDOW_MS + 16);
		p->stalled = false;
		sim_run(sim);
		expect_told("cut and drained", p);
		expect_numbers("in order", &p->client, 0,
			       (unsigned)client_count(&p->client, "message"));
		sim_free(sim);
	}
}

static void idle_connections_close_at_once(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *between = sim_get(sim, 0, "/healthz", "");

	(void)state;
	check("kept alive", client_status(&between->client) == 200 && !between->closed);
	drain_all(sim);
	check("between requests", between->closed);
	sim_free(sim);
}

/* Who came while the door was open gets an answer, if a request comes soon. */
static void fresh_connections_may_ask_once(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *silent = sim_connect(sim, 0);
	struct sim_peer *late = sim_connect(sim, 0);

	(void)state;
	drain_all(sim);
	sim_pass(sim, ENGINE_FRESH_MS / 2);
	check("they are waited for", !silent->closed && !late->closed);
	sim_ask(late, "/stream?topic=open", "");
	expect_refusal("late", late, REFUSAL_DRAINING);
	check("once", late->closed);
	sim_pass(sim, ENGINE_FRESH_MS);
	check("not for long", silent->closed && client_status(&silent->client) == 0);
	check("nothing is left", admit_connections(sim->admit) == 0);
	sim_free(sim);
}

/* Closing a socket with unread bytes is a reset, and takes the answer before it along. */
static void what_has_been_sent_is_answered(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *fresh = sim_connect(sim, 0);
	struct sim_peer *again = sim_get(sim, 0, "/healthz", "");
	struct sim_peer *all[] = {fresh, again};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++)
		sim_send(all[i], "GET /healthz HTTP/1.1\r\nHost: sluice.test\r\n\r\n");
	drain_all(sim);
	sim_run(sim);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		check("answered", client_status(&all[i]->client) == 503 && all[i]->client.complete);
		check("and closed", all[i]->closed && all[i]->received == all[i]->to_server.len);
	}
	sim_free(sim);
}

static void leaving_changes_health_alone(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *open = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	engine_leave(sim->workers[0].engine);
	check("health", client_status(&sim_get(sim, 0, "/healthz", "")->client) == 503);
	expect_open("new streams", sim_get(sim, 0, "/stream?topic=open", ""));
	publish_numbers(sim, "open", 0, 2);
	sim_run(sim);
	expect_numbers("open ones", &open->client, 0, 2);
	sim_free(sim);
}

static void begun_requests_get_their_answers(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *page = sim_connect(sim, 0);
	struct sim_peer *stream = sim_connect(sim, 0);
	struct sim_peer *health = sim_connect(sim, 0);
	struct sim_peer *publish = sim_connect(sim, 0);

	(void)state;
	sim_send(page, "GET / HT");
	sim_send(stream, "GET /stream?topic=open HTTP/1.1\r\nHost: sl");
	sim_send(health, "GET /healthz HT");
	sim_send(publish, "POST /publish HTTP/1.1\r\nHost: sluice.test\r\nAuthorization: "
			  "Bearer " SIM_PUBLISHER_KEY "\r\nContent-Type: application/json\r\n"
			  "Content-Length: 26\r\n\r\n{\"topic\":\"op");
	sim_run(sim);
	drain_all(sim);
	sim_send(page, "TP/1.1\r\nHost: sluice.test\r\n\r\n");
	sim_send(stream, "uice.test\r\nAccept: text/event-stream\r\n\r\n");
	sim_send(health, "TP/1.1\r\nHost: sluice.test\r\n\r\n");
	sim_send(publish, "en\",\"data\":1}\n");
	sim_run(sim);
	check("page", client_status(&page->client) == 200);
	check("stream", client_status(&stream->client) == 503);
	check("health", client_status(&health->client) == 503);
	check("publish", client_status(&publish->client) == 200);
	struct sim_peer *all[] = {page, stream, health, publish};
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		check("whole", all[i]->client.complete && all[i]->closed);
		check_slice("says so", client_field(&all[i]->client, "Connection"), SLICE("close"));
	}
	sim_free(sim);
}

/* Between the signal and the closing of the listeners some still come in. */
static void late_streams_are_sent_away(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);

	(void)state;
	drain_all(sim);
	struct sim_peer *hard = sim_get(sim, 0, "/stream?topic=open", "");
	expect_refusal("a program", hard, REFUSAL_DRAINING);
	check("when to return", client_field(&hard->client, "Retry-After").len > 0);
	struct sim_peer *soft = sim_get(sim, 0, "/stream?topic=open",
					"Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n");
	check("a browser", client_status(&soft->client) == 200);
	check("hears it", client_count(&soft->client, "draining") == 1 && soft->closed);
	check("and when to return", soft->client.retry_ms >= 10000);
	sim_free(sim);
}

static void stop_closes_what_is_left(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *live = sim_get(sim, 0, "/stream?topic=open", "");
	struct sim_peer *slow = sim_get(sim, 0, "/stream?topic=open", "");
	struct sim_peer *asking = sim_connect(sim, 0);

	(void)state;
	slow->stalled = true;
	slow->capacity = 7;
	publish_numbers(sim, "open", 0, 3);
	sim_send(asking, "GET /");
	sim_run(sim);
	engine_drain(sim->workers[0].engine, 3600000);
	engine_stop(sim->workers[0].engine);
	check("nothing is left", admit_connections(sim->admit) == 0);
	slow->stalled = false;
	sim_run(sim);
	expect_told("live", live);
	expect_told("slow", slow);
	expect_numbers("slow got what was on its way", &slow->client, 0, 1);
	check("no answer any more", asking->closed && client_status(&asking->client) == 0);
	expect_close("stopped", sim, CLOSE_STOPPED);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes_are_spread_over_the_window),
		cmocka_unit_test(events_arrive_until_the_end),
		cmocka_unit_test(what_was_published_before_is_told_first),
		cmocka_unit_test(cut_frame_is_finished_first),
		cmocka_unit_test(idle_connections_close_at_once),
		cmocka_unit_test(fresh_connections_may_ask_once),
		cmocka_unit_test(what_has_been_sent_is_answered),
		cmocka_unit_test(leaving_changes_health_alone),
		cmocka_unit_test(begun_requests_get_their_answers),
		cmocka_unit_test(late_streams_are_sent_away),
		cmocka_unit_test(stop_closes_what_is_left),
	};

	return cmocka_run_group_tests_name("sim drain", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Each row of close.def by what brings it about: one end, one reason, one record. */
#include "auth.h"
#include "h2_peer.h"

#include "oom.h"
#include "stream/conn.h"

static void fill(struct sim *sim, size_t n)
{
	char data[1000];

	memset(data, 'x', sizeof(data));
	for (size_t i = 0; i < n; i++)
		sim_publish(sim, "open", NULL, (struct slice){data, sizeof(data)});
	sim_run(sim);
}

static void stall(struct sim_peer *p)
{
	p->stalled = true;
	p->capacity = 500;
	fill(p->sim, 10);
}

static void hang_up(struct sim_peer *p)
{
	sim_hang_up(p);
	sim_run(p->sim);
}

static void reset(struct sim_peer *p)
{
	sim_reset(p);
	sim_run(p->sim);
}

static void take_nothing(struct sim_peer *p)
{
	stall(p);
	sim_pass(p->sim, p->sim->options.settings.write_timeout_ms + 16);
}

static void trickle(struct sim_peer *p)
{
	stall(p);
	for (unsigned second = 0; second < 90 && !p->closed; second++) {
		(void)sim_read(p, 20);
		sim_pass(p->sim, 1000);
	}
}

static void fall_out_of_the_log(struct sim_peer *p)
{
	stall(p);
	fill(p->sim, 20000);
	p->stalled = false;
	sim_run(p->sim);
}

/* As much as is let pass, and one byte more. */
static void talk(struct sim_peer *p)
{
	char bytes[4096];

	memset(bytes, 'x', sizeof(bytes));
	for (size_t sent = 0; sent < ENGINE_MAX_UNEXPECTED; sent += sizeof(bytes))
		sim_send_slice(p, (struct slice){bytes, sizeof(bytes)});
	sim_run(p->sim);
	check("within the bound", !p->closed);
	sim_send(p, "x");
	sim_run(p->sim);
}

static void drain(struct sim_peer *p)
{
	engine_drain(p->sim->workers[0].engine, 1000);
	sim_pass(p->sim, 1016);
}

static void stop(struct sim_peer *p)
{
	engine_stop(p->sim->workers[0].engine);
	sim_run(p->sim);
}

/* Until the allocation fails that would keep the rest of a cut frame. */
static void run_out_of_memory(struct sim_peer *p)
{
	for (size_t nth = 1; nth < 50 && !p->closed; nth++) {
		p->stalled = true;
		p->capacity = 7;
		publish_numbers(p->sim, "open", 0, 1);
		oom_arm(p->sim, nth);
		sim_run(p->sim);
		(void)oom_disarm();
		if (p->closed)
			break;
		p->stalled = false;
		p->capacity = SIM_SOCKET;
		sim_run(p->sim);
	}
}

static void expire(struct sim_peer *p)
{
	sim_pass(p->sim, HOUR_MS + WHEEL_TICK_MS);
}

static void be_revoked(struct sim_peer *p)
{
	(void)revoke(p->sim, "{\"sub\":\"bob\"}");
}

/* A stream on a connection of HTTP/2, and DATA on stream 0 (RFC 9113 6.1). */
static struct sim_peer *break_the_protocol(struct sim *sim)
{
	struct sim_peer *p = sim_connect(sim, 0);
	struct h2_peer *h = h2_peer_new(p, 0);
	int32_t id = h2_peer_get(h, "/stream?topic=open", NULL);

	h2_peer_run(h);
	check("open", h2_peer_answer(h, id)->status == 200);
	sim_send_slice(p, (struct slice){"\0\0\1\0\0\0\0\0\0x", 10});
	h2_peer_run(h);
	h2_peer_free(h);
	return p;
}

static struct stream_settings later; /* outlives the engines */

static void lose_the_key(struct sim_peer *p)
{
	later = p->sim->options.settings;
	later.subscribers = NULL;
	(void)engine_reload(p->sim->workers[0].engine, &later);
	sim_run(p->sim);
}

static void lose_the_route(struct sim_peer *p)
{
	later = p->sim->options.settings;
	later.route_count = 0;
	(void)engine_reload(p->sim->workers[0].engine, &later);
	sim_run(p->sim);
}

static const struct close_case {
	enum stream_close want;
	void (*happens)(struct sim_peer *p);
	const char *fields; /* NULL: bob's */
} closes[] = {
	{CLOSE_CLIENT_CLOSED, hang_up},
	{CLOSE_CLIENT_GONE, reset},
	{CLOSE_WRITE_TIMEOUT, take_nothing},
	{CLOSE_LAGGING, trickle},
	{CLOSE_OUT_OF_LOG, fall_out_of_the_log},
	{CLOSE_UNEXPECTED_DATA, talk},
	{CLOSE_PROTOCOL_ERROR, NULL}, /* by HTTP/2 */
	{CLOSE_AUTH_EXPIRED, expire},
	{CLOSE_REVOKED, be_revoked},
	{CLOSE_KEY_REMOVED, lose_the_key, "Authorization: Bearer " SIM_SUBSCRIBER_KEY "\r\n"},
	{CLOSE_ROUTE_REMOVED, lose_the_route},
	{CLOSE_DRAINING, drain},
	{CLOSE_STOPPED, stop},
	{CLOSE_NO_MEMORY, run_out_of_memory},
};

static struct sim_peer *open_and_end(struct sim *sim, const char *name, const struct close_case *c)
{
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", c->fields ? c->fields : BOB);

	expect_open(name, p);
	c->happens(p);
	return p;
}

static void expect_end(const struct close_case *c)
{
	struct sim *sim = auth_sim();
	enum stream_close want = c->want;
	const char *name = close_reason(want).ptr;
	struct sim_peer *p = c->happens ? open_and_end(sim, name, c) : break_the_protocol(sim);

	check(name, p->closed && admit_streams(sim->admit) == 0);
	expect_close(name, sim, want);
	check(name, sim_counters(sim, 0)->streams_closed[want] == 1);
	check(name, sim_count_records(sim, RECORD_DISCONNECT) == 1);
	sim_free(sim);
}

/* A row that is added to close.def needs something here that brings it about. */
static void every_row_is_reached(void **state)
{
	bool reached[CLOSE_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(closes); i++) {
		expect_end(&closes[i]);
		reached[closes[i].want] = true;
	}
	for (unsigned i = 0; i < CLOSE_COUNT; i++) {
		if (!reached[i])
			fail_msg("nothing ends in %s", close_reason((enum stream_close)i).ptr);
	}
}

static void only_faults_are_errors(void **state)
{
	(void)state;
	assert_false(close_is_error(CLOSE_CLIENT_CLOSED));
	assert_false(close_is_error(CLOSE_DRAINING));
	assert_true(close_is_error(CLOSE_WRITE_TIMEOUT));
	assert_true(close_is_error(CLOSE_NO_MEMORY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_reached),
		cmocka_unit_test(only_faults_are_errors),
	};

	return cmocka_run_group_tests_name("sim closes", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Herds: thousands at once, caps that refuse the new and keep the old, soft refusals. */
#include "expect.h"

#define HERD 5000u

/* What browsers send with an EventSource. */
#define NATIVE                                                                                     \
	"Origin: https://app.test\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\n"        \
	"Sec-Fetch-Dest: empty\r\n"

static struct addr address(unsigned n)
{
	return addr_v4((const uint8_t[]){10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n});
}

static struct sim_peer *get_from(struct sim *sim, struct addr addr, const char *fields)
{
	struct sim_peer *p = sim_connect_from(sim, 0, &addr);

	sim_ask(p, "/stream?topic=open", fields);
	return p;
}

static void send_herd(struct sim *sim, struct sim_peer **herd)
{
	for (unsigned i = 0; i < HERD; i++) {
		struct addr addr = address(i);

		herd[i] = sim_connect_from(sim, i % 2, &addr);
		sim_send(herd[i], "GET /stream?topic=open HTTP/1.1\r\nHost: sluice.test\r\n"
				  "Accept: text/event-stream\r\n\r\n");
	}
	sim_run(sim);
}

static void five_thousand_connect_in_one_instant(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim_peer *herd[HERD];

	(void)state;
	o.workers = 2;
	struct sim *sim = sim_new(&o);
	send_herd(sim, herd);
	check("all counted", admit_streams(sim->admit) == HERD);
	publish_numbers(sim, "open", 0, 2);
	sim_run(sim);
	for (unsigned i = 0; i < HERD; i++) {
		expect_open("herd", herd[i]);
		expect_numbers("herd", &herd[i]->client, 0, 2);
	}
	for (unsigned i = 0; i < HERD; i++)
		sim_hang_up(herd[i]);
	sim_run(sim);
	check("none left", admit_streams(sim->admit) == 0 && admit_connections(sim->admit) == 0);
	check("each in the log", sim_count_records(sim, RECORD_CONNECT) == HERD &&
					 sim_count_records(sim, RECORD_DISCONNECT) == HERD);
	sim_free(sim);
}

/* The herd does not come back in one instant. */
static void retries_are_spread(void **state)
{
	struct sim_options o = sim_defaults();
	unsigned buckets[5] = {0};

	(void)state;
	struct sim *sim = sim_new(&o);
	for (unsigned i = 0; i < 500; i++) {
		const struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

		check("in range", p->client.retry_ms >= 3000 && p->client.retry_ms <= 8000);
		buckets[(p->client.retry_ms - 3000) * 5 / 5001]++;
	}
	for (unsigned i = 0; i < COUNT_OF(buckets); i++)
		check("a fifth in each", buckets[i] > 50 && buckets[i] < 150);
	sim_free(sim);
}

static void address_cap_refuses_the_new(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim_peer *old[3];

	(void)state;
	o.limits.per_address = 3;
	struct sim *sim = sim_new(&o);
	for (unsigned i = 0; i < 3; i++)
		old[i] = get_from(sim, address(1), "");
	struct sim_peer *extra = get_from(sim, address(1), "");
	expect_refusal("one too many", extra, REFUSAL_ADDRESS_LIMIT);
	uint64_t seconds = 0;
	check("says when", parse_u64(client_field(&extra->client, "Retry-After"), &seconds) == OK &&
				   seconds >= 10 && seconds <= 31);
	expect_open("another address", get_from(sim, address(2), ""));
	for (unsigned i = 0; i < 3; i++)
		expect_open("the old ones stay", old[i]);
	sim_hang_up(old[1]);
	sim_run(sim);
	expect_open("a place is free", get_from(sim, address(1), ""));
	sim_free(sim);
}

static void one_household_is_one_address(void **state)
{
	struct sim_options o = sim_defaults();
	uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1};

	(void)state;
	o.limits.per_address = 1;
	struct sim *sim = sim_new(&o);
	expect_open("first of the /64", get_from(sim, addr_v6(bytes), ""));
	bytes[15] = 7;
	expect_refusal("second of the /64", get_from(sim, addr_v6(bytes), ""),
		       REFUSAL_ADDRESS_LIMIT);
	bytes[7] = 2;
	expect_open("another /64", get_from(sim, addr_v6(bytes), ""));
	sim_free(sim);
}

static void global_cap_refuses_the_new(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.limits.streams = 2;
	struct sim *sim = sim_new(&o);
	struct sim_peer *first = get_from(sim, address(1), "");
	struct sim_peer *second = get_from(sim, address(2), "");
	struct sim_peer *extra = get_from(sim, address(3), "");
	expect_refusal("one too many", extra, REFUSAL_FULL);
	check("says when", client_field(&extra->client, "Retry-After").len > 0);
	check("not closed for it", !extra->closed);
	sim_hang_up(first);
	sim_run(sim);
	sim_ask(extra, "/stream?topic=open", "");
	expect_open("a place is free", extra);
	expect_open("the old one stays", second);
	sim_free(sim);
}

static void connections_are_refused_at_the_door(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.limits.connections = 2;
	struct sim *sim = sim_new(&o);
	struct sim_peer *first = sim_connect(sim, 0);
	(void)sim_connect(sim, 0);
	struct sim_peer *extra = sim_connect(sim, 0);
	sim_run(sim);
	check("refused", extra->refused && client_status(&extra->client) == 503);
	check("whole answer", extra->client.complete && !extra->client.malformed);
	check_slice("closes", client_field(&extra->client, "Connection"), SLICE("close"));
	sim_hang_up(first);
	sim_run(sim);
	check("a place is free", !sim_connect(sim, 0)->refused);
	sim_free(sim);
}

static void full_worker_refuses_at_the_door(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.max_connections = 1;
	struct sim *sim = sim_new(&o);
	(void)sim_connect(sim, 0);
	check("refused", sim_connect(sim, 0)->refused);
	check("not counted", admit_connections(sim->admit) == 1);
	sim_free(sim);
}

/* A refused request holds no place, whatever it was refused for. */
static void refused_requests_hold_no_place(void **state)
{
	static const char *const targets[] = {
		"/stream?topic=secret",
		"/stream?topic=%ff",
		"/stream?topic=a%20b",
		"/stream?topic=open&last-event-id=%01",
	};
	struct sim_options o = sim_defaults();

	(void)state;
	o.limits.streams = 1;
	o.limits.per_address = 1;
	struct sim *sim = sim_new(&o);
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		struct sim_peer *p = sim_get(sim, 0, targets[i], "");

		check(targets[i], client_status(&p->client) >= 400);
		check(targets[i], admit_streams(sim->admit) == 0);
	}
	expect_open("the place is free", sim_get(sim, 0, "/stream?topic=open", ""));
	sim_free(sim);
}

/* 200, retry, one event, end: what a native EventSource survives. */
static void expect_soft(const char *name, const struct sim_peer *p, const char *type)
{
	const struct client *c = &p->client;

	check(name, client_status(c) == 200 && c->is_stream && c->complete);
	check(name, client_event_count(c) == 1);
	check_slice(name, slice_of(client_event(c, 0)->type), slice_of(type));
	check_slice(name, slice_of(client_event(c, 0)->data), SLICE("{}"));
	check(name, c->retry_ms >= 10000 && c->retry_ms <= 30000);
	check(name, p->closed);
	check(name, sim_last_record(p->sim)->r.soft && sim_last_record(p->sim)->r.status == 200);
}

static const struct {
	const char *name;
	const char *target;
	const char *fields; /* behind Accept: text/event-stream */
	const char *soft;   /* NULL: hard */
} shed[] = {
	{"a native EventSource is told softly", "/stream?topic=open", NATIVE, "overloaded"},
	{"so is one that was streaming", "/stream?topic=open", NATIVE "Last-Event-ID: x\r\n",
	 "overloaded"},
	{"a program gets the status", "/stream?topic=open", "", NULL},
	{"a same-origin fetch gets the status", "/stream?topic=open",
	 "Sec-Fetch-Mode: same-origin\r\nSec-Fetch-Dest: empty\r\n", NULL},
	{"refuse: hard is hard for all", "/hard?topic=open", NATIVE, NULL},
	{"refuse: soft is soft for all", "/soft?topic=open", "", "overloaded"},
};

static void shed_streams(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.limits.streams = 1;
	struct sim *sim = sim_new(&o);
	(void)sim_get(sim, 0, "/stream?topic=open", "");
	for (size_t i = 0; i < COUNT_OF(shed); i++) {
		struct sim_peer *p = sim_get(sim, 0, shed[i].target, shed[i].fields);

		if (shed[i].soft)
			expect_soft(shed[i].name, p, shed[i].soft);
		else
			expect_refusal(shed[i].name, p, REFUSAL_FULL);
	}
	sim_free(sim);
}

static const struct {
	const char *name;
	const char *target;
	const char *fields;
	bool soft;
} unauthorized[] = {
	{"a first visit gets 401", "/stream?topic=secret", NATIVE, false},
	{"one that was streaming hears auth_expired", "/stream?topic=secret",
	 NATIVE "Last-Event-ID: 1700000000000~1\r\n", true},
	{"its old cookie does not matter", "/stream?topic=secret",
	 NATIVE "Cookie: session=expired-session-key\r\nLast-Event-ID: x\r\n", true},
	{"a program that was streaming gets 401", "/stream?topic=secret",
	 "Last-Event-ID: 1700000000000~1\r\n", false},
	{"the query alone is no browser's redial", "/stream?topic=secret&last-event-id=x", NATIVE,
	 false},
	{"refuse: hard is hard", "/hard?topic=secret", NATIVE "Last-Event-ID: x\r\n", false},
	{"refuse: soft is soft on a first visit", "/soft?topic=secret", "", true},
};

static void expired_logins(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(unauthorized); i++) {
		struct sim_peer *p =
			sim_get(sim, 0, unauthorized[i].target, unauthorized[i].fields);

		if (unauthorized[i].soft)
			expect_soft(unauthorized[i].name, p, "auth_expired");
		else
			check(unauthorized[i].name, client_status(&p->client) == 401);
	}
	sim_free(sim);
}

/* What is wrong with the request itself is never softened: a retry cannot help. */
static void faults_stay_hard(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);

	(void)state;
	expect_refusal("bad topic", sim_get(sim, 0, "/soft?topic=a%20b", NATIVE),
		       REFUSAL_BAD_TOPIC);
	struct sim_peer *p = sim_connect(sim, 0);
	sim_send(p, "HEAD /soft?topic=secret HTTP/1.1\r\nHost: sluice.test\r\n\r\n");
	p->client.sent_head = true;
	sim_run(sim);
	expect_refusal("HEAD has no body to say it in", p, REFUSAL_NO_CREDENTIAL);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_thousand_connect_in_one_instant),
		cmocka_unit_test(retries_are_spread),
		cmocka_unit_test(address_cap_refuses_the_new),
		cmocka_unit_test(one_household_is_one_address),
		cmocka_unit_test(global_cap_refuses_the_new),
		cmocka_unit_test(connections_are_refused_at_the_door),
		cmocka_unit_test(full_worker_refuses_at_the_door),
		cmocka_unit_test(refused_requests_hold_no_place),
		cmocka_unit_test(shed_streams),
		cmocka_unit_test(expired_logins),
		cmocka_unit_test(faults_stay_hard),
	};

	return cmocka_run_group_tests_name("sim herds", tests, NULL, NULL);
}

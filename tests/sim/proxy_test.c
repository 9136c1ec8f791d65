/* SPDX-License-Identifier: Apache-2.0 */
/* Behind trusted proxies: each request has its client, whichever connection brings it. */
#include "auth.h"

#define FROM_A "X-Forwarded-For: 203.0.113.1\r\n"
#define FROM_B "X-Forwarded-For: 203.0.113.2\r\n"
#define HTTPS  "X-Forwarded-Proto: https\r\n"
#define STREAM "/stream?topic=open"

/* 192.0.2.1 is where simulated peers come from. */
static struct sim_options proxied(void)
{
	static const struct network trusted[] = {{{ADDR_V4, {192, 0, 2, 1}}, 32}};
	struct sim_options o = auth_options();

	o.settings.proxies = (struct forwarded_rules){FORWARDED_FIELD_X, trusted, 1};
	return o;
}

static void expect_addr(const char *name, const struct sim *sim, const char *want)
{
	char text[ADDR_TEXT_MAX];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	put_addr(&w, &sim_last_record(sim)->r.addr);
	check_slice(name, writer_slice(&w), slice_of(want));
}

static void clients_are_counted_not_the_proxy(void **state)
{
	struct sim_options o = proxied();

	(void)state;
	o.limits.per_address = 1;
	struct sim *sim = sim_new(&o);
	struct sim_peer *a = sim_get(sim, 0, STREAM, FROM_A);
	expect_open("a client", a);
	expect_addr("its address is logged", sim, "203.0.113.1");
	expect_refusal("the same client", sim_get(sim, 0, STREAM, FROM_A), REFUSAL_ADDRESS_LIMIT);
	expect_open("another client", sim_get(sim, 0, STREAM, FROM_B));
	expect_open("the proxy itself", sim_get(sim, 0, STREAM, ""));
	expect_addr("under its own", sim, "192.0.2.1");
	sim_hang_up(a);
	sim_run(sim);
	expect_addr("also at the end", sim, "203.0.113.1");
	expect_open("its place is free", sim_get(sim, 0, STREAM, FROM_A));
	sim_free(sim);
}

static void each_request_of_a_connection_has_its_client(void **state)
{
	static const struct {
		const char *fields;
		const char *addr;
	} steps[] = {
		{FROM_A, "203.0.113.1"}, {FROM_B, "203.0.113.2"},
		{"", "192.0.2.1"},       {"X-Forwarded-For: ?\r\n", "192.0.2.1"},
		{FROM_A, "203.0.113.1"},
	};
	struct sim_options o = proxied();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		sim_ask(p, "/nothing", steps[i].fields);
		expect_refusal(steps[i].addr, p, REFUSAL_ROUTE);
		expect_addr(steps[i].addr, sim, steps[i].addr);
	}
	check("what nobody understands is counted", sim_counters(sim, 0)->forwarded_faults == 1);
	check("one connection", sim_counters(sim, 0)->connections == 1);
	sim_free(sim);
}

/* All at once in the buffer: each must be judged by its own fields. */
static void pipelined_requests_do_not_share_a_client(void **state)
{
	struct sim_options o = proxied();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	sim_send(p, "GET /x HTTP/1.1\r\nHost: sluice.test\r\n" FROM_A "\r\n"
		    "GET /x HTTP/1.1\r\nHost: sluice.test\r\n\r\n");
	sim_run(sim);
	check("both answered", p->client.answered == 2);
	expect_addr("the second is the proxy's own", sim, "192.0.2.1");
	sim_free(sim);
}

static void strangers_are_not_believed(void **state)
{
	const struct addr stranger = {ADDR_V4, {198, 51, 100, 7}};
	struct sim_options o = proxied();

	(void)state;
	o.limits.per_address = 1;
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect_from(sim, 0, &stranger);
	sim_ask(p, STREAM, FROM_A HTTPS);
	expect_open("a stranger", p);
	expect_addr("is who it is", sim, "198.51.100.7");
	check("in the clear", !client_field(&p->client, "Strict-Transport-Security").ptr);
	struct sim_peer *q = sim_connect_from(sim, 0, &stranger);
	sim_ask(q, STREAM, FROM_B);
	expect_refusal("under any name", q, REFUSAL_ADDRESS_LIMIT);
	check("no fault of a proxy", sim_counters(sim, 0)->forwarded_faults == 0);
	sim_free(sim);
}

static void the_scheme_is_the_proxys_word(void **state)
{
	struct sim_options o = proxied();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, STREAM, HTTPS "Origin: https://sluice.test\r\n");

	(void)state;
	expect_open("of the same origin", p);
	check("HSTS", client_field(&p->client, "Strict-Transport-Security").ptr != NULL);
	p = sim_get(sim, 0, STREAM, HTTPS "Origin: http://sluice.test\r\n");
	expect_refusal("another scheme is another origin", p, REFUSAL_ORIGIN);
	p = sim_get(sim, 0, STREAM, "X-Forwarded-Proto: http\r\n");
	check("no HSTS in the clear", !client_field(&p->client, "Strict-Transport-Security").ptr);
	p = sim_connect_https(sim, 0);
	sim_ask(p, "/healthz", "X-Forwarded-Proto: http\r\n");
	check("nor behind a proxy that says so",
	      !client_field(&p->client, "Strict-Transport-Security").ptr);
	sim_free(sim);
}

static void rates_are_the_clients_too(void **state)
{
	struct sim_options o = proxied();

	(void)state;
	o.limits.connect_rate = o.limits.connect_burst = 1;
	struct sim *sim = sim_new(&o);
	expect_open("a", sim_get(sim, 0, STREAM, FROM_A));
	expect_refusal("a again", sim_get(sim, 0, STREAM, FROM_A), REFUSAL_CONNECT_RATE);
	expect_open("b", sim_get(sim, 0, STREAM, FROM_B));
	sim_pass(sim, 1000);
	expect_open("a a second later", sim_get(sim, 0, STREAM, FROM_A));
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_are_counted_not_the_proxy),
		cmocka_unit_test(each_request_of_a_connection_has_its_client),
		cmocka_unit_test(pipelined_requests_do_not_share_a_client),
		cmocka_unit_test(strangers_are_not_believed),
		cmocka_unit_test(the_scheme_is_the_proxys_word),
		cmocka_unit_test(rates_are_the_clients_too),
	};

	return cmocka_run_group_tests_name("sim proxies", tests, NULL, NULL);
}

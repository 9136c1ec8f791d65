/* SPDX-License-Identifier: Apache-2.0 */
/* Places of streams: who is counted by what, what a refusal gives back, and who may try again. */
#include "auth.h"

#define HOST   "Host: sluice.test\r\n"
#define ACCEPT "Accept: text/event-stream\r\n"
#define ALICE  "Authorization: Bearer " SIM_SUBSCRIBER_KEY "\r\n"

/* Requests that open no stream, on connections that stay. */
static const struct {
	const char *name;
	const char *text;
} misses[] = {
	{"HEAD", "HEAD /stream?topic=open HTTP/1.1\r\n" HOST ACCEPT ALICE "\r\n"},
	{"HEAD of a token", "HEAD /stream?topic=shared HTTP/1.1\r\n" HOST ACCEPT BOB "\r\n"},
	{"another Accept",
	 "GET /stream?topic=open HTTP/1.1\r\n" HOST ALICE "Accept: text/html\r\n\r\n"},
	{"a broken id",
	 "GET /stream?topic=open HTTP/1.1\r\n" HOST ACCEPT BOB "Last-Event-ID: a b\r\n\r\n"},
	{"no right", "GET /stream?topic=carol/1 HTTP/1.1\r\n" HOST ACCEPT BOB "\r\n"},
	{"no login", "GET /stream?topic=secret HTTP/1.1\r\n" HOST ACCEPT "\r\n"},
	{"two credentials", "GET /stream?topic=open HTTP/1.1\r\n" HOST ACCEPT ALICE
			    "Cookie: session=x-and-more\r\n\r\n"},
	{"a broken query", "GET /stream?topic=%4 HTTP/1.1\r\n" HOST ACCEPT ALICE "\r\n"},
	{"no topic", "GET /stream HTTP/1.1\r\n" HOST ACCEPT ALICE "\r\n"},
	{"OPTIONS", "OPTIONS /stream HTTP/1.1\r\n" HOST "\r\n"},
};

static void what_opens_no_stream_keeps_no_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(misses); i++) {
		struct sim *sim = auth_sim();
		struct sim_peer *p = sim_connect(sim, 0);

		sim_send(p, misses[i].text);
		sim_run(sim);
		check(misses[i].name, p->socket.len > 0 || p->client.answered > 0 || p->sent > 0);
		check(misses[i].name, admit_streams(sim->admit) == 0);
		check(misses[i].name, admit_keys(sim->admit) == 0);
		sim_free(sim);
	}
}

/* Whoever goes while a credential is being checked gives back what was taken before. */
static void who_goes_while_asked_keeps_no_place(void **state)
{
	static const char *const ways[] = {"hangs up", "is reset", "waits too long", "is refused"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct sim *sim = auth_sim();
		struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open",
					     i == 3 ? "Authorization: Bearer "
						      "token-that-is-refused-late\r\n"
						    : DAVE);

		check(ways[i], admit_streams(sim->admit) == 1);
		if (i == 0)
			sim_hang_up(p);
		if (i == 1)
			sim_reset(p);
		if (i == 2)
			sim_pass(sim, sim->options.settings.auth_timeout_ms + 16);
		if (i == 3)
			sim_answer(sim, 0);
		sim_run(sim);
		if (i > 1)
			check(ways[i],
			      admit_streams(sim->admit) == 0 && admit_keys(sim->admit) == 0);
		sim_free(sim);
	}
}

static void the_end_of_a_stream_frees_its_places(void **state)
{
	struct sim_options o = auth_options();

	(void)state;
	o.limits = (struct admit_limits){.per_address = 1, .per_user = 1, .per_token = 1};
	struct sim *sim = sim_new(&o);
	for (unsigned i = 0; i < 3; i++) {
		struct sim_peer *p = sim_get(sim, 0, "/stream?topic=shared", BOB);

		expect_open("there is room", p);
		check("it is taken", admit_keys(sim->admit) == 4);
		sim_hang_up(p);
		sim_run(sim);
		check("it is free", admit_keys(sim->admit) == 0);
	}
	sim_free(sim);
}

/* A user is one user by whatever way: a token here, a ticket there. */
static void a_user_is_counted_however_it_logs_in(void **state)
{
	struct sim_options o = auth_options();
	char target[256];

	(void)state;
	o.limits.per_user = 1;
	struct sim *sim = sim_new(&o);
	struct sim_peer *asker = ask_ticket(sim, BOB, "{}");
	struct slice body = buf_slice(&asker->client.body);
	struct slice ticket = SLICE_NONE;
	for (size_t i = 0; i + 10 < body.len && !ticket.ptr; i++) {
		if (slice_starts(slice_from(body, i), SLICE("\"ticket\":\""))) {
			ticket = slice_from(body, i + 10);
			ticket = slice_upto(ticket, slice_find(ticket, '"'));
		}
	}
	check("a ticket", ticket.len > 0);
	expect_open("by token", sim_get(sim, 0, "/stream?topic=shared", BOB));
	(void)snprintf(target, sizeof(target), "/stream?topic=shared&ticket=%.*s",
		       SLICE_ARG(ticket));
	expect_refusal("by ticket", sim_get(sim, 0, target, ""), REFUSAL_USER_LIMIT);
	expect_open("another user", sim_get(sim, 0, "/stream?topic=shared", CAROL));
	expect_open("nobody", sim_get(sim, 0, "/stream?topic=open", ""));
	expect_open("nobody again", sim_get(sim, 0, "/stream?topic=open", ""));
	sim_free(sim);
}

/* A native EventSource that is shed would never come back after any other status than 200. */
static void a_browser_is_shed_softly(void **state)
{
	static const struct {
		const char *name;
		struct admit_limits limits;
		uint64_t resident;
		const char *fields;
		enum refusal refusal;
	} cases[] = {
		{"memory", {.memory = 1000}, 1001, "", REFUSAL_MEMORY},
		{"rate", {.connect_rate = 1, .connect_burst = 1}, 0, "", REFUSAL_CONNECT_RATE},
		{"user", {.per_user = 1}, 0, BOB, REFUSAL_USER_LIMIT},
		{"token", {.per_token = 1}, 0, BOB, REFUSAL_TOKEN_LIMIT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sim_options o = auth_options();
		char fields[512];

		o.limits = cases[i].limits;
		struct sim *sim = sim_new(&o);
		if (cases[i].refusal != REFUSAL_MEMORY)
			expect_open(cases[i].name,
				    sim_get(sim, 0, "/stream?topic=open", cases[i].fields));
		admit_set_resident(sim->admit, cases[i].resident);
		(void)snprintf(fields, sizeof(fields), "%s" NATIVE, cases[i].fields);
		struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", fields);
		check(cases[i].name, client_status(&p->client) == 200);
		check(cases[i].name, client_count(&p->client, "overloaded") == 1);
		check(cases[i].name, sim_last_record(sim)->r.soft);
		check(cases[i].name, sim_last_record(sim)->r.refusal == cases[i].refusal);
		sim_free(sim);
	}
}

static void short_of_memory_open_streams_go_on(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.limits.memory = 1000;
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");
	admit_set_resident(sim->admit, 2000);
	expect_refusal("a stream", sim_get(sim, 0, "/stream?topic=open", ""), REFUSAL_MEMORY);
	expect_refusal("a publish",
		       sim_post(sim, "application/json", SLICE("{\"topic\":\"open\",\"data\":0}")),
		       REFUSAL_MEMORY);
	publish_numbers(sim, "open", 0, 3);
	sim_pass(sim, 20000);
	expect_numbers("events", &p->client, 0, 3);
	check("heartbeats", p->client.comments > 0 && !p->closed);
	admit_set_resident(sim->admit, 960);
	expect_refusal("not yet", sim_get(sim, 0, "/stream?topic=open", ""), REFUSAL_MEMORY);
	admit_set_resident(sim->admit, 950);
	expect_open("again", sim_get(sim, 0, "/stream?topic=open", ""));
	sim_free(sim);
}

static void limits_that_change_fit_streams_that_are_open(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *first = sim_get(sim, 0, "/stream?topic=shared", BOB);
	struct sim_peer *second = sim_get(sim, 0, "/stream?topic=shared", BOB);

	(void)state;
	admit_set_limits(sim->admit, (struct admit_limits){.per_user = 2, .per_address = 9});
	expect_refusal("two are open", sim_get(sim, 0, "/stream?topic=shared", BOB),
		       REFUSAL_USER_LIMIT);
	sim_hang_up(first);
	sim_run(sim);
	expect_open("one is open", sim_get(sim, 0, "/stream?topic=shared", BOB));
	admit_set_limits(sim->admit, (struct admit_limits){0});
	sim_hang_up(second);
	sim_run(sim);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_opens_no_stream_keeps_no_place),
		cmocka_unit_test(who_goes_while_asked_keeps_no_place),
		cmocka_unit_test(the_end_of_a_stream_frees_its_places),
		cmocka_unit_test(a_user_is_counted_however_it_logs_in),
		cmocka_unit_test(a_browser_is_shed_softly),
		cmocka_unit_test(short_of_memory_open_streams_go_on),
		cmocka_unit_test(limits_that_change_fit_streams_that_are_open),
	};

	return cmocka_run_group_tests_name("sim limits", tests, NULL, NULL);
}

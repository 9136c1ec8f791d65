/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets: how they are asked for, what they open, and the cookie that outlives them. */
#include "auth.h"

#define SHARED "{\"topics\":[\"shared\"]}"

static const struct {
	const char *name;
	const char *fields;
	const char *body;
	enum refusal want;
	const char *url; /* begins so, up to the ticket */
} orders[] = {
	{"all that the token may see", BOB, "{}", REFUSAL_NONE,
	 "/stream?topic=bob/**&topic=shared&ticket="},
	{"no body at all", BOB, "", REFUSAL_NONE, "/stream?topic=bob/**&topic=shared&ticket="},
	{"one topic", BOB, SHARED, REFUSAL_NONE, "/stream?topic=shared&ticket="},
	{"another route", BOB, "{\"route\":\"/brisk\",\"topics\":[\"bob/1\"]}", REFUSAL_NONE,
	 "/brisk?topic=bob/1&ticket="},
	{"a route that binds its topics", BOB, "{\"route\":\"/member\"}", REFUSAL_NONE,
	 "/member?ticket="},
	{"a session cookie", CAROL, SHARED, REFUSAL_NONE, "/stream?topic=shared&ticket="},
	{"a topic without the right", BOB, "{\"topics\":[\"secret\"]}", REFUSAL_TOPIC, NULL},
	{"one of two", BOB, "{\"topics\":[\"shared\",\"secret\"]}", REFUSAL_TOPIC, NULL},
	{"a route without the right", BOB, "{\"route\":\"/fixed\"}", REFUSAL_TOPIC, NULL},
	{"a route that is no stream", BOB, "{\"route\":\"/publish\"}", REFUSAL_BAD_EVENT, NULL},
	{"a route that is no string", BOB, "{\"route\":1}", REFUSAL_BAD_EVENT, NULL},
	{"no topics in the list", BOB, "{\"topics\":[]}", REFUSAL_BAD_EVENT, NULL},
	{"topics that are no list", BOB, "{\"topics\":\"shared\"}", REFUSAL_BAD_EVENT, NULL},
	{"a topic that is none", BOB, "{\"topics\":[\"a b\"]}", REFUSAL_BAD_EVENT, NULL},
	{"broken JSON", BOB, "{", REFUSAL_BAD_JSON, NULL},
	{"a list", BOB, "[]", REFUSAL_BAD_JSON, NULL},
	{"a member twice", BOB, "{\"topics\":[\"shared\"],\"topics\":[\"shared\"]}",
	 REFUSAL_BAD_JSON, NULL},
	{"nobody", "", SHARED, REFUSAL_NO_CREDENTIAL, NULL},
	{"a token that is none", "Authorization: Bearer nonsense\r\n", SHARED,
	 REFUSAL_BAD_CREDENTIAL, NULL},
};

/* Stars may leave escaped: what is compared is what they mean. */
static void unescape(char *url)
{
	char *to = url;

	for (const char *from = url; *from; from++) {
		bool star = strncmp(from, "%2A", 3) == 0;
		bool slash = strncmp(from, "%2F", 3) == 0;

		*to++ = star ? '*' : slash ? '/' : *from;
		from += star || slash ? 2 : 0;
	}
	*to = '\0';
}

static void orders_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct sim *sim = auth_sim();
		struct sim_peer *p = ask_ticket(sim, orders[i].fields, orders[i].body);
		char url[URL_CAP];

		check(orders[i].name, tickets_count(sim->tickets) == !orders[i].want);
		if (orders[i].want) {
			expect_refusal(orders[i].name, p, orders[i].want);
			sim_free(sim);
			continue;
		}
		check(orders[i].name, client_status(&p->client) == 200);
		member(p, "url", url, sizeof(url));
		p = sim_get(sim, 0, url, "");
		expect_open(orders[i].name, p);
		unescape(url);
		check_slice(orders[i].name, slice_upto(slice_of(url), strlen(orders[i].url)),
			    slice_of(orders[i].url));
		sim_free(sim);
	}
}

static void full_table_gives_none(void **state)
{
	struct sim_options o = auth_options();
	char url[URL_CAP];

	(void)state;
	o.tickets = 2;
	struct sim *sim = sim_new(&o);
	fetch_url(sim, SHARED, url);
	(void)ask_ticket(sim, BOB, SHARED);
	struct sim_peer *p = ask_ticket(sim, BOB, SHARED);
	expect_refusal("past the maximum", p, REFUSAL_TICKETS_FULL);
	check("when to return", client_field(&p->client, "Retry-After").len > 0);
	expect_open("none is given up early", sim_get(sim, 0, url, ""));
	check("counted", sim_counters(sim, 0)->tickets == 2);
	sim_free(sim);
}

static void no_randomness_no_ticket(void **state)
{
	struct sim *sim = auth_sim();

	(void)state;
	sim->no_random = true;
	expect_refusal("none", ask_ticket(sim, BOB, SHARED), REFUSAL_NO_MEMORY);
	sim_free(sim);
}

/* What happens to a ticket for "shared" on /stream before it is shown as it should be. */
static const struct {
	const char *name;
	const char *target; /* the ticket follows; NULL: nothing is asked */
	uint64_t later_ms;
	enum auth_fault first;
	enum auth_fault then;
} shows[] = {
	{"at once", NULL, 0, AUTH_OK, AUTH_OK},
	{"at the last moment", NULL, 59999, AUTH_OK, AUTH_OK},
	{"a moment later", NULL, 60000, AUTH_OK, AUTH_TICKET_EXPIRED},
	{"a second time", "/stream?topic=shared&ticket=", 0, AUTH_OK, AUTH_TICKET_SPENT},
	{"after another route", "/brisk?topic=shared&ticket=", 0, AUTH_TICKET_ROUTE,
	 AUTH_TICKET_SPENT},
	{"after other topics", "/stream?topic=bob/1&ticket=", 0, AUTH_TICKET_TOPICS,
	 AUTH_TICKET_SPENT},
	{"after a bad query", "/stream?topic=%4&ticket=", 0, AUTH_OK, AUTH_OK},
	{"after a bad topic", "/stream?topic=a+b&ticket=", 0, AUTH_OK, AUTH_OK},
};

static const char *show(struct sim *sim, const char *target, const char *ticket)
{
	char url[URL_CAP];

	(void)snprintf(url, sizeof(url), "%s%s", target, ticket);
	(void)sim_get(sim, 0, url, "");
	return sim_last_record(sim)->reason;
}

static void expect_reason(const char *name, const char *got, enum auth_fault want)
{
	check_slice(name, slice_of(got), slice_of(want ? auth_fault_reason(want) : ""));
}

static void a_ticket_is_good_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shows); i++) {
		struct sim *sim = auth_sim();
		struct sim_peer *p = ask_ticket(sim, BOB, SHARED);
		char ticket[64];

		member(p, "ticket", ticket, sizeof(ticket));
		if (shows[i].target)
			expect_reason(shows[i].name, show(sim, shows[i].target, ticket),
				      shows[i].first);
		if (shows[i].later_ms > 0)
			sim_pass(sim, shows[i].later_ms);
		expect_reason(shows[i].name, show(sim, "/stream?topic=shared&ticket=", ticket),
			      shows[i].then);
		check(shows[i].name, sim_last_record(sim)->r.kind ==
					     (shows[i].then ? RECORD_REFUSE : RECORD_CONNECT));
		sim_free(sim);
	}
}

static void the_cookie_is_for_safe_ways_alone(void **state)
{
	struct sim *sim = auth_sim();
	char url[URL_CAP];
	struct sim_peer *p;

	(void)state;
	fetch_url(sim, SHARED, url);
	p = sim_get(sim, 0, url, "");
	expect_open("plain from afar", p);
	check("no cookie", !client_field(&p->client, "Set-Cookie").ptr);
	fetch_url(sim, SHARED, url);
	p = get_local(sim, url, "");
	check("loopback",
	      slice_starts(client_field(&p->client, "Set-Cookie"), SLICE("sluice-resume=")));
	fetch_url(sim, SHARED, url);
	p = sim_connect_https(sim, 0);
	sim_ask(p, url, "");
	struct slice set = client_field(&p->client, "Set-Cookie");
	check("https", slice_starts(set, SLICE("__Secure-sluice-resume=")));
	check("bound", holds(set, SLICE("; Path=/stream;")) && holds(set, SLICE("; Secure")) &&
			       holds(set, SLICE("; HttpOnly")));
	check("a token gets none",
	      !client_field(&get_local(sim, "/stream?topic=shared", BOB)->client, "Set-Cookie")
		       .ptr);
	sim_free(sim);
}

/* EventSource dials the URL that it knows, with the spent ticket in it. */
static void the_same_url_comes_back_with_the_cookie(void **state)
{
	struct sim *sim = auth_sim();
	char url[URL_CAP], cookie[URL_CAP];

	(void)state;
	fetch_url(sim, SHARED, url);
	struct sim_peer *p = get_local(sim, url, "");
	cookie_line(p, cookie);
	for (unsigned n = 0; n < 3; n++) {
		publish_numbers(sim, "shared", n, n + 1);
		sim_run(sim);
		sim_reconnect(p, 0);
		sim_ask(p, url, cookie);
		expect_open("again", p);
		check_slice("as the log says", slice_of(sim_last_record(sim)->auth),
			    SLICE("resume"));
	}
	check_slice("the same person", slice_of(sim_last_record(sim)->user), SLICE("bob"));
	sim_pass(sim, sim->options.settings.resume_ttl_ms);
	sim_reconnect(p, 0);
	sim_ask(p, url, cookie);
	expect_refusal("not for ever", p, REFUSAL_BAD_CREDENTIAL);
	sim_free(sim);
}

static void without_the_cookie_it_is_told_to_fetch_anew(void **state)
{
	struct sim *sim = auth_sim();
	char url[URL_CAP];

	(void)state;
	fetch_url(sim, SHARED, url);
	(void)sim_get(sim, 0, url, "");
	expect_refusal("a program", sim_get(sim, 0, url, ""), REFUSAL_BAD_CREDENTIAL);
	expect_refusal("a page's first dial", sim_get(sim, 0, url, NATIVE), REFUSAL_BAD_CREDENTIAL);
	struct sim_peer *p = sim_get(sim, 0, url, NATIVE "Last-Event-ID: 1700000000000~0\r\n");
	check("a page that was streaming", client_status(&p->client) == 200 && p->closed);
	check("is told softly", client_count(&p->client, "auth_expired") == 1 &&
					client_count(&p->client, "connected") == 0);
	check("and not to hurry", p->client.retry_ms >= 10000 && p->client.retry_ms <= 30000);
	check("counted as what it is", sim_counters(sim, 0)->refusals[REFUSAL_BAD_CREDENTIAL] == 3);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_table),
		cmocka_unit_test(full_table_gives_none),
		cmocka_unit_test(no_randomness_no_ticket),
		cmocka_unit_test(a_ticket_is_good_once),
		cmocka_unit_test(the_cookie_is_for_safe_ways_alone),
		cmocka_unit_test(the_same_url_comes_back_with_the_cookie),
		cmocka_unit_test(without_the_cookie_it_is_told_to_fetch_anew),
	};

	return cmocka_run_group_tests_name("sim tickets", tests, NULL, NULL);
}

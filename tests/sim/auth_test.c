/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: where credentials stand, answers that come late, faults, and rights. */
#include "auth.h"

#define TARGET "/stream?topic=shared"

static const struct {
	const char *name;
	const char *target;
	const char *fields;
	enum refusal want; /* NONE: the stream opens */
	const char *user;
	const char *method;
} sources[] = {
	{"a bearer token", TARGET, BOB, REFUSAL_NONE, "bob", "bearer"},
	{"a session cookie", TARGET, CAROL, REFUSAL_NONE, "carol", "cookie"},
	{"the same value twice", TARGET, BOB "Cookie: session=token-of-bob\r\n", REFUSAL_NONE,
	 "bob", "bearer"},
	{"two different ones", TARGET, BOB CAROL, REFUSAL_TWO_CREDENTIALS, "", "none"},
	{"a ticket and a token", TARGET "&ticket=AAAAAAAAAAAAAAAAAAAAAA", BOB,
	 REFUSAL_TWO_CREDENTIALS, "", "none"},
	{"a ticket and a session", TARGET "&ticket=AAAAAAAAAAAAAAAAAAAAAA", CAROL,
	 REFUSAL_TWO_CREDENTIALS, "", "none"},
	{"a ticket that nobody made", TARGET "&ticket=AAAAAAAAAAAAAAAAAAAAAA", "",
	 REFUSAL_BAD_CREDENTIAL, "", "ticket"},
	{"a resume cookie that nobody gave", TARGET,
	 "Cookie: sluice-resume=AAAAAAAAAAAAAAAAAAAAAA\r\n", REFUSAL_BAD_CREDENTIAL, "", "resume"},
	{"a ticket and a resume cookie are one", TARGET "&ticket=AAAAAAAAAAAAAAAAAAAAAA",
	 "Cookie: sluice-resume=AAAAAAAAAAAAAAAAAAAAAA\r\n", REFUSAL_BAD_CREDENTIAL, "", "ticket"},
	{"a session beside an old resume cookie", TARGET,
	 "Cookie: session=session-of-carol; sluice-resume=AAAAAAAAAAAAAAAAAAAAAA\r\n", REFUSAL_NONE,
	 "carol", "cookie"},
	{"an old resume cookie does not close public topics", "/stream?topic=open",
	 "Cookie: sluice-resume=AAAAAAAAAAAAAAAAAAAAAA\r\n", REFUSAL_NONE, "", "resume"},
	{"nothing, for a public topic", "/stream?topic=open", "", REFUSAL_NONE, "", "none"},
	{"nothing, for a private topic", TARGET, "", REFUSAL_NO_CREDENTIAL, "", "none"},
	{"a topic without the right", "/stream?topic=secret", BOB, REFUSAL_TOPIC, "bob", "bearer"},
	{"a pattern wider than the right", "/stream?topic=**", BOB, REFUSAL_TOPIC, "bob", "bearer"},
	{"one of two without the right", TARGET "&topic=secret", BOB, REFUSAL_TOPIC, "bob",
	 "bearer"},
	{"a right and a public topic", TARGET "&topic=open", BOB, REFUSAL_NONE, "bob", "bearer"},
};

static void each_source_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sources); i++) {
		struct sim *sim = auth_sim();
		struct sim_peer *p = sim_get(sim, 0, sources[i].target, sources[i].fields);

		if (sources[i].want)
			expect_refusal(sources[i].name, p, sources[i].want);
		else
			expect_open(sources[i].name, p);
		check_slice(sources[i].name, slice_of(sim_last_record(sim)->user),
			    slice_of(sources[i].user));
		check_slice(sources[i].name, slice_of(sim_last_record(sim)->auth),
			    slice_of(sources[i].method));
		sim_free(sim);
	}
}

/* What the peer is told of a fault, byte for byte; the record and the counter know more. */
static void expect_fault(struct sim *sim, enum auth_fault fault, struct sim_peer **first)
{
	const char *name = auth_fault_reason(fault);
	struct sim_peer *p = sim_connect(sim, 0);

	p->stalled = true;
	sim_ask(p, TARGET, BOB);
	const struct sim_record *r = sim_last_record(sim);
	enum refusal want = r->r.refusal;
	check_slice(name, slice_of(r->reason), slice_of(name));
	check(name, sim_counters(sim, 0)->auth_faults[fault] == 1);
	if (want == REFUSAL_BAD_CREDENTIAL) {
		*first = *first ? *first : p;
		check_slice("alike", buf_slice(&p->socket), buf_slice(&(*first)->socket));
		check(name, r->r.status == 401);
		return;
	}
	(void)sim_read(p, SIZE_MAX);
	check(name, r->r.status == refusal_row(want)->status);
	check(name, client_status(&p->client) == r->r.status);
}

static void faults_are_told_alike(void **state)
{
	unsigned unavailable = 0;

	(void)state;
	struct sim_person person = people[0];
	struct sim_options o = auth_options();
	o.people = &person;
	o.people_count = 1;
	struct sim *sim = sim_new(&o);
	struct sim_peer *first = NULL;
	for (unsigned i = AUTH_OK + 1; i < AUTH_FAULT_COUNT; i++) {
		person.fault = (enum auth_fault)i;
		expect_fault(sim, person.fault, &first);
		unavailable += sim_last_record(sim)->r.refusal == REFUSAL_AUTH_UNAVAILABLE;
	}
	check("what is our fault is a 503", unavailable == 3);
	sim_free(sim);
}

static void unavailable_says_when_to_return(void **state)
{
	struct sim *sim = auth_sim();
	const char *fields = "Authorization: Bearer token-that-is-checked-nowhere\r\n";
	struct sim_peer *p = sim_get(sim, 0, TARGET, fields);

	(void)state;
	expect_refusal("a program", p, REFUSAL_AUTH_UNAVAILABLE);
	check("when to return", client_field(&p->client, "Retry-After").len > 0);
	p = post(sim, "/publish", fields, "{\"topic\":\"shared\",\"data\":1}");
	expect_refusal("a publisher", p, REFUSAL_AUTH_UNAVAILABLE);
	p = sim_get(sim, 0, TARGET,
		    NATIVE "Authorization: Bearer token-that-is-checked-nowhere\r\n");
	check("an EventSource is told softly", client_count(&p->client, "overloaded") == 1);
	sim_free(sim);
}

static void forbidden_is_as_unknown(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *known = sim_connect(sim, 0);
	struct sim_peer *unknown = sim_connect(sim, 0);

	(void)state;
	sim_publish(sim, "secret/of/carol", NULL, SLICE("1"));
	known->stalled = true;
	unknown->stalled = true;
	sim_ask(known, "/stream?topic=secret/of/carol", BOB);
	sim_ask(unknown, "/stream?topic=nothing/has/this", BOB);
	check_slice("alike", buf_slice(&known->socket), buf_slice(&unknown->socket));
	sim_free(sim);
}

/* Answers that come later. */

static void a_late_yes_opens(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=secret", DAVE);

	(void)state;
	check("nothing is said before", p->sent == 0 && sim->question_count == 1);
	sim_pass(sim, 100);
	sim_answer(sim, 0);
	expect_open("then it opens", p);
	publish_numbers(sim, "secret", 0, 3);
	sim_pass(sim, 20000);
	expect_numbers("a stream like any other", &p->client, 0, 3);
	check("and it lives", !p->closed && p->client.comments > 0);
	sim_answer(sim, 0);
	check("a second answer is dropped", !p->closed);
	sim_free(sim);
}

static void a_late_no_refuses(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *p =
		sim_get(sim, 0, TARGET, "Authorization: Bearer token-that-is-refused-late\r\n");

	(void)state;
	sim_answer(sim, 0);
	expect_refusal("refused", p, REFUSAL_BAD_CREDENTIAL);
	check_slice("the log knows", slice_of(sim_last_record(sim)->reason),
		    SLICE("introspection_refused"));
	sim_ask(p, "/stream?topic=open", "");
	expect_open("the connection is as good as before", p);
	sim_free(sim);
}

/* LeakSanitizer sees it where the principal of a dropped answer is not let go. */
static void an_answer_for_nobody_is_dropped(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *p = sim_get(sim, 0, TARGET, DAVE);

	(void)state;
	sim_reset(p);
	sim_run(sim);
	check("gone", p->closed && admit_streams(sim->admit) == 0);
	sim_answer(sim, 0);
	sim_reconnect(p, 0);
	sim_ask(p, TARGET, DAVE);
	check("asked anew", sim->question_count == 2);
	sim_answer(sim, 0);
	check("the old answer is not taken for the new", p->sent == 0);
	sim_answer(sim, 1);
	expect_open("its own is", p);
	sim_free(sim);
}

static void no_answer_in_time_is_503(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *p = sim_get(sim, 0, TARGET, DAVE);

	(void)state;
	sim_pass(sim, sim->options.settings.auth_timeout_ms - 1);
	check("it waits so long", p->sent == 0);
	sim_pass(sim, 1 + WHEEL_TICK_MS);
	expect_refusal("and no longer", p, REFUSAL_AUTH_UNAVAILABLE);
	check("its place is free", admit_streams(sim->admit) == 0);
	sim_answer(sim, 0);
	check("the answer comes too late", client_status(&p->client) == 503);
	sim_free(sim);
}

static void bytes_behind_wait_their_turn(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	sim_send(p, "POST /publish HTTP/1.1\r\nHost: sluice.test\r\n" DAVE
		    "Content-Type: application/json\r\nContent-Length: 30\r\n\r\n"
		    "{\"topic\":\"secret\",\"data\":1234}GET /healthz HTTP/1.1\r\n"
		    "Host: sluice.test\r\n\r\n");
	sim_run(sim);
	check("not before", p->sent == 0);
	sim_answer(sim, 0);
	check("both answered in order", p->client.answered == 2 && p->client.statuses[0] == 200 &&
						p->client.statuses[1] == 200);
	check("published once", sim_counters(sim, 0)->published == 1);
	sim_free(sim);
}

static void a_late_yes_opens_nothing_in_a_drain(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *p = sim_get(sim, 0, TARGET, DAVE);

	(void)state;
	engine_drain(sim->workers[0].engine, 1000);
	sim_answer(sim, 0);
	expect_refusal("draining", p, REFUSAL_DRAINING);
	sim_free(sim);
}

static void a_late_yes_may_be_over(void **state)
{
	struct sim_options o = auth_options();
	struct sim_person brief = people[2];

	(void)state;
	brief.facts.expires_ms = SIM_UNIX_MS + 1000;
	o.people = &brief;
	o.people_count = 1;
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=secret", DAVE);
	sim_pass(sim, 1000);
	sim_answer(sim, 0);
	expect_refusal("expired meanwhile", p, REFUSAL_BAD_CREDENTIAL);
	check_slice("as the log says", slice_of(sim_last_record(sim)->reason), SLICE("expired"));
	sim_free(sim);
}

/* Quotes are the longest that a name can become in JSON. */
static void the_longest_name_is_told_whole(void **state)
{
	struct sim_options o = auth_options();
	struct sim_person bob = people[0];
	char name[PRINCIPAL_MAX_SUBJECT];
	size_t head = strlen("{\"connected\":true,\"userId\":\"");

	(void)state;
	memset(name, '"', sizeof(name));
	bob.facts.subject = (struct slice){name, sizeof(name)};
	o.people = &bob;
	o.people_count = 1;
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, TARGET, BOB);
	expect_open("a long name", p);
	check("whole", client_last(&p->client, "connected")->data_len ==
			       head + 2 * sizeof(name) + strlen("\"}"));
	sim_free(sim);
}

/* Publishing. */

static const struct {
	const char *name;
	const char *type;
	const char *body;
	enum refusal want;
	size_t published;
} posts[] = {
	{"with the right", "application/json", "{\"topic\":\"bob/1\",\"data\":1}", REFUSAL_NONE, 1},
	{"without it", "application/json", "{\"topic\":\"open\",\"data\":1}", REFUSAL_TOPIC, 0},
	{"one topic of two", "application/json", "{\"topic\":[\"bob/1\",\"open\"],\"data\":1}",
	 REFUSAL_TOPIC, 0},
	{"the last event of three", "application/x-ndjson",
	 "{\"topic\":\"bob/1\",\"data\":1}\n{\"topic\":\"bob/2\",\"data\":2}\n"
	 "{\"topic\":\"open\",\"data\":3}",
	 REFUSAL_TOPIC, 0},
	{"all of two", "application/x-ndjson",
	 "{\"topic\":\"bob/1\",\"data\":1}\n{\"topic\":\"shared\",\"data\":2}", REFUSAL_NONE, 2},
};

static void each_event_needs_the_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(posts); i++) {
		struct sim *sim = auth_sim();
		struct sim_peer *p = sim_connect(sim, 0);
		char head[512];

		(void)snprintf(head, sizeof(head),
			       "POST /publish HTTP/1.1\r\nHost: sluice.test\r\n" BOB
			       "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
			       posts[i].type, strlen(posts[i].body));
		sim_send(p, head);
		sim_send(p, posts[i].body);
		sim_run(sim);
		if (posts[i].want)
			expect_refusal(posts[i].name, p, posts[i].want);
		else
			check(posts[i].name, client_status(&p->client) == 200);
		check(posts[i].name, sim_counters(sim, 0)->published == posts[i].published);
		sim_free(sim);
	}
}

static void private_events_need_a_login(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *nobody = sim_get(sim, 0, "/stream?topic=open", "");
	struct sim_peer *carol = sim_get(sim, 0, "/stream?topic=open", CAROL);

	(void)state;
	(void)post(sim, "/publish", OWNER, "{\"topic\":\"open\",\"data\":0,\"private\":true}");
	expect_numbers("not for everybody", &nobody->client, 0, 0);
	expect_numbers("for who has logged in", &carol->client, 0, 1);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_source_is_read),
		cmocka_unit_test(faults_are_told_alike),
		cmocka_unit_test(unavailable_says_when_to_return),
		cmocka_unit_test(forbidden_is_as_unknown),
		cmocka_unit_test(a_late_yes_opens),
		cmocka_unit_test(a_late_no_refuses),
		cmocka_unit_test(an_answer_for_nobody_is_dropped),
		cmocka_unit_test(no_answer_in_time_is_503),
		cmocka_unit_test(bytes_behind_wait_their_turn),
		cmocka_unit_test(a_late_yes_opens_nothing_in_a_drain),
		cmocka_unit_test(a_late_yes_may_be_over),
		cmocka_unit_test(the_longest_name_is_told_whole),
		cmocka_unit_test(each_event_needs_the_right),
		cmocka_unit_test(private_events_need_a_login),
	};

	return cmocka_run_group_tests_name("sim credentials", tests, NULL, NULL);
}

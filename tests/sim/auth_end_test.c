/* SPDX-License-Identifier: Apache-2.0 */
/* How a login ends while its streams are open: by its expiry, or by a revocation. */
#include "auth.h"

#define TARGET   "/stream?topic=shared"
#define AHEAD_MS UINT64_C(30000)

/* A sim whose bob has `left_ms` from now. */
static struct sim *brief_sim(struct sim_options *o, struct sim_person *bob, uint64_t left_ms)
{
	*bob = people[0];
	bob->facts.expires_ms = SIM_UNIX_MS + left_ms;
	o->people = bob;
	o->people_count = 1;
	return sim_new(o);
}

/* Ends at `at_ms` of the simulated clock, within the wheel's tick, and never before. */
static void expect_end_at(const char *name, struct sim_peer *p, uint64_t at_ms)
{
	struct sim *sim = p->sim;

	sim_pass(sim, at_ms - 1 - sim->now_ms);
	check(name, !p->closed && client_count(&p->client, "auth_expired") == 0);
	sim_pass(sim, 1 + WHEEL_TICK_MS);
	check(name, client_count(&p->client, "auth_expired") == 1);
	check_slice(name, slice_of(client_last(&p->client, "auth_expired")->data), SLICE("{}"));
	expect_clean_end(name, p);
	expect_close(name, sim, CLOSE_AUTH_EXPIRED);
	check(name, sim_counters(sim, 0)->streams_closed[CLOSE_AUTH_EXPIRED] == 1);
}

static void warned_once_then_ended(void **state)
{
	struct sim_options o = auth_options();
	struct sim_person bob;
	struct sim *sim = brief_sim(&o, &bob, HOUR_MS);
	struct sim_peer *p = sim_get(sim, 0, TARGET, BOB);

	(void)state;
	check("the record tells the rest",
	      sim_last_record(sim)->r.has_ttl && sim_last_record(sim)->r.ttl_s == 3600);
	sim_pass(sim, HOUR_MS - AHEAD_MS - 1);
	check("not early", client_count(&p->client, "auth_expiring") == 0);
	sim_pass(sim, 1 + WHEEL_TICK_MS);
	check("in time", client_count(&p->client, "auth_expiring") == 1);
	check_slice("what is left", slice_of(client_last(&p->client, "auth_expiring")->data),
		    SLICE("{\"in\":30}"));
	publish_numbers(sim, "shared", 0, 5);
	expect_end_at("the hour", p, SIM_START_MS + HOUR_MS);
	expect_numbers("events until the end", &p->client, 0, 5);
	check("not twice", client_count(&p->client, "auth_expiring") == 1);
	check("counted", sim_counters(sim, 0)->expirings == 1);
	sim_free(sim);
}

static const struct {
	const char *name;
	uint64_t left_ms;
	uint64_t expiring_ms;
	const char *warning; /* NULL: none */
} opens[] = {
	{"well ahead", 40000, AHEAD_MS, "{\"in\":30}"},
	{"as far as the warning", AHEAD_MS, AHEAD_MS, "{\"in\":30}"},
	{"nearer than the warning", 10000, AHEAD_MS, "{\"in\":10}"},
	{"a part of a second is one", 1500, AHEAD_MS, "{\"in\":2}"},
	{"very near", 100, AHEAD_MS, "{\"in\":1}"},
	{"without warnings", 40000, 0, NULL},
};

static void however_near_at_the_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(opens); i++) {
		struct sim_options o = auth_options();
		struct sim_person bob;

		o.settings.expiring_ms = opens[i].expiring_ms;
		struct sim *sim = brief_sim(&o, &bob, opens[i].left_ms);
		struct sim_peer *p = sim_get(sim, 0, TARGET, BOB);
		expect_open(opens[i].name, p);
		expect_end_at(opens[i].name, p, SIM_START_MS + opens[i].left_ms);
		check(opens[i].name,
		      client_count(&p->client, "auth_expiring") == (opens[i].warning ? 1u : 0u));
		if (opens[i].warning)
			check_slice(opens[i].name,
				    slice_of(client_last(&p->client, "auth_expiring")->data),
				    slice_of(opens[i].warning));
		sim_free(sim);
	}
}

static void over_before_it_opens(void **state)
{
	struct sim_options o = auth_options();
	struct sim_person bob;
	struct sim *sim = brief_sim(&o, &bob, 1000);

	(void)state;
	sim_pass(sim, 1000);
	expect_refusal("the instant is past", sim_get(sim, 0, TARGET, BOB), REFUSAL_BAD_CREDENTIAL);
	expect_refusal("for posts too",
		       post(sim, "/publish", BOB, "{\"topic\":\"shared\",\"data\":1}"),
		       REFUSAL_BAD_CREDENTIAL);
	sim_free(sim);
}

/* The rest of the cut frame comes first, then the word, whatever the reader has not taken. */
static void a_blocked_reader_gets_whole_frames(void **state)
{
	(void)state;
	for (size_t room = 1; room < 60; room++) {
		struct sim_options o = auth_options();
		struct sim_person bob;
		struct sim *sim = brief_sim(&o, &bob, 20000);
		struct sim_peer *p = sim_get(sim, 0, TARGET, BOB);

		sim_run(sim);
		p->stalled = true;
		p->capacity = room;
		publish_numbers(sim, "shared", 0, 3);
		sim_pass(sim, 20000 + WHEEL_TICK_MS);
		check("over", p->closed);
		p->stalled = false;
		sim_run(sim);
		expect_clean_end("whole", p);
		check("told", client_count(&p->client, "auth_expired") == 1);
		expect_close("expired", sim, CLOSE_AUTH_EXPIRED);
		sim_free(sim);
	}
}

static void no_expiry_no_end(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *p = sim_get(sim, 0, TARGET, CAROL);

	(void)state;
	check("the record has no rest", !sim_last_record(sim)->r.has_ttl);
	sim_pass(sim, 2 * HOUR_MS);
	check("open", !p->closed && client_count(&p->client, "auth_expiring") == 0);
	sim_free(sim);
}

/* Ticket and cookie end with the token that they come from. */
static void a_ticket_ends_with_its_token(void **state)
{
	struct sim_options o = auth_options();
	struct sim_person bob;
	struct sim *sim = brief_sim(&o, &bob, 40000);
	char url[URL_CAP];

	(void)state;
	fetch_url(sim, "{\"topics\":[\"shared\"]}", url);
	struct sim_peer *p = get_local(sim, url, "");
	expect_open("by its ticket", p);
	expect_end_at("with its token", p, SIM_START_MS + 40000);
	sim_free(sim);
}

/* Revocation. */

static const struct {
	const char *name;
	const char *body;
	bool bob;
	bool carol;
} hits[] = {
	{"by subject", "{\"sub\":\"bob\"}", true, false},
	{"by session", "{\"sid\":\"sid-2\"}", false, true},
	{"by token", "{\"jti\":\"jti-1\"}", true, false},
	{"by two at once", "{\"jti\":\"jti-1\",\"sid\":\"sid-2\"}", true, true},
	{"of somebody else", "{\"sub\":\"nobody\"}", false, false},
};

static void expect_hit(const char *name, struct sim_peer *p, bool hit, const char *fields)
{
	struct sim_peer *again;

	check(name, p->closed == hit);
	check(name, client_count(&p->client, "auth_expired") == hit);
	again = sim_get(p->sim, 0, TARGET, fields);
	if (hit) {
		expect_clean_end(name, p);
		expect_refusal(name, again, REFUSAL_BAD_CREDENTIAL);
		check_slice(name, slice_of(sim_last_record(p->sim)->reason), SLICE("revoked"));
	} else {
		expect_open(name, again);
	}
}

/* Three workers; who is revoked at one is gone from all, in the same instant. */
static void revoked_everywhere_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(hits); i++) {
		struct sim_options o = auth_options();
		struct sim_peer *bobs[3], *carols[3], *others[3];
		uint64_t closed = 0;

		o.workers = 3;
		struct sim *sim = sim_new(&o);
		for (size_t w = 0; w < 3; w++) {
			bobs[w] = sim_get(sim, w, TARGET, BOB);
			carols[w] = sim_get(sim, w, TARGET, CAROL);
			others[w] = sim_get(sim, w, "/stream?topic=open", "");
		}
		struct sim_peer *owner = revoke(sim, hits[i].body);
		check(hits[i].name, client_status(&owner->client) == 200);
		for (size_t w = 0; w < 3; w++) {
			expect_hit(hits[i].name, bobs[w], hits[i].bob, BOB);
			expect_hit(hits[i].name, carols[w], hits[i].carol, CAROL);
			check(hits[i].name, !others[w]->closed);
			closed += sim_counters(sim, w)->streams_closed[CLOSE_REVOKED];
		}
		check(hits[i].name, closed == 3u * (hits[i].bob + hits[i].carol));
		check(hits[i].name, sim->workers[0].published > 0);
		sim_free(sim);
	}
}

static const struct {
	const char *name;
	const char *fields;
	const char *body;
	enum refusal want;
} refused[] = {
	{"who may not publish", BOB, "{\"sub\":\"bob\"}", REFUSAL_BAD_CREDENTIAL},
	{"nobody", "", "{\"sub\":\"bob\"}", REFUSAL_NO_CREDENTIAL},
	{"no name", OWNER, "{}", REFUSAL_BAD_JSON},
	{"an empty name", OWNER, "{\"sub\":\"\"}", REFUSAL_BAD_JSON},
	{"a number", OWNER, "{\"sub\":1}", REFUSAL_BAD_JSON},
	{"one more member", OWNER, "{\"sub\":\"bob\",\"all\":true}", REFUSAL_BAD_JSON},
	{"broken JSON", OWNER, "{", REFUSAL_BAD_JSON},
};

static void refused_revocations_do_nothing(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *p = sim_get(sim, 0, TARGET, BOB);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		expect_refusal(refused[i].name,
			       post(sim, "/auth/revoke", refused[i].fields, refused[i].body),
			       refused[i].want);
	check("none was made", revocations_count(sim->revocations) == 0 && !p->closed);
	sim_free(sim);
}

static void full_table_says_so(void **state)
{
	struct sim_options o = auth_options();

	(void)state;
	o.revocations = 1;
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, TARGET, BOB);
	check("at the maximum", client_status(&revoke(sim, "{\"sub\":\"x\"}")->client) == 200);
	check("again is no more", client_status(&revoke(sim, "{\"sub\":\"x\"}")->client) == 200);
	expect_refusal("past it", revoke(sim, "{\"sub\":\"bob\"}"), REFUSAL_REVOCATIONS_FULL);
	check("nothing was revoked", !p->closed);
	sim_free(sim);
}

/* Between two turns, in the tick of the heartbeat: the very next bytes are the end. */
static void no_heartbeat_after_a_revocation(void **state)
{
	(void)state;
	for (unsigned early = 0; early < 40; early++) {
		struct sim *sim = auth_sim();
		struct sim_peer *p = sim_get(sim, 0, TARGET, BOB);
		struct revocation r = {REVOKE_SID, SLICE("sid-1"), SIM_UNIX_MS};

		sim_pass(sim, 13500 - 20 + early);
		size_t before = p->client.comments;
		enum err err = revocations_add(sim->revocations, &r, SIM_UNIX_MS);
		check("added", err == OK);
		sim_pass(sim, 20000);
		check("no comment behind it", p->client.comments == before);
		check("but the word", client_count(&p->client, "auth_expired") == 1);
		expect_close("revoked", sim, CLOSE_REVOKED);
		sim_free(sim);
	}
}

/* What was made of a login goes with it, and a new login is as good as any. */
static void tickets_and_cookies_go_too(void **state)
{
	struct sim *sim = auth_sim();
	char url[URL_CAP], other[URL_CAP], cookie[URL_CAP];

	(void)state;
	fetch_url(sim, "{\"topics\":[\"shared\"]}", url);
	fetch_url(sim, "{\"topics\":[\"shared\"]}", other);
	struct sim_peer *p = get_local(sim, url, "");
	cookie_line(p, cookie);
	sim_pass(sim, 1);
	(void)revoke(sim, "{\"sub\":\"bob\"}");
	check("the stream", p->closed && client_count(&p->client, "auth_expired") == 1);
	expect_refusal("the cookie", get_local(sim, url, cookie), REFUSAL_BAD_CREDENTIAL);
	expect_refusal("the ticket", sim_get(sim, 0, other, ""), REFUSAL_BAD_CREDENTIAL);
	expect_refusal("no new ticket", ask_ticket(sim, BOB, "{}"), REFUSAL_BAD_CREDENTIAL);
	sim_free(sim);
}

static void a_storm_of_revocations(void **state)
{
	struct sim_options o = auth_options();
	char body[64];

	(void)state;
	o.revocations = 1000;
	struct sim *sim = sim_new(&o);
	struct sim_peer *carol = sim_get(sim, 0, TARGET, CAROL);
	struct sim_peer *bob = sim_get(sim, 0, TARGET, BOB);
	struct sim_peer *owner = sim_connect(sim, 0);
	for (unsigned i = 0; i < 999; i++) {
		(void)snprintf(body, sizeof(body), "{\"jti\":\"storm-%u\"}", i);
		post_on(owner, "/auth/revoke", OWNER, body);
	}
	check("all of them", sim_counters(sim, 0)->revocations == 999);
	publish_numbers(sim, "shared", 0, 10);
	post_on(owner, "/auth/revoke", OWNER, "{\"jti\":\"jti-1\"}");
	check("the one", bob->closed);
	expect_open("and nobody else", carol);
	expect_numbers("nor an event", &carol->client, 0, 10);
	sim_free(sim);
}

static void a_drain_ends_all_alike(void **state)
{
	struct sim *sim = auth_sim();
	struct sim_peer *bob = sim_get(sim, 0, TARGET, BOB);
	struct sim_peer *carol = sim_get(sim, 0, TARGET, CAROL);

	(void)state;
	engine_drain(sim->workers[0].engine, 60000);
	struct revocation r = {REVOKE_SID, SLICE("sid-1"), SIM_UNIX_MS};
	check("added", revocations_add(sim->revocations, &r, SIM_UNIX_MS) == OK);
	sim_run(sim);
	expect_close("revoked at once all the same", sim, CLOSE_REVOKED);
	check("bob", bob->closed && !carol->closed);
	sim_pass(sim, 60016);
	expect_close("carol in her turn", sim, CLOSE_DRAINING);
	expect_clean_end("carol", carol);
	sim_free(sim);
}

/* Tokens, sessions, tickets and cookies that all did their work: no record has one. */
static void records_hold_no_secret(void **state)
{
	struct sim *sim = auth_sim();
	char url[URL_CAP], cookie[URL_CAP];

	(void)state;
	fetch_url(sim, "{\"topics\":[\"shared\"]}", url);
	struct sim_peer *p = get_local(sim, url, "");
	cookie_line(p, cookie);
	sim_reconnect(p, 0);
	sim_ask(p, url, cookie);
	(void)sim_get(sim, 0, url, "");
	(void)sim_get(sim, 0, TARGET, CAROL);
	(void)sim_get(sim, 0, TARGET, BOB CAROL);
	(void)post(sim, "/publish", BOB, "{\"topic\":\"secret\",\"data\":1}");
	(void)revoke(sim, "{\"sid\":\"sid-1\"}");
	struct slice text = buf_slice(&sim->record_text);
	struct slice ticket = slice_of(strstr(url, "ticket=") + 7);
	struct slice value = slice_of(strchr(cookie, '=') + 1);
	check("there are records", text.len > 0 && value.len > 2 && ticket.len > 20);
	check("no ticket", !holds(text, ticket));
	check("no cookie", !holds(text, slice_upto(value, value.len - 2)));
	check("no token", !holds(text, SLICE("token-of-bob")));
	check("no session", !holds(text, SLICE("session-of-carol")));
	check("no key", !holds(text, SLICE(SIM_PUBLISHER_KEY)));
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warned_once_then_ended),
		cmocka_unit_test(however_near_at_the_open),
		cmocka_unit_test(over_before_it_opens),
		cmocka_unit_test(a_blocked_reader_gets_whole_frames),
		cmocka_unit_test(no_expiry_no_end),
		cmocka_unit_test(a_ticket_ends_with_its_token),
		cmocka_unit_test(revoked_everywhere_at_once),
		cmocka_unit_test(refused_revocations_do_nothing),
		cmocka_unit_test(full_table_says_so),
		cmocka_unit_test(no_heartbeat_after_a_revocation),
		cmocka_unit_test(tickets_and_cookies_go_too),
		cmocka_unit_test(a_storm_of_revocations),
		cmocka_unit_test(a_drain_ends_all_alike),
		cmocka_unit_test(records_hold_no_secret),
	};

	return cmocka_run_group_tests_name("sim ends of logins", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "identity/ticket.h"
#include "people.h"

#define ROUTE SLICE("/stream")
#define TTL   (30 * SECOND)

struct office {
	struct tickets *tickets;
	struct principal *ada; /* may see all news and the chat */
	struct text text;      /* of the last ticket */
};

static void open_office(struct office *o, size_t max)
{
	o->tickets = tickets_new(max, KEY);
	o->ada = watcher("ada", "news/** chat");
	assert_non_null(o->tickets);
}

static void close_office(struct office *o)
{
	tickets_free(o->tickets);
	/* The store gave every reference back. */
	assert_int_equal(atomic_load(&o->ada->refs), 1);
	principal_unref(o->ada);
}

static enum err mint_for(struct office *o, struct principal *p, uint64_t number, uint64_t now_ms)
{
	struct grant_order order = {p, ROUTE, now_ms, TTL};
	const struct slice topics[] = {SLICE("news/**")};
	struct secret secret;

	return ticket_mint(o->tickets, &order, topics, 1, secret_of(&secret, number),
			   text_begin(&o->text));
}

static enum err mint(struct office *o, uint64_t number, uint64_t now_ms)
{
	return mint_for(o, o->ada, number, now_ms);
}

static enum auth_fault redeem_text(struct office *o, struct slice text, uint64_t now_ms)
{
	struct grant_ask ask = {.text = text, .route = ROUTE, .now_ms = now_ms};
	struct principal *p = NULL;
	enum auth_fault fault = ticket_redeem(o->tickets, &ask, &p);

	assert_true(!p == (fault != AUTH_OK));
	principal_unref(p);
	return fault;
}

static enum auth_fault redeem(struct office *o, uint64_t now_ms)
{
	return redeem_text(o, text_of(&o->text), now_ms);
}

static const struct {
	const char *name;
	const char *route;
	const char *topics;
	uint64_t after_ms;
	enum auth_fault fault;
} cases[] = {
	{"the ticket's own topic", "/stream", "news/**", 0, AUTH_OK},
	{"a part of it", "/stream", "news/a news/b/*", 0, AUTH_OK},
	{"no topic at all", "/stream", "", 0, AUTH_OK},
	{"the last instant", "/stream", "news/a", TTL - 1, AUTH_OK},
	{"one instant late", "/stream", "news/a", TTL, AUTH_TICKET_EXPIRED},
	{"as late as it is remembered", "/stream", "news/a", TTL + GRANT_REMEMBER_MS - 1,
	 AUTH_TICKET_EXPIRED},
	{"forgotten", "/stream", "news/a", TTL + GRANT_REMEMBER_MS + SECOND, AUTH_TICKET_UNKNOWN},
	{"another route", "/other", "news/a", 0, AUTH_TICKET_ROUTE},
	{"a longer route", "/stream/", "news/a", 0, AUTH_TICKET_ROUTE},
	{"no route", "", "news/a", 0, AUTH_TICKET_ROUTE},
	{"a topic of the person but not of the ticket", "/stream", "chat", 0, AUTH_TICKET_TOPICS},
	{"one topic too many", "/stream", "news/a chat", 0, AUTH_TICKET_TOPICS},
	{"a wider pattern", "/stream", "**", 0, AUTH_TICKET_TOPICS},
};

static void check_person(const char *name, const struct principal *p)
{
	struct slice asked = SLICE("chat");

	check_slice(name, p->facts.subject, SLICE("ada"));
	check_slice(name, auth_method_name(p->facts.method), SLICE("ticket"));
	check(name, !rights_allow(&p->facts.subscribe, asked));
}

static void a_ticket_is_bound_to_route_topics_and_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice topics[TOPIC_MAX_SET];
		struct principal *p = NULL;
		struct office o;

		open_office(&o, 4);
		assert_int_equal(mint(&o, 1, NOW), OK);
		struct grant_ask ask = {
			.text = text_of(&o.text),
			.route = slice_of(cases[i].route),
			.topics = topics,
			.topic_count = topics_of(cases[i].topics, topics),
			.now_ms = NOW + cases[i].after_ms,
		};
		check(cases[i].name, ticket_redeem(o.tickets, &ask, &p) == cases[i].fault);
		check(cases[i].name, !p == (cases[i].fault != AUTH_OK));
		if (p)
			check_person(cases[i].name, p);
		principal_unref(p);
		close_office(&o);
	}
}

static void a_ticket_is_good_once(void **state)
{
	(void)state;
	struct office o;

	open_office(&o, 4);
	assert_int_equal(mint(&o, 1, NOW), OK);
	assert_int_equal(redeem(&o, NOW), AUTH_OK);
	assert_int_equal(redeem(&o, NOW), AUTH_TICKET_SPENT);
	/* Until its expiry and beyond the log can tell a second use from a late one. */
	assert_int_equal(redeem(&o, NOW + TTL - 1), AUTH_TICKET_SPENT);
	assert_int_equal(redeem(&o, NOW + TTL + 1), AUTH_TICKET_SPENT);
	close_office(&o);
}

static void a_ticket_shown_in_the_wrong_place_is_spent(void **state)
{
	(void)state;
	struct office o;
	struct principal *p = NULL;

	open_office(&o, 4);
	assert_int_equal(mint(&o, 1, NOW), OK);
	struct grant_ask ask = {
		.text = text_of(&o.text),
		.route = SLICE("/other"),
		.now_ms = NOW,
	};
	assert_int_equal(ticket_redeem(o.tickets, &ask, &p), AUTH_TICKET_ROUTE);
	assert_int_equal(redeem(&o, NOW), AUTH_TICKET_SPENT);
	close_office(&o);
}

static void a_late_ticket_stays_late(void **state)
{
	(void)state;
	struct office o;

	open_office(&o, 4);
	assert_int_equal(mint(&o, 1, NOW), OK);
	assert_int_equal(redeem(&o, NOW + TTL), AUTH_TICKET_EXPIRED);
	assert_int_equal(redeem(&o, NOW + TTL), AUTH_TICKET_EXPIRED);
	/* Even when the clock goes back. */
	assert_int_equal(redeem(&o, NOW + TTL + SECOND), AUTH_TICKET_EXPIRED);
	assert_int_equal(redeem(&o, NOW), AUTH_TICKET_EXPIRED);
	close_office(&o);
}

static void a_ticket_ends_with_its_person(void **state)
{
	(void)state;
	struct principal_facts facts = ada();
	const struct slice news[] = {SLICE("news/**")};
	struct office o;

	facts.expires_ms = NOW + SECOND;
	facts.subscribe = (struct rights){news, 1};
	struct principal *brief = person(&facts);
	open_office(&o, 4);
	assert_int_equal(mint_for(&o, brief, 1, NOW), OK);
	assert_int_equal(redeem(&o, NOW + SECOND), AUTH_TICKET_EXPIRED);
	assert_int_equal(mint_for(&o, brief, 2, NOW + SECOND - 1), OK);
	assert_int_equal(redeem(&o, NOW + SECOND - 1), AUTH_OK);
	assert_int_equal(mint_for(&o, brief, 3, NOW + SECOND), E_RANGE);
	close_office(&o);
	principal_unref(brief);
}

static void at_the_maximum_a_ticket_is_refused_and_none_evicted(void **state)
{
	(void)state;
	struct office o;

	open_office(&o, 2);
	assert_int_equal(mint(&o, 1, NOW), OK);
	struct text first = o.text;
	assert_int_equal(mint(&o, 2, NOW), OK);
	assert_int_equal(mint(&o, 3, NOW), E_FULL);
	assert_int_equal(text_of(&o.text).len, 0);
	/* Who has spent a ticket still fills its place: the log wants to know it. */
	assert_int_equal(redeem_text(&o, text_of(&first), NOW), AUTH_OK);
	assert_int_equal(mint(&o, 3, NOW + TTL - 1), E_FULL);
	/* Past its time it makes room, remembered or not. The timers tick coarsely. */
	assert_int_equal(mint(&o, 3, NOW + TTL + WHEEL_TICK_MS), OK);
	assert_int_equal(tickets_count(o.tickets), 2);
	close_office(&o);
}

static void a_quiet_store_forgets_all(void **state)
{
	(void)state;
	struct office o;

	open_office(&o, 1000);
	for (uint64_t n = 0; n < 1000; n++)
		assert_int_equal(mint(&o, n, NOW), OK);
	assert_int_equal(tickets_count(o.tickets), 1000);
	/* Each call clears some: nobody waits for all of it. */
	for (uint64_t n = 0; n < 100; n++)
		assert_int_equal(redeem(&o, NOW + 5 * MINUTE) == AUTH_OK, false);
	assert_int_equal(tickets_count(o.tickets), 0);
	close_office(&o);
}

#define GUESSES 100000

static void guesses_change_nothing(void **state)
{
	(void)state;
	struct office o;
	struct rng rng = {42};

	open_office(&o, 4);
	assert_int_equal(mint(&o, 1, NOW), OK);
	for (unsigned i = 0; i < GUESSES; i++) {
		struct text guess;
		struct secret secret = {{rng_next(&rng), rng_next(&rng)}};

		put_base64url(text_begin(&guess),
			      (struct slice){(const char *)secret.words, sizeof(secret.words)});
		assert_int_equal(redeem_text(&o, text_of(&guess), NOW), AUTH_TICKET_UNKNOWN);
	}
	assert_int_equal(tickets_count(o.tickets), 1);
	assert_int_equal(redeem(&o, NOW), AUTH_OK);
	close_office(&o);
}

static const struct {
	const char *name;
	size_t bytes;
	uint64_t ttl_ms;
	const char *topics;
	enum err err;
} orders[] = {
	{"128 random bits are enough", GRANT_MIN_RANDOM, 1, "news/a", OK},
	{"120 are not", GRANT_MIN_RANDOM - 1, 1, "news/a", E_RANGE},
	{"256 are the most", GRANT_MAX_RANDOM, 1, "news/a", OK},
	{"264 are too many", GRANT_MAX_RANDOM + 1, 1, "news/a", E_RANGE},
	{"a minute is the longest life", 16, TICKET_MAX_TTL, "news/a", OK},
	{"a millisecond more is refused", 16, TICKET_MAX_TTL + 1, "news/a", E_RANGE},
	{"no life is refused", 16, 0, "news/a", E_RANGE},
	{"a topic that the person may not see", 16, 1, "secret", E_NOT_FOUND},
	{"no topic is a pattern with a star inside", 16, 1, "news/a*", E_SYNTAX},
	{"a route may have no topics", 16, 1, "", OK},
};

static void what_may_be_ordered_is_bounded(void **state)
{
	(void)state;
	static const char zeroes[GRANT_MAX_RANDOM + 1];

	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct slice topics[TOPIC_MAX_SET];
		size_t n = topics_of(orders[i].topics, topics);
		struct office o;

		open_office(&o, 4);
		struct grant_order order = {o.ada, ROUTE, NOW, orders[i].ttl_ms};
		struct slice random = place_at_edge((struct slice){zeroes, orders[i].bytes});
		check(orders[i].name, ticket_mint(o.tickets, &order, topics, n, random,
						  text_begin(&o.text)) == orders[i].err);
		check(orders[i].name, tickets_count(o.tickets) == (orders[i].err ? 0 : 1));
		if (!orders[i].err)
			check(orders[i].name, redeem(&o, NOW) == AUTH_OK);
		close_office(&o);
	}
}

static enum err mint_on(struct office *o, size_t route_len, size_t cap)
{
	static const char route[GRANT_MAX_ROUTE + 1];
	char text[GRANT_MAX_TEXT];
	struct grant_order order = {o->ada, {route, route_len}, NOW, TTL};
	struct secret secret;
	struct writer w;

	writer_init(&w, text, cap);
	return ticket_mint(o->tickets, &order, NULL, 0, secret_of(&secret, route_len), &w);
}

static void routes_and_room_for_the_text_are_bounded(void **state)
{
	(void)state;
	struct office o;

	open_office(&o, 4);
	assert_int_equal(mint_on(&o, GRANT_MAX_ROUTE, GRANT_MAX_TEXT), OK);
	assert_int_equal(mint_on(&o, GRANT_MAX_ROUTE + 1, GRANT_MAX_TEXT), E_TOO_BIG);
	assert_int_equal(mint_on(&o, 1, BASE64URL_CHARS(16)), OK);
	for (size_t cap = 0; cap < BASE64URL_CHARS(16); cap++)
		assert_int_equal(mint_on(&o, 2, cap), E_NO_SPACE);
	assert_int_equal(tickets_count(o.tickets), 2);
	close_office(&o);
}

static void randomness_that_repeats_is_noticed(void **state)
{
	(void)state;
	struct office o;

	open_office(&o, 4);
	assert_int_equal(mint(&o, 1, NOW), OK);
	assert_int_equal(mint(&o, 1, NOW), E_EXISTS);
	assert_int_equal(tickets_count(o.tickets), 1);
	close_office(&o);
}

static const struct {
	const char *name;
	const char *text;
	enum auth_fault fault;
} forms[] = {
	{"nothing", "", AUTH_TICKET_MALFORMED},
	{"too short", "AAAAAAAAAAAAAAAAAAAAA", AUTH_TICKET_MALFORMED},
	{"128 bits", "AAAAAAAAAAAAAAAAAAAAAA", AUTH_TICKET_UNKNOWN},
	{"unused bits are set", "AAAAAAAAAAAAAAAAAAAAAB", AUTH_TICKET_MALFORMED},
	{"padding", "AAAAAAAAAAAAAAAAAAAAAA==", AUTH_TICKET_MALFORMED},
	{"plain base64", "AAAAAAAAAAAAAAAAAAAA+/AA", AUTH_TICKET_MALFORMED},
	{"a space behind", "AAAAAAAAAAAAAAAAAAAAAA ", AUTH_TICKET_MALFORMED},
	{"a percent sign", "AAAAAAAAAAAAAAAAAAAA%41", AUTH_TICKET_MALFORMED},
	{"256 bits", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", AUTH_TICKET_UNKNOWN},
	{"264 bits", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", AUTH_TICKET_MALFORMED},
};

static void only_what_looks_like_a_ticket_is_looked_up(void **state)
{
	(void)state;
	struct office o;

	open_office(&o, 4);
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct slice text = place_at_edge(slice_of(forms[i].text));

		check(forms[i].name, redeem_text(&o, text, NOW) == forms[i].fault);
	}
	close_office(&o);
}

static void no_prefix_and_no_changed_byte_is_a_ticket(void **state)
{
	(void)state;
	struct office o;

	open_office(&o, 4);
	assert_int_equal(mint(&o, 1, NOW), OK);
	struct slice text = text_of(&o.text);
	for (size_t n = 0; n < text.len; n++) {
		char changed[GRANT_MAX_TEXT];

		assert_int_not_equal(redeem_text(&o, place_at_edge(slice_upto(text, n)), NOW),
				     AUTH_OK);
		memcpy(changed, text.ptr, text.len);
		changed[n] = changed[n] == 'A' ? 'B' : 'A';
		assert_int_not_equal(redeem_text(&o, (struct slice){changed, text.len}, NOW),
				     AUTH_OK);
	}
	assert_int_equal(redeem_text(&o, place_at_edge(text), NOW), AUTH_OK);
	close_office(&o);
}

static void a_revocation_takes_tickets_back(void **state)
{
	(void)state;
	struct principal *bob = watcher("bob", "news/**");
	struct revocation revocation = {REVOKE_SUBJECT, SLICE("ada"), NOW};
	struct office o;

	open_office(&o, 4);
	assert_int_equal(mint(&o, 1, NOW), OK);
	struct text of_ada = o.text;
	assert_int_equal(mint_for(&o, bob, 2, NOW), OK);
	assert_int_equal(tickets_revoke(o.tickets, &revocation), 1);
	assert_int_equal(tickets_revoke(o.tickets, &revocation), 0);
	assert_int_equal(redeem_text(&o, text_of(&of_ada), NOW), AUTH_REVOKED);
	assert_int_equal(redeem(&o, NOW), AUTH_OK);
	close_office(&o);
	principal_unref(bob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_is_bound_to_route_topics_and_time),
		cmocka_unit_test(a_ticket_is_good_once),
		cmocka_unit_test(a_ticket_shown_in_the_wrong_place_is_spent),
		cmocka_unit_test(a_late_ticket_stays_late),
		cmocka_unit_test(a_ticket_ends_with_its_person),
		cmocka_unit_test(at_the_maximum_a_ticket_is_refused_and_none_evicted),
		cmocka_unit_test(a_quiet_store_forgets_all),
		cmocka_unit_test(guesses_change_nothing),
		cmocka_unit_test(what_may_be_ordered_is_bounded),
		cmocka_unit_test(routes_and_room_for_the_text_are_bounded),
		cmocka_unit_test(randomness_that_repeats_is_noticed),
		cmocka_unit_test(only_what_looks_like_a_ticket_is_looked_up),
		cmocka_unit_test(no_prefix_and_no_changed_byte_is_a_ticket),
		cmocka_unit_test(a_revocation_takes_tickets_back),
	};

	return cmocka_run_group_tests_name("ticket", tests, NULL, NULL);
}

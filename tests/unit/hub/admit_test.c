/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "hub.h"
#include "hub/admit.h"

#include <pthread.h>

static struct addr host(uint8_t n)
{
	return addr_v4((const uint8_t[4]){192, 0, 2, n});
}

/*
 * One letter a step: a-c a request for a stream from that host, A-C the end of one; x-z likewise
 * for another route; a dot is half a second.
 */
static const struct {
	const char *name;
	struct admit_limits limits;
	uint64_t route_limit;
	const char *steps;
	/* of the requests: + admitted, F full, R route, A address, C connect rate */
	const char *verdicts;
} cases[] = {
	{"without limits all are admitted", {0}, 0, "aaaabc", "++++++"},
	{"the last place is given, the next is not", {.streams = 2}, 0, "abc", "++F"},
	{"a place that was left is given again", {.streams = 2}, 0, "abcAc", "++F+"},
	{"an address has its own limit", {.per_address = 2}, 0, "aaabb", "++A++"},
	{"an address that left counts from none", {.per_address = 1}, 0, "aaAaa", "+A+A"},
	{"a refused stream does not count",
	 {.streams = 2, .per_address = 1},
	 0,
	 "aaaabc",
	 "+AAA+F"},
	{"one that leaves does not free another's", {.per_address = 1}, 0, "abAb", "++A"},
	{"full comes before the address", {.streams = 1, .per_address = 1}, 0, "aab", "+FF"},
	{"a route has its own limit", {0}, 2, "abcxyz", "++R++R"},
	{"a route that was left has room", {0}, 1, "abAb", "+R+"},
	{"full comes before the route", {.streams = 1}, 1, "ab", "+F"},
	{"the route comes before the address", {.per_address = 1}, 1, "aab", "+RR"},
	{"what the address refused does not count on the route",
	 {.per_address = 1},
	 2,
	 "aaab",
	 "+AA+"},
	{"so many at once as the burst",
	 {.connect_rate = 1, .connect_burst = 3},
	 0,
	 "aaaa",
	 "+++C"},
	{"each address has its burst",
	 {.connect_rate = 1, .connect_burst = 1},
	 0,
	 "abcabc",
	 "+++CCC"},
	{"a stream that ends gives no token back",
	 {.connect_rate = 1, .connect_burst = 2},
	 0,
	 "aAaAa",
	 "++C"},
	{"a second later there is one again",
	 {.connect_rate = 1, .connect_burst = 2},
	 0,
	 "aaa..aa",
	 "++C+C"},
	{"half a second is not enough", {.connect_rate = 1, .connect_burst = 1}, 0, "a.a.a", "+C+"},
	{"a higher rate comes back sooner",
	 {.connect_rate = 4, .connect_burst = 2},
	 0,
	 "aaa.aaa",
	 "++C++C"},
	{"silence fills no more than the burst",
	 {.connect_rate = 1, .connect_burst = 2},
	 0,
	 "aa..........aaa",
	 "++++C"},
	{"one refused for its rate holds no place",
	 {.streams = 2, .connect_rate = 1, .connect_burst = 1},
	 2,
	 "aaab",
	 "+CC+"},
	{"the address comes before its rate",
	 {.per_address = 1, .connect_rate = 1, .connect_burst = 1},
	 0,
	 "aa",
	 "+A"},
	{"who is refused before pays no token",
	 {.per_address = 1, .connect_rate = 1, .connect_burst = 2},
	 0,
	 "aaaaAaAa",
	 "+AAA+C"},
};

static char verdict_letter(enum admit_verdict verdict)
{
	static const char letters[] = {
		[ADMIT_OK] = '+',    [ADMIT_MEMORY] = 'M',  [ADMIT_FULL] = 'F',
		[ADMIT_ROUTE] = 'R', [ADMIT_ADDRESS] = 'A', [ADMIT_RATE] = 'C',
		[ADMIT_USER] = 'U',  [ADMIT_TOKEN] = 'T',
	};

	return letters[verdict];
}

static struct admit_place place_of(char step, uint64_t route_limit)
{
	bool other = step >= 'x';

	return (struct admit_place){
		.addr = host((uint8_t)(other ? step - 'x' + 'a' : step)),
		.route = other ? SLICE("/other") : SLICE("/stream"),
		.route_limit = route_limit,
	};
}

static void at_a_cap_the_new_stream_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct admit *a = admit_new(cases[i].limits, KEY);
		const char *verdict = cases[i].verdicts;
		uint64_t now_ms = 1000000;

		assert_non_null(a);
		for (const char *step = cases[i].steps; *step; step++) {
			struct admit_place place =
				place_of(ascii_lower(*step), cases[i].route_limit);

			if (*step == '.')
				now_ms += 500;
			else if (*step >= 'a')
				check(cases[i].name, verdict_letter(admit_stream(
							     a, &place, now_ms)) == *verdict++);
			else
				admit_stream_end(a, &place);
		}
		check(cases[i].name, *verdict == '\0');
		admit_free(a);
	}
}

/* Digits: users 1-3 (0: without a name), then a token a-c or '-', then the verdict or 'e': ends. */
static const struct {
	const char *name;
	struct admit_limits limits;
	const char *steps;
} holder_cases[] = {
	{"without limits all are admitted", {0}, "1a+ 1a+ 1a+ 2b+"},
	{"a user has a limit", {.per_user = 2}, "1a+ 1b+ 1cU 2a+"},
	{"who left makes room", {.per_user = 1}, "1a+ 1aU 1ae 1b+"},
	{"anonymous readers are not counted", {.per_user = 1, .per_token = 1}, "0-+ 0-+ 0-e 0-e"},
	{"a token has a limit, whoever shows it", {.per_token = 1}, "1a+ 2aT 2b+"},
	{"a user by key has no token", {.per_user = 9, .per_token = 1}, "1-+ 1-+ 1-+"},
	{"a token without a name", {.per_user = 1, .per_token = 1}, "0a+ 0aT 0b+"},
	{"the user comes before the token", {.per_user = 1, .per_token = 1}, "1a+ 1aU"},
	{"what the token refused does not count for the user",
	 {.per_user = 2, .per_token = 1},
	 "1a+ 1aT 1aT 1b+ 1cU"},
	{"a user is no token of the same name", {.per_user = 1, .per_token = 1}, "1-+ 0a+"},
};

static struct admit_holder holder_of(const char *step)
{
	static const char names[] = "123abc";

	return (struct admit_holder){
		.user = step[0] == '0' ? SLICE("") : (struct slice){names + (step[0] - '1'), 1},
		.token =
			step[1] == '-' ? SLICE("") : (struct slice){names + 3 + (step[1] - 'a'), 1},
	};
}

static void users_and_tokens_have_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(holder_cases); i++) {
		struct admit *a = admit_new(holder_cases[i].limits, KEY);

		assert_non_null(a);
		for (const char *step = holder_cases[i].steps; *step; step += step[3] ? 4 : 3) {
			struct admit_holder holder = holder_of(step);

			if (step[2] == 'e')
				admit_holder_end(a, &holder);
			else if (verdict_letter(admit_holder(a, &holder)) != step[2])
				fail_msg("%s: at '%s'", holder_cases[i].name, step);
		}
		admit_free(a);
	}
}

/* An address is no user, whatever its bytes: each kind has keys of its own. */
static void kinds_do_not_share_counts(void **state)
{
	struct admit_limits limits = {.per_address = 1, .per_user = 1, .per_token = 1};
	struct admit *a = admit_new(limits, KEY);
	struct admit_place place = {.addr = host(1), .route = SLICE("same"), .route_limit = 1};
	struct admit_holder holder = {SLICE("same"), SLICE("same")};

	(void)state;
	assert_int_equal(admit_stream(a, &place, 0), ADMIT_OK);
	assert_int_equal(admit_holder(a, &holder), ADMIT_OK);
	assert_int_equal(admit_holder(a, &holder), ADMIT_USER);
	admit_holder_end(a, &holder);
	admit_stream_end(a, &place);
	assert_int_equal(admit_holder(a, &holder), ADMIT_OK);
	admit_free(a);
}

static void limits_change_and_counts_stay(void **state)
{
	struct admit *a = admit_new((struct admit_limits){0}, KEY);
	struct admit_place place = {.addr = host(1), .route = SLICE("/stream")};
	struct admit_holder holder = {SLICE("alice"), SLICE("t1")};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(admit_stream(a, &place, 0), ADMIT_OK);
		assert_int_equal(admit_holder(a, &holder), ADMIT_OK);
	}
	admit_set_limits(a, (struct admit_limits){.per_address = 2, .per_user = 3, .per_token = 2});
	assert_int_equal(admit_stream(a, &place, 0), ADMIT_ADDRESS);
	assert_int_equal(admit_holder(a, &holder), ADMIT_USER);
	for (unsigned i = 0; i < 2; i++) {
		admit_stream_end(a, &place);
		admit_holder_end(a, &holder);
	}
	assert_int_equal(admit_stream(a, &place, 0), ADMIT_OK);
	assert_int_equal(admit_stream(a, &place, 0), ADMIT_ADDRESS);
	/* Off while they are open: their ends fit all the same. */
	admit_set_limits(a, (struct admit_limits){0});
	admit_stream_end(a, &place);
	admit_stream_end(a, &place);
	admit_holder_end(a, &holder);
	assert_int_equal(admit_streams(a), 0);
	admit_free(a);
}

static void rates_change_and_debts_stay(void **state)
{
	struct admit *a = admit_new((struct admit_limits){.publish_rate = 0}, KEY);
	struct admit_limits limits = {.publish_rate = 10, .connect_rate = 1, .connect_burst = 4};
	struct admit_place place = {.addr = host(1), .route = SLICE("/stream")};

	(void)state;
	assert_true(admit_publish(a, 0, 1000, 0));
	admit_set_limits(a, limits);
	assert_true(admit_publish(a, 0, 10, 0));
	assert_false(admit_publish(a, 0, 1, 0));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(admit_stream(a, &place, 0), ADMIT_OK);
	limits.connect_burst = 2;
	limits.publish_rate = 2;
	admit_set_limits(a, limits);
	assert_int_equal(admit_stream(a, &place, 0), ADMIT_OK);
	assert_int_equal(admit_stream(a, &place, 0), ADMIT_RATE);
	assert_false(admit_publish(a, 0, 1, 100));
	assert_true(admit_publish(a, 0, 2, 2000));
	admit_free(a);
}

static void memory_has_a_limit_with_two_edges(void **state)
{
	static const struct {
		const char *name;
		uint64_t resident;
		bool is_short;
	} steps[] = {
		{"nothing is known yet", 0, false},
		{"at the limit there is room", 1000, false},
		{"past it there is none", 1001, true},
		{"back at the limit there is still none", 1000, true},
		{"nor just above the lower edge", 951, true},
		{"at the lower edge there is", 950, false},
		{"and it stays so up to the limit", 1000, false},
	};
	struct admit *a = admit_new((struct admit_limits){.memory = 1000}, KEY);
	struct admit_place place = {.addr = host(1), .route = SLICE("/stream")};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		admit_set_resident(a, steps[i].resident);
		check(steps[i].name, admit_is_short(a) == steps[i].is_short);
		check(steps[i].name,
		      (admit_stream(a, &place, 0) == ADMIT_MEMORY) == steps[i].is_short);
	}
	assert_int_equal(admit_resident(a), 1000);
	admit_set_limits(a, (struct admit_limits){.memory = 999});
	assert_true(admit_is_short(a));
	admit_set_limits(a, (struct admit_limits){.memory = 0});
	assert_false(admit_is_short(a));
	admit_free(a);
}

static void connections_have_a_limit_of_their_own(void **state)
{
	(void)state;
	struct admit *a = admit_new((struct admit_limits){.connections = 2}, KEY);

	assert_true(admit_connection(a));
	assert_true(admit_connection(a));
	assert_false(admit_connection(a));
	assert_int_equal(admit_connections(a), 2);
	admit_connection_end(a);
	assert_true(admit_connection(a));
	assert_int_equal(admit_streams(a), 0);
	admit_free(a);
	admit_free(NULL);
}

static void many_addresses_come_and_go(void **state)
{
	(void)state;
	struct admit *a = admit_new((struct admit_limits){.per_address = 1}, KEY);

	for (unsigned i = 0; i < 256; i++) {
		struct admit_place place = {.addr = {ADDR_V4, {1, 2, 3, (uint8_t)i}}};

		assert_int_equal(admit_stream(a, &place, 0), ADMIT_OK);
	}
	assert_int_equal(admit_streams(a), 256);
	for (unsigned i = 0; i < 256; i++) {
		struct admit_place place = {.addr = {ADDR_V4, {1, 2, 3, (uint8_t)i}}};

		admit_stream_end(a, &place);
	}
	assert_int_equal(admit_streams(a), 0);
	admit_free(a);
}

#define THREAD_ROUNDS 5000

static void *come_and_go(void *arg)
{
	struct admit *a = arg;
	struct admit_place place = {.addr = host(1), .route = SLICE("/stream"), .route_limit = 2};
	struct admit_holder holder = {SLICE("alice"), SLICE("t1")};

	for (int i = 0; i < THREAD_ROUNDS; i++) {
		if (admit_stream(a, &place, (uint64_t)i) == ADMIT_OK)
			admit_stream_end(a, &place);
		if (admit_holder(a, &holder) == ADMIT_OK)
			admit_holder_end(a, &holder);
		admit_set_resident(a, (uint64_t)i % 2);
		(void)admit_publish(a, 0, 1, (uint64_t)i);
		if (admit_connection(a))
			admit_connection_end(a);
	}
	return NULL;
}

static void threads_leave_nothing_behind(void **state)
{
	(void)state;
	struct admit_limits limits = {.connections = 2,
				      .streams = 3,
				      .per_address = 2,
				      .per_user = 1,
				      .connect_rate = 1000,
				      .connect_burst = 9};
	struct admit *a = admit_new(limits, KEY);
	pthread_t threads[4];

	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, a), 0);
	for (uint64_t i = 0; i < THREAD_ROUNDS; i++) {
		limits.per_user = i % 3;
		limits.publish_rate = i % 2;
		admit_set_limits(a, limits);
	}
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(admit_streams(a), 0);
	assert_int_equal(admit_connections(a), 0);
	admit_free(a);
}

static void a_publisher_gets_its_rate_and_no_more(void **state)
{
	(void)state;
	struct admit *a =
		admit_new((struct admit_limits){.publish_rate = 10}, (struct siphash_key){1, 2});

	assert_non_null(a);
	assert_true(admit_publish(a, 0, 4, 1000));
	assert_true(admit_publish(a, 0, 6, 1000));
	assert_false(admit_publish(a, 0, 1, 1000));
	assert_true(admit_publish(a, 1, 10, 1000));
	/* A tenth of a second later there is one again; a clock that is behind changes nothing. */
	assert_false(admit_publish(a, 0, 1, 900));
	assert_true(admit_publish(a, 0, 1, 1100));
	/* More events than a second's worth cost a full bucket. */
	assert_false(admit_publish(a, 0, 4096, 2000));
	assert_true(admit_publish(a, 0, 4096, 2100));
	assert_false(admit_publish(a, 0, 1, 2100));
	admit_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_publisher_gets_its_rate_and_no_more),
		cmocka_unit_test(at_a_cap_the_new_stream_is_refused),
		cmocka_unit_test(users_and_tokens_have_limits),
		cmocka_unit_test(kinds_do_not_share_counts),
		cmocka_unit_test(limits_change_and_counts_stay),
		cmocka_unit_test(rates_change_and_debts_stay),
		cmocka_unit_test(memory_has_a_limit_with_two_edges),
		cmocka_unit_test(connections_have_a_limit_of_their_own),
		cmocka_unit_test(many_addresses_come_and_go),
		cmocka_unit_test(threads_leave_nothing_behind),
	};

	return cmocka_run_group_tests_name("admit", tests, NULL, NULL);
}

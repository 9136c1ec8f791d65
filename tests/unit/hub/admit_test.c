/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "hub.h"
#include "hub/admit.h"

#include <pthread.h>

static struct addr host(uint8_t n)
{
	return addr_v4((const uint8_t[4]){192, 0, 2, n});
}

/* One letter a step: a-c a stream from that host, A-C its end. */
static const struct {
	const char *name;
	struct admit_limits limits;
	const char *steps;
	const char *verdicts; /* of the lower-case steps: + admitted, F full, A address */
} cases[] = {
	{"without limits all are admitted", {0}, "aaaabc", "++++++"},
	{"the last place is given, the next is not", {.streams = 2}, "abc", "++F"},
	{"a place that was left is given again", {.streams = 2}, "abcAc", "++F+"},
	{"an address has its own limit", {.per_address = 2}, "aaabb", "++A++"},
	{"an address that left counts from none", {.per_address = 1}, "aaAaa", "+A+A"},
	{"a refused stream does not count", {.streams = 2, .per_address = 1}, "aaaabc", "+AAA+F"},
	{"one that leaves does not free another's", {.per_address = 1}, "abAb", "++A"},
	{"full comes before the address", {.streams = 1, .per_address = 1}, "aab", "+FF"},
};

static char verdict_letter(enum admit_verdict verdict)
{
	static const char letters[] = {[ADMIT_OK] = '+', [ADMIT_FULL] = 'F', [ADMIT_ADDRESS] = 'A'};

	return letters[verdict];
}

static void at_a_cap_the_new_stream_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct admit *a = admit_new(cases[i].limits, KEY);
		const char *verdict = cases[i].verdicts;

		assert_non_null(a);
		for (const char *step = cases[i].steps; *step; step++) {
			struct addr from = host((uint8_t)ascii_lower(*step));

			if (*step >= 'a')
				check(cases[i].name,
				      verdict_letter(admit_stream(a, &from)) == *verdict++);
			else
				admit_stream_end(a, &from);
		}
		check(cases[i].name, *verdict == '\0');
		admit_free(a);
	}
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

	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(admit_stream(a, &(struct addr){ADDR_V4, {1, 2, 3, (uint8_t)i}}),
				 ADMIT_OK);
	assert_int_equal(admit_streams(a), 256);
	for (unsigned i = 0; i < 256; i++)
		admit_stream_end(a, &(struct addr){ADDR_V4, {1, 2, 3, (uint8_t)i}});
	assert_int_equal(admit_streams(a), 0);
	admit_free(a);
}

#define THREAD_ROUNDS 5000

static void *come_and_go(void *arg)
{
	struct admit *a = arg;
	struct addr from = host(1);

	for (int i = 0; i < THREAD_ROUNDS; i++) {
		if (admit_stream(a, &from) == ADMIT_OK)
			admit_stream_end(a, &from);
		if (admit_connection(a))
			admit_connection_end(a);
	}
	return NULL;
}

static void threads_leave_nothing_behind(void **state)
{
	(void)state;
	struct admit_limits limits = {.connections = 2, .streams = 3, .per_address = 2};
	struct admit *a = admit_new(limits, KEY);
	pthread_t threads[4];

	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, a), 0);
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
		cmocka_unit_test(connections_have_a_limit_of_their_own),
		cmocka_unit_test(many_addresses_come_and_go),
		cmocka_unit_test(threads_leave_nothing_behind),
	};

	return cmocka_run_group_tests_name("admit", tests, NULL, NULL);
}

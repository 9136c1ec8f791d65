/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "os/monotonic.h"
#include "os/resolver.h"
#include "os/wakeup.h"

#include <netinet/in.h>
#include <string.h>

static struct patience for_ms(uint64_t ms, int stop_fd)
{
	return (struct patience){monotonic_ns() / 1000000 + ms, stop_fd};
}

static const struct {
	const char *name;
	struct slice host;
	int family; /* of the first address */
	size_t count;
	bool loopback;
} known[] = {
	{"an IPv4 literal", SLICE_INIT("192.0.2.1"), AF_INET, 1, false},
	{"an IPv6 literal", SLICE_INIT("2001:db8::1"), AF_INET6, 1, false},
	{"a loopback address", SLICE_INIT("127.9.9.9"), AF_INET, 1, true},
	{"the loopback address of IPv6", SLICE_INIT("::1"), AF_INET6, 1, true},
	{"localhost is loopback whatever DNS says", SLICE_INIT("LocalHost"), AF_INET, 2, true},
	{"and so are names below it", SLICE_INIT("a.localhost"), AF_INET, 2, true},
};

/* The name server does not exist: a question would be a failure. */
static void some_names_need_no_name_server(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		struct patience patience = for_ms(60000, -1);
		struct tcp_target targets[RESOLVER_MAX_ADDRESSES];
		const char *why = NULL;
		size_t count = 0;

		check(known[i].name, resolver_lookup(known[i].host, 443, "127.0.0.1:1", &patience,
						     targets, &count, &why) == OK);
		check(known[i].name, count == known[i].count);
		check(known[i].name, targets[0].address.ss_family == known[i].family);
		for (size_t t = 0; t < count; t++)
			check(known[i].name,
			      resolver_is_loopback(&targets[t]) == known[i].loopback);
	}
}

static void the_port_is_in_the_address(void **state)
{
	(void)state;
	struct patience patience = for_ms(60000, -1);
	struct tcp_target targets[RESOLVER_MAX_ADDRESSES];
	const char *why = NULL;
	struct sockaddr_in in;
	size_t count = 0;

	assert_int_equal(
		resolver_lookup(SLICE("127.0.0.1"), 65535, NULL, &patience, targets, &count, &why),
		OK);
	memcpy(&in, &targets[0].address, sizeof(in));
	assert_int_equal(ntohs(in.sin_port), 65535);
}

static void bad_names_have_a_reason(void **state)
{
	(void)state;
	static char longest[TCP_MAX_HOST + 1];
	const struct {
		const char *name;
		struct slice host;
		const char *servers;
		enum err err;
	} bad[] = {
		{"empty", SLICE(""), NULL, E_TOO_BIG},
		{"too long", {longest, sizeof(longest)}, NULL, E_TOO_BIG},
		{"a server list that is none", SLICE("a.example"), "x y", E_NOT_FOUND},
	};

	memset(longest, 'a', sizeof(longest));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct patience patience = for_ms(60000, -1);
		struct tcp_target targets[RESOLVER_MAX_ADDRESSES];
		const char *why = NULL;
		size_t count = 77;

		check(bad[i].name, resolver_lookup(bad[i].host, 1, bad[i].servers, &patience,
						   targets, &count, &why) == bad[i].err);
		check(bad[i].name, why && count == 77);
	}
}

static void a_lookup_ends_when_it_is_told_to(void **state)
{
	(void)state;
	struct tcp_target targets[RESOLVER_MAX_ADDRESSES];
	struct wakeup stop;
	const char *why = NULL;
	size_t count = 0;

	assert_int_equal(wakeup_init(&stop), OK);
	wakeup_send(&stop);
	struct patience patience = for_ms(60000, stop.fd);
	assert_int_equal(resolver_lookup(SLICE("a.example"), 1, "127.0.0.1:1", &patience, targets,
					 &count, &why),
			 E_IO);
	assert_string_equal(why, "stopped");
	wakeup_fini(&stop);
}

static void patience_ends(void **state)
{
	(void)state;
	struct patience over = {0, -1};
	struct patience endless = for_ms(60000, -1);
	struct wakeup ready;
	struct pollfd p;

	assert_int_equal(wakeup_init(&ready), OK);
	p = (struct pollfd){.fd = ready.fd, .events = POLLIN};
	assert_int_equal(patience_wait(&over, &p, 1, UINT64_MAX), PATIENCE_LATE);
	assert_int_equal(patience_wait(&endless, &p, 1, 0), PATIENCE_READY);
	assert_int_equal(p.revents, 0);
	wakeup_send(&ready);
	assert_int_equal(patience_wait(&over, &p, 1, UINT64_MAX), PATIENCE_READY);
	assert_int_equal(p.revents, POLLIN);
	endless.stop_fd = ready.fd;
	assert_int_equal(patience_wait(&endless, &p, 1, UINT64_MAX), PATIENCE_STOPPED);
	wakeup_fini(&ready);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(some_names_need_no_name_server),
		cmocka_unit_test(the_port_is_in_the_address),
		cmocka_unit_test(bad_names_have_a_reason),
		cmocka_unit_test(a_lookup_ends_when_it_is_told_to),
		cmocka_unit_test(patience_ends),
	};

	assert_int_equal(resolver_init(), OK);
	int failed = cmocka_run_group_tests_name("os resolver", tests, NULL, NULL);
	resolver_fini();
	return failed;
}

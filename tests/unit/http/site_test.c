/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "http/origin.h"
#include "http/site.h"

#include <string.h>

static const struct {
	const char *name;
	struct slice a;
	struct slice b;
	bool same;
} cases[] = {
	{"subdomains", SLICE_INIT("app.example.com"), SLICE_INIT("api.example.com"), true},
	{"a domain and what is below it", SLICE_INIT("example.com"), SLICE_INIT("a.b.example.com"),
	 true},
	{"other domains", SLICE_INIT("example.com"), SLICE_INIT("example.org"), false},
	{"one name at the end of another", SLICE_INIT("example.com"), SLICE_INIT("anexample.com"),
	 false},
	{"a suffix of two labels", SLICE_INIT("a.co.uk"), SLICE_INIT("b.co.uk"), false},
	{"below a suffix of two labels", SLICE_INIT("x.a.co.uk"), SLICE_INIT("y.a.co.uk"), true},
	{"a suffix that a company gives away", SLICE_INIT("ann.github.io"),
	 SLICE_INIT("bob.github.io"), false},
	{"a suffix itself", SLICE_INIT("co.uk"), SLICE_INIT("a.co.uk"), false},
	{"a suffix that nobody listed", SLICE_INIT("a.b.internal"), SLICE_INIT("c.b.internal"),
	 true},
	{"upper case", SLICE_INIT("App.EXAMPLE.com"), SLICE_INIT("api.example.COM"), true},
	{"the dot of the root", SLICE_INIT("app.example.com."), SLICE_INIT("api.example.com"),
	 true},
	{"a name in Punycode", SLICE_INIT("a.xn--55qx5d.cn"), SLICE_INIT("b.xn--55qx5d.cn"), false},
	{"localhost", SLICE_INIT("localhost"), SLICE_INIT("localhost"), true},
	{"one label each", SLICE_INIT("web"), SLICE_INIT("hub"), false},
	{"the same address", SLICE_INIT("192.0.2.1"), SLICE_INIT("192.0.2.1"), true},
	{"addresses with the same end", SLICE_INIT("10.0.2.1"), SLICE_INIT("192.0.2.1"), false},
	{"IPv6 addresses", SLICE_INIT("[2001:db8::1]"), SLICE_INIT("[2001:db8::2]"), false},
	{"nothing", SLICE_INIT(""), SLICE_INIT(""), true},
	{"the root alone", SLICE_INIT("."), SLICE_INIT("example.com"), false},
};

static void hosts_are_one_site_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		check(cases[i].name, site_is_same(cases[i].a, cases[i].b) == cases[i].same);
		check(cases[i].name, site_is_same(cases[i].b, cases[i].a) == cases[i].same);
		check(cases[i].name, site_is_same(place_at_edge(cases[i].a), cases[i].a));
	}
}

static void a_host_past_its_maximum_is_a_site_of_its_own(void **state)
{
	(void)state;
	char host[HOST_MAX + 1];

	memset(host, 'a', sizeof(host));
	memcpy(host + HOST_MAX - 12, ".example.com", 12);
	assert_true(site_is_same((struct slice){host, HOST_MAX}, SLICE("b.example.com")));
	memcpy(host + sizeof(host) - 12, ".example.com", 12);
	assert_false(site_is_same((struct slice){host, sizeof(host)}, SLICE("b.example.com")));
	assert_true(site_is_same((struct slice){host, sizeof(host)},
				 (struct slice){host, sizeof(host)}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_one_site_or_not),
		cmocka_unit_test(a_host_past_its_maximum_is_a_site_of_its_own),
	};

	return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "http/location.h"

static const struct {
	const char *name;
	struct slice location;
	enum err err;
	struct slice out;
} cases[] = {
	{"an absolute URL stands alone", SLICE_INIT("http://b/x"), OK, SLICE_INIT("http://b/x")},
	{"https is resolved too", SLICE_INIT("https://b/"), OK, SLICE_INIT("https://b/")},
	{"two slashes keep the scheme", SLICE_INIT("//b:1/x"), OK, SLICE_INIT("http://b:1/x")},
	{"one slash keeps the authority", SLICE_INIT("/x?y"), OK, SLICE_INIT("http://a:8/x?y")},
	{"a query keeps the path", SLICE_INIT("?z"), OK, SLICE_INIT("http://a:8/d/e?z")},
	{"a name replaces the last segment", SLICE_INIT("x"), OK, SLICE_INIT("http://a:8/d/x")},
	{"a colon behind a slash is no scheme", SLICE_INIT("/x:y"), OK,
	 SLICE_INIT("http://a:8/x:y")},
	{"nothing leads nowhere", SLICE_INIT(""), E_SYNTAX, {0}},
	{"another scheme", SLICE_INIT("ftp://b/"), E_SYNTAX, {0}},
	{"a script", SLICE_INIT("javascript:alert(1)"), E_SYNTAX, {0}},
	{"user information", SLICE_INIT("http://u:p@b/"), E_SYNTAX, {0}},
	{"a line end", SLICE_INIT("/x\r\ny"), E_SYNTAX, {0}},
};

static void locations_resolve(void **state)
{
	(void)state;
	struct url base;

	assert_int_equal(url_parse(SLICE("http://a:8/d/e?q=/r"), &base), OK);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice location = place_at_edge(cases[i].location);
		char out[64];
		struct writer w;

		writer_init(&w, out, sizeof(out));
		check(cases[i].name, location_resolve(&w, &base, location) == cases[i].err);
		if (cases[i].err)
			continue;
		check_slice(cases[i].name, writer_slice(&w), cases[i].out);
		for (size_t cap = 0; cap < cases[i].out.len; cap++) {
			writer_init(&w, out, cap);
			check(cases[i].name, location_resolve(&w, &base, location) == E_NO_SPACE);
		}
	}
}

static const struct {
	const char *name;
	struct slice a;
	struct slice b;
	bool same;
	struct slice origin; /* of a */
} origins[] = {
	{"the default port may be written", SLICE_INIT("http://a/"), SLICE_INIT("http://A:80/x"),
	 true, SLICE_INIT("http://a")},
	{"another port", SLICE_INIT("http://a:81/"), SLICE_INIT("http://a/"), false,
	 SLICE_INIT("http://a:81")},
	{"another host", SLICE_INIT("http://a/"), SLICE_INIT("http://a.b/"), false,
	 SLICE_INIT("http://a")},
	{"another scheme", SLICE_INIT("https://A/"), SLICE_INIT("http://a:443/"), false,
	 SLICE_INIT("https://a")},
	{"IPv6 keeps its brackets", SLICE_INIT("http://[::1]:8/"), SLICE_INIT("http://[::1]:8"),
	 true, SLICE_INIT("http://[::1]:8")},
};

static void origins_are_compared_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(origins); i++) {
		struct url a, b;
		char out[64];
		struct writer w;

		check(origins[i].name, url_parse(origins[i].a, &a) == OK);
		check(origins[i].name, url_parse(origins[i].b, &b) == OK);
		check(origins[i].name, location_same_origin(&a, &b) == origins[i].same);
		writer_init(&w, out, sizeof(out));
		location_put_origin(&w, &a);
		check_slice(origins[i].name, writer_slice(&w), origins[i].origin);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locations_resolve),
		cmocka_unit_test(origins_are_compared_and_written),
	};

	return cmocka_run_group_tests_name("location", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "policy/observation.h"

#define S(lit) SLICE_INIT(lit)

static const struct http_field fields[] = {
	{S("Cache-Control"), S("a, \"b, c\" , ,d=\"e, f\"")},
	{S("Content-Type"), S("text/event-stream; charset=utf-8")},
	{S("cache-control"), S("")},
	{S("CACHE-CONTROL"), S("g = h, i=, \"j\\\", k\", l")},
};

static const struct observation seen = {
	.status = 200, .fields = fields, .field_count = COUNT_OF(fields)};

static void walks_members_over_all_lines(void **state)
{
	static const struct slice want[] = {S("a"),  S("\"b, c\""),     S("d=\"e, f\""), S("g = h"),
					    S("i="), S("\"j\\\", k\""), S("l")};
	struct member_walk walk = {.o = &seen, .name = SLICE("Cache-Control")};
	struct slice member;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		assert_true(member_next(&walk, &member));
		check_slice("member", member, want[i]);
	}
	assert_false(member_next(&walk, &member));
	assert_false(member_next(&walk, &member));
}

static const struct {
	const char *name;
	struct slice key;
	bool found;
	struct slice value;
} directives[] = {
	{"alone", S("a"), true, S("")},
	{"without case", S("A"), true, S("")},
	{"inside quotes is not there", S("c"), false, S("")},
	{"quotes of a value go", S("d"), true, S("e, f")},
	{"spaces around = are forgiven", S("g"), true, S("h")},
	{"an empty value", S("i"), true, S("")},
	{"an escaped quote does not end the string", S("k"), false, S("")},
	{"the last of all", S("l"), true, S("")},
	{"absent", S("z"), false, S("")},
};

static void finds_directives(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(directives); i++) {
		struct slice value = S("untouched");
		bool found = observation_directive(&seen, SLICE("Cache-Control"), directives[i].key,
						   &value);

		check(directives[i].name, found == directives[i].found);
		check_slice(directives[i].name, value,
			    found ? directives[i].value : SLICE("untouched"));
	}
	assert_true(observation_has_member(&seen, SLICE("Cache-Control"), SLICE("L")));
	assert_false(observation_has_member(&seen, SLICE("Cache-Control"), SLICE("d")));
}

static void reads_the_media_type(void **state)
{
	const struct observation nothing = {.status = 200};

	(void)state;
	check_slice("type", observation_media_type(&seen), SLICE("text/event-stream"));
	assert_true(observation_is_stream(&seen));
	assert_false(observation_is_stream(&nothing));
	assert_int_equal(observation_count(&seen, SLICE("cache-control")), 3);
	assert_null(observation_field(&seen, SLICE("Vary")).ptr);
}

/* Broken quotes and escapes at the end of memory: every prefix is cut without an over-read. */
static void cuts_every_prefix(void **state)
{
	const struct slice text = SLICE("a\\,\"b\\\\\\\",c\",\"d");

	(void)state;
	for (size_t n = 0; n <= text.len; n++) {
		struct slice rest = place_at_edge(slice_upto(text, n));
		size_t cuts = 0;

		while (rest.ptr != NULL && cuts++ <= text.len)
			(void)quoted_cut(&rest, ',');
		assert_true(cuts <= 3);
	}
	check_slice("one quote is no pair", unquoted(SLICE("\"")), SLICE("\""));
	check_slice("an empty string", unquoted(SLICE("\"\"")), SLICE(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_members_over_all_lines),
		cmocka_unit_test(finds_directives),
		cmocka_unit_test(reads_the_media_type),
		cmocka_unit_test(cuts_every_prefix),
	};

	return cmocka_run_group_tests_name("observation", tests, NULL, NULL);
}

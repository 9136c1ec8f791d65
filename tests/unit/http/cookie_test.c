/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "http/cookie.h"

static const struct {
	const char *name;
	struct slice in;
	enum err err;
	struct slice value;
} cases[] = {
	{"alone", SLICE_INIT("sid=abc"), OK, SLICE_INIT("abc")},
	{"among others", SLICE_INIT("a=1; sid=abc; b=2"), OK, SLICE_INIT("abc")},
	{"without a space", SLICE_INIT("a=1;sid=abc"), OK, SLICE_INIT("abc")},
	{"quoted", SLICE_INIT("sid=\"abc\""), OK, SLICE_INIT("abc")},
	{"empty", SLICE_INIT("sid="), OK, SLICE_INIT("")},
	{"equals sign in the value", SLICE_INIT("sid=YQ=="), OK, SLICE_INIT("YQ==")},
	{"strange values of others", SLICE_INIT("a={\"b\": 1,2}; sid=abc; \xc3\xa4=\xff"), OK,
	 SLICE_INIT("abc")},
	{"pair without a name", SLICE_INIT("sid; sid=abc"), OK, SLICE_INIT("abc")},
	{"absent", SLICE_INIT("a=1; b=2"), E_NOT_FOUND, {NULL, 0}},
	{"no cookies", SLICE_INIT(""), E_NOT_FOUND, {NULL, 0}},
	{"absent field", {NULL, 0}, E_NOT_FOUND, {NULL, 0}},
	{"case counts", SLICE_INIT("SID=abc"), E_NOT_FOUND, {NULL, 0}},
	{"name that begins alike", SLICE_INIT("sid2=abc; xsid=abc"), E_NOT_FOUND, {NULL, 0}},
	{"name in a value", SLICE_INIT("a=sid=abc"), E_NOT_FOUND, {NULL, 0}},
	{"space before the equals sign", SLICE_INIT("sid =abc"), E_NOT_FOUND, {NULL, 0}},
	{"twice", SLICE_INIT("sid=abc; sid=def"), E_EXISTS, {NULL, 0}},
	{"twice, equal", SLICE_INIT("sid=abc; sid=abc"), E_EXISTS, {NULL, 0}},
	{"twice, the first empty", SLICE_INIT("sid=; sid=abc"), E_EXISTS, {NULL, 0}},
	{"hidden in a quoted string", SLICE_INIT("a=\"b; sid=abc\""), E_SYNTAX, {NULL, 0}},
	{"space in the value", SLICE_INIT("sid=a b"), E_SYNTAX, {NULL, 0}},
	{"comma in the value", SLICE_INIT("sid=a,b"), E_SYNTAX, {NULL, 0}},
	{"backslash in the value", SLICE_INIT("sid=a\\b"), E_SYNTAX, {NULL, 0}},
	{"quote in the value", SLICE_INIT("sid=a\"b"), E_SYNTAX, {NULL, 0}},
	{"one quote is no pair", SLICE_INIT("sid=\""), E_SYNTAX, {NULL, 0}},
	{"byte from 0x80", SLICE_INIT("sid=\xff"), E_SYNTAX, {NULL, 0}},
	{"control in another cookie", SLICE_INIT("a=\x01; sid=abc"), E_SYNTAX, {NULL, 0}},
	{"line break", SLICE_INIT("sid=abc\r\n"), E_SYNTAX, {NULL, 0}},
};

static void a_cookie_is_found_once_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = cases[i].name;
		struct slice in = cases[i].in.ptr ? place_at_edge(cases[i].in) : SLICE_NONE;
		struct slice value = SLICE_NONE;

		check(name, cookie_get(in, SLICE("sid"), &value) == cases[i].err);
		check_slice(name, value, cases[i].value);
		for (size_t n = 0; n < in.len; n++)
			(void)cookie_get(place_at_edge(slice_upto(in, n)), SLICE("sid"), &value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_is_found_once_or_not_at_all),
	};

	return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}

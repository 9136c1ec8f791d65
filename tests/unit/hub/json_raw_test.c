/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "hub/json_raw.h"

static const struct {
	const char *name;
	struct slice object;
	struct slice data; /* ptr NULL: no such member */
} cases[] = {
	{"a number keeps its form", SLICE_INIT("{\"data\":1.50e+03}"), SLICE_INIT("1.50e+03")},
	{"space around a value is not of it", SLICE_INIT(" { \"data\" \t:\r\n  7 \n } "),
	 SLICE_INIT("7")},
	{"space inside a value is", SLICE_INIT("{\"data\": [ 1 , 2 ] }"), SLICE_INIT("[ 1 , 2 ]")},
	{"a string has its quotes", SLICE_INIT("{\"data\":\"a\"}"), SLICE_INIT("\"a\"")},
	{"brackets in a string do not count", SLICE_INIT("{\"data\":[\"]\",\"}\"],\"x\":1}"),
	 SLICE_INIT("[\"]\",\"}\"]")},
	{"an escaped quote does not end a string",
	 SLICE_INIT("{\"data\":{\"a\\\"}\":\"\\\\\"},\"x\":1}"),
	 SLICE_INIT("{\"a\\\"}\":\"\\\\\"}")},
	{"a literal", SLICE_INIT("{\"data\":true}"), SLICE_INIT("true")},
	{"an empty object", SLICE_INIT("{\"data\":{},\"x\":1}"), SLICE_INIT("{}")},
	{"an empty list at the end", SLICE_INIT("{\"x\":[{}],\"data\":[]}"), SLICE_INIT("[]")},
	{"a value that looks like the name", SLICE_INIT("{\"x\":\"data\",\"data\":2}"),
	 SLICE_INIT("2")},
	{"a deeper member of that name is another", SLICE_INIT("{\"x\":{\"data\":1},\"data\":2}"),
	 SLICE_INIT("2")},
	{"a longer name is another", SLICE_INIT("{\"data2\":1,\"dat\":2,\"xdata\":3}"), {NULL, 0}},
	{"only a deeper member is none", SLICE_INIT("{\"x\":{\"data\":1}}"), {NULL, 0}},
	{"an empty object has none", SLICE_INIT("{}"), {NULL, 0}},
	{"an empty name is another", SLICE_INIT("{\"\":1,\"data\":2}"), SLICE_INIT("2")},
	{"escapes in another name", SLICE_INIT("{\"a\\\"data\\\"\":1,\"data\":2}"),
	 SLICE_INIT("2")},
};

static void a_member_is_found_as_it_was_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct slice in = place_at_edge(cases[i].object);
		struct slice got = json_raw_member(in, SLICE("data"));

		check(cases[i].name, !got.ptr == !cases[i].data.ptr);
		check_slice(cases[i].name, got, cases[i].data);
	}
}

/* The contract wants an accepted object; what is not one must still not be read past its end. */
static void a_cut_object_is_not_read_past_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t len = 0; len < cases[i].object.len; len++) {
			struct slice in = place_at_edge(slice_upto(cases[i].object, len));
			struct slice got = json_raw_member(in, SLICE("data"));

			check(cases[i].name, got.len <= len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_is_found_as_it_was_written),
		cmocka_unit_test(a_cut_object_is_not_read_past_its_end),
	};

	return cmocka_run_group_tests_name("json_raw", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "cmd/headers.h"

#include <string.h>

static const struct {
	const char *name;
	struct slice line;
	enum err err;
	struct slice sent;
	bool exposed;
} cases[] = {
	{"a field", SLICE_INIT("X-A: b"), OK, SLICE_INIT("X-A: b\r\n"), false},
	{"space around the value goes", SLICE_INIT("X-A:  b "), OK, SLICE_INIT("X-A: b\r\n"),
	 false},
	{"an empty value is a value", SLICE_INIT("X-A:"), OK, SLICE_INIT("X-A: \r\n"), false},
	{"a credential is exposed", SLICE_INIT("authorization: x"), OK,
	 SLICE_INIT("authorization: x\r\n"), true},
	{"so is a cookie", SLICE_INIT("Cookie: a=b"), OK, SLICE_INIT("Cookie: a=b\r\n"), true},
	{"no colon", SLICE_INIT("X-A"), E_SYNTAX, {0}, false},
	{"no name", SLICE_INIT(": b"), E_SYNTAX, {0}, false},
	{"a space in the name", SLICE_INIT("X A: b"), E_SYNTAX, {0}, false},
	{"a line end forges a field", SLICE_INIT("X-A: b\r\nX-B: c"), E_SYNTAX, {0}, false},
	{"NUL in the value", SLICE_INIT("X-A: b\0c"), E_SYNTAX, {0}, false},
	{"the length is ours", SLICE_INIT("content-length: 5"), E_SYNTAX, {0}, false},
	{"so is the framing", SLICE_INIT("Transfer-Encoding: chunked"), E_SYNTAX, {0}, false},
	{"a file that is not there", SLICE_INIT("X-A: @/nonexistent"), E_IO, {0}, false},
};

static void lines_become_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char fault_text[256], out[256];
		struct writer fault, w;
		struct headers h;

		headers_init(&h);
		writer_init(&fault, fault_text, sizeof(fault_text));
		writer_init(&w, out, sizeof(out));
		check(cases[i].name, headers_add(&h, cases[i].line, &fault) == cases[i].err);
		check(cases[i].name, (fault.len > 0) == (cases[i].err != OK));
		headers_put(&h, &w);
		check_slice(cases[i].name, writer_slice(&w), cases[i].sent);
		check(cases[i].name, h.exposed == cases[i].exposed);
		headers_fini(&h);
	}
}

static void maxima_hold(void **state)
{
	(void)state;
	static char line[HEADERS_MAX_VALUE + 8] = "X: ";
	char fault_text[256];
	struct writer fault;
	struct headers h;

	headers_init(&h);
	writer_init(&fault, fault_text, sizeof(fault_text));
	memset(line + 3, 'x', sizeof(line) - 3);
	assert_int_equal(headers_add(&h, (struct slice){line, 3 + HEADERS_MAX_VALUE}, &fault), OK);
	assert_int_equal(headers_add(&h, (struct slice){line, 4 + HEADERS_MAX_VALUE}, &fault),
			 E_SYNTAX);
	for (size_t i = 1; i < HEADERS_MAX; i++)
		assert_int_equal(headers_add(&h, SLICE("Y: z"), &fault), OK);
	assert_int_equal(headers_add(&h, SLICE("Y: z"), &fault), E_FULL);
	assert_int_equal(h.count, HEADERS_MAX);
	assert_true(headers_has(&h, SLICE("y")));
	assert_false(headers_has(&h, SLICE("z")));
	headers_fini(&h);
}

static void a_bearer_is_an_authorization(void **state)
{
	(void)state;
	char text[256];
	struct writer fault, w;
	struct headers h;

	headers_init(&h);
	writer_init(&fault, text, sizeof(text));
	assert_int_equal(headers_add_bearer(&h, SLICE("tok"), &fault), OK);
	assert_true(h.exposed);
	writer_init(&w, text, sizeof(text));
	headers_put(&h, &w);
	check_slice("bearer", writer_slice(&w), SLICE("Authorization: Bearer tok\r\n"));
	headers_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_fields),
		cmocka_unit_test(maxima_hold),
		cmocka_unit_test(a_bearer_is_an_authorization),
	};

	return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "sse/event.h"

static const struct {
	const char *name;
	struct sse_event in;
	enum err err;
	struct slice out;
} cases[] = {
	{"nothing is a blank line", {.has_retry = false}, OK, SLICE_INIT("\n")},
	{"plain data", {.data = SLICE_INIT("a")}, OK, SLICE_INIT("data: a\n\n")},
	{"empty data is still data", {.data = SLICE_INIT("")}, OK, SLICE_INIT("data: \n\n")},
	{"all fields in their order",
	 {.type = SLICE_INIT("t"),
	  .id = SLICE_INIT("i"),
	  .data = SLICE_INIT("d"),
	  .retry_ms = UINT64_MAX,
	  .has_retry = true},
	 OK,
	 SLICE_INIT("retry: 18446744073709551615\nid: i\nevent: t\ndata: d\n\n")},
	{"an empty id resets the last one", {.id = SLICE_INIT("")}, OK, SLICE_INIT("id: \n\n")},
	{"LF starts a new data line",
	 {.data = SLICE_INIT("a\nb")},
	 OK,
	 SLICE_INIT("data: a\ndata: b\n\n")},
	{"CR starts a new data line",
	 {.data = SLICE_INIT("a\rb")},
	 OK,
	 SLICE_INIT("data: a\ndata: b\n\n")},
	{"CRLF is one line end",
	 {.data = SLICE_INIT("a\r\nb")},
	 OK,
	 SLICE_INIT("data: a\ndata: b\n\n")},
	{"LF CR is two line ends",
	 {.data = SLICE_INIT("a\n\rb")},
	 OK,
	 SLICE_INIT("data: a\ndata: \ndata: b\n\n")},
	{"a last line end leaves an empty line",
	 {.data = SLICE_INIT("a\r\n")},
	 OK,
	 SLICE_INIT("data: a\ndata: \n\n")},
	{"a field in data stays data",
	 {.data = SLICE_INIT("a\n\nevent: x")},
	 OK,
	 SLICE_INIT("data: a\ndata: \ndata: event: x\n\n")},
	{"a leading space survives", {.data = SLICE_INIT(" a")}, OK, SLICE_INIT("data:  a\n\n")},
	{"LF in the type forges a field", {.type = SLICE_INIT("x\ndata: y")}, E_BAD_FIELD, {0}},
	{"CR in the type", {.type = SLICE_INIT("x\r")}, E_BAD_FIELD, {0}},
	{"NUL in the type", {.type = SLICE_INIT("x\0y")}, E_BAD_FIELD, {0}},
	{"LF in the id forges a field", {.id = SLICE_INIT("1\ndata: y")}, E_BAD_FIELD, {0}},
	{"CR in the id", {.id = SLICE_INIT("\r")}, E_BAD_FIELD, {0}},
	{"NUL in the id", {.id = SLICE_INIT("1\0")}, E_BAD_FIELD, {0}},
	{"data that is not UTF-8", {.data = SLICE_INIT("a\xff")}, E_BAD_UTF8, {0}},
	{"a type that is not UTF-8", {.type = SLICE_INIT("\xc0\x80")}, E_BAD_UTF8, {0}},
	{"an id with a surrogate", {.id = SLICE_INIT("\xed\xa0\x80")}, E_BAD_UTF8, {0}},
};

static struct sse_event at_edge(struct sse_event event)
{
	if (event.type.ptr)
		event.type = place_at_edge(event.type);
	if (event.id.ptr)
		event.id = place_at_edge(event.id);
	if (event.data.ptr)
		event.data = place_at_edge(event.data);
	return event;
}

static void cases_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct sse_event event = at_edge(cases[i].in);
		char out[128];
		size_t len = SIZE_MAX;

		check(cases[i].name, sse_encode(&event, out, sizeof(out), &len) == cases[i].err);
		if (cases[i].err) {
			check(cases[i].name, len == SIZE_MAX);
			continue;
		}
		check_slice(cases[i].name, ((struct slice){out, len}), cases[i].out);
		check(cases[i].name, len <= sse_encode_bound(&event));
	}
}

/* Every shorter buffer must fail cleanly; the exact size must fit. */
static void every_smaller_buffer_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char out[128];
		size_t len = SIZE_MAX;

		if (cases[i].err)
			continue;
		for (size_t cap = 0; cap < cases[i].out.len; cap++) {
			check(cases[i].name,
			      sse_encode(&cases[i].in, out, cap, &len) == E_NO_SPACE);
			check(cases[i].name, len == SIZE_MAX);
		}
		check(cases[i].name, sse_encode(&cases[i].in, out, cases[i].out.len, &len) == OK);
	}
}

static void names_stop_at_their_maximum(void **state)
{
	(void)state;
	static char text[SSE_MAX_ID + SSE_MAX_TYPE];
	char out[512];
	size_t len;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = 'x';
	struct sse_event event = {.id = {text, SSE_MAX_ID}, .type = {text, SSE_MAX_TYPE}};
	assert_int_equal(sse_encode(&event, out, sizeof(out), &len), OK);
	event.id.len++;
	assert_int_equal(sse_encode(&event, out, sizeof(out), &len), E_BAD_FIELD);
	event.id.len--;
	event.type.len++;
	assert_int_equal(sse_encode(&event, out, sizeof(out), &len), E_BAD_FIELD);
}

static const struct {
	const char *name;
	struct slice in;
	enum err err;
	struct slice out;
} comments[] = {
	{"a comment", SLICE_INIT(" hi"), OK, SLICE_INIT(": hi\n")},
	{"an empty comment", SLICE_INIT(""), OK, SLICE_INIT(":\n")},
	{"LF in a comment", SLICE_INIT("\ndata: x"), E_BAD_FIELD, {0}},
	{"CR in a comment", SLICE_INIT("a\r"), E_BAD_FIELD, {0}},
	{"NUL in a comment", SLICE_INIT("\0"), E_BAD_FIELD, {0}},
};

static void comments_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(comments); i++) {
		struct slice in = place_at_edge(comments[i].in);
		char out[16];
		size_t len = SIZE_MAX;

		check(comments[i].name,
		      sse_encode_comment(in, out, sizeof(out), &len) == comments[i].err);
		if (comments[i].err)
			continue;
		check_slice(comments[i].name, ((struct slice){out, len}), comments[i].out);
		for (size_t cap = 0; cap < comments[i].out.len; cap++)
			check(comments[i].name,
			      sse_encode_comment(in, out, cap, &len) == E_NO_SPACE);
	}
}

static void the_names_of_the_hub_are_reserved(void **state)
{
	(void)state;
	assert_true(sse_type_is_reserved(SLICE("connected")));
	assert_true(sse_type_is_reserved(SLICE("upstream_error")));
	assert_false(sse_type_is_reserved(SLICE("message")));
	assert_false(sse_type_is_reserved(SLICE("")));
	assert_false(sse_type_is_reserved(SLICE("connecte")));
	assert_false(sse_type_is_reserved(SLICE("Connected")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_hold),
		cmocka_unit_test(every_smaller_buffer_is_refused),
		cmocka_unit_test(names_stop_at_their_maximum),
		cmocka_unit_test(comments_hold),
		cmocka_unit_test(the_names_of_the_hub_are_reserved),
	};

	return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}

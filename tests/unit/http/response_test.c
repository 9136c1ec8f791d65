/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "base/buf.h"
#include "http/response.h"
#include "http/status.h"

static const struct {
	const char *name;
	struct slice in;
	unsigned status;
	struct slice reason;
	size_t fields;
	enum http_body body;
	uint64_t length;
	bool keep_alive;
} accepted[] = {
	{"a stream", SLICE_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"), 200,
	 SLICE_INIT("OK"), 1, HTTP_BODY_CHUNKED, 0, true},
	{"until close", SLICE_INIT("HTTP/1.0 200 OK\r\n\r\n"), 200, SLICE_INIT("OK"), 0,
	 HTTP_BODY_NONE, 0, false},
	{"length", SLICE_INIT("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n"), 404,
	 SLICE_INIT("Not Found"), 1, HTTP_BODY_LENGTH, 5, true},
	{"length repeated and equal",
	 SLICE_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\ncontent-length: 5\r\n\r\n"), 200,
	 SLICE_INIT("OK"), 2, HTTP_BODY_LENGTH, 5, true},
	{"lengths that differ",
	 SLICE_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"), 200,
	 SLICE_INIT("OK"), 2, HTTP_BODY_NONE, 0, false},
	{"length that is no number", SLICE_INIT("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n"),
	 200, SLICE_INIT("OK"), 1, HTTP_BODY_NONE, 0, false},
	{"coding wins over length",
	 SLICE_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
	 200, SLICE_INIT("OK"), 2, HTTP_BODY_CHUNKED, 0, true},
	{"unknown coding hides the length",
	 SLICE_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n"), 200,
	 SLICE_INIT("OK"), 2, HTTP_BODY_NONE, 0, false},
	{"no body with 204", SLICE_INIT("HTTP/1.1 204 No Content\r\n\r\n"), 204,
	 SLICE_INIT("No Content"), 0, HTTP_BODY_LENGTH, 0, true},
	{"no body with 304, whatever its length says",
	 SLICE_INIT("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n"), 304, SLICE_INIT("x"), 1,
	 HTTP_BODY_LENGTH, 0, true},
	{"no body with 100", SLICE_INIT("HTTP/1.1 100 Continue\r\n\r\n"), 100,
	 SLICE_INIT("Continue"), 0, HTTP_BODY_LENGTH, 0, true},
	{"close", SLICE_INIT("HTTP/1.1 204 x\r\nConnection: close\r\n\r\n"), 204, SLICE_INIT("x"),
	 1, HTTP_BODY_LENGTH, 0, false},
	{"bare line feeds", SLICE_INIT("HTTP/1.1 200 OK\nContent-Length: 1\n\n"), 200,
	 SLICE_INIT("OK"), 1, HTTP_BODY_LENGTH, 1, true},
	{"no reason", SLICE_INIT("HTTP/1.1 200\r\n\r\n"), 200, SLICE_INIT(""), 0, HTTP_BODY_NONE, 0,
	 false},
	{"empty reason", SLICE_INIT("HTTP/1.1 200 \r\n\r\n"), 200, SLICE_INIT(""), 0,
	 HTTP_BODY_NONE, 0, false},
	{"status that nobody has registered", SLICE_INIT("HTTP/1.1 799 x\r\n\r\n"), 799,
	 SLICE_INIT("x"), 0, HTTP_BODY_NONE, 0, false},
};

static void check_accepted(size_t i)
{
	const char *name = accepted[i].name;
	struct slice edge = place_at_edge(accepted[i].in);
	struct http_response res;
	enum http_fault fault = HTTP_FAULT_NONE;
	size_t len = 0;

	check(name, http_response_parse(edge, &res, &len, &fault) == HTTP_DONE);
	check(name, len == edge.len && fault == HTTP_FAULT_NONE);
	check(name, res.status == accepted[i].status);
	check_slice(name, res.reason, accepted[i].reason);
	check(name, res.field_count == accepted[i].fields);
	check(name, res.body == accepted[i].body && res.content_length == accepted[i].length);
	check(name, res.keep_alive == accepted[i].keep_alive);
	for (size_t n = 0; n < edge.len; n++) {
		struct slice prefix = place_at_edge(slice_upto(edge, n));

		len = SIZE_MAX;
		check(name, http_response_parse(prefix, &res, &len, &fault) == HTTP_MORE);
		check(name, len == SIZE_MAX && fault == HTTP_FAULT_NONE);
	}
}

static void a_response_is_read_with_tolerance(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(accepted); i++)
		check_accepted(i);
}

static const struct {
	const char *name;
	struct slice in;
} refused[] = {
	{"another protocol, at its first byte", SLICE_INIT("S")},
	{"HTTP/2", SLICE_INIT("HTTP/2")},
	{"line end first", SLICE_INIT("\r\nHTTP/1.1 200 OK\r\n\r\n")},
	{"two digits", SLICE_INIT("HTTP/1.1 20 OK\r\n\r\n")},
	{"four digits", SLICE_INIT("HTTP/1.1 2000 OK\r\n\r\n")},
	{"below 100", SLICE_INIT("HTTP/1.1 099 OK\r\n\r\n")},
	{"no digits", SLICE_INIT("HTTP/1.1 OK and more\r\n\r\n")},
	{"no status", SLICE_INIT("HTTP/1.1\r\n\r\n")},
	{"minor is a letter", SLICE_INIT("HTTP/1.x 200 OK\r\n\r\n")},
	{"two spaces", SLICE_INIT("HTTP/1.1  200 OK\r\n\r\n")},
};

static void what_is_not_http_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct http_response res;
		enum http_fault fault = HTTP_FAULT_NONE;
		size_t len = SIZE_MAX;
		enum http_step step =
			http_response_parse(place_at_edge(refused[i].in), &res, &len, &fault);

		check(refused[i].name, step == HTTP_REFUSED && fault == HTTP_FAULT_STATUS_LINE);
		check(refused[i].name, len == SIZE_MAX);
	}
}

static void what_a_broken_server_sent_is_kept(void **state)
{
	(void)state;
	struct slice in = SLICE("HTTP/1.1 200 OK\r\nA: 1\r\na:\t2 \r\nno colon\r\nSpaced : 3\r\n"
				"Folded: 4\r\n 5\r\nBare: 6\r7\r\n\r\nbody");
	struct http_response res;
	enum http_fault fault;
	size_t len;

	assert_int_equal(http_response_parse(place_at_edge(in), &res, &len, &fault), HTTP_DONE);
	assert_int_equal(in.len - len, 4);
	assert_int_equal(http_response_count(&res, SLICE("A")), 2);
	check_slice("first", http_response_get(&res, SLICE("a")), SLICE("1"));
	check_slice("second", res.fields[1].value, SLICE("2"));
	check_slice("no colon", res.fields[2].name, SLICE("no colon"));
	assert_null(res.fields[2].value.ptr);
	assert_null(http_response_get(&res, SLICE("Spaced")).ptr);
	check_slice("spaced", res.fields[3].name, SLICE("Spaced "));
	check_slice("folded", http_response_get(&res, SLICE("folded")), SLICE("4\r\n 5"));
	check_slice("bare CR", http_response_get(&res, SLICE("bare")), SLICE("6\r7"));
}

static enum http_step parse_filled(size_t fields, size_t bytes, enum http_fault *ret_fault)
{
	struct http_response res;
	struct buf b;
	size_t len;

	buf_init(&b, 2 * HTTP_MAX_RESPONSE_HEAD);
	assert_int_equal(buf_append(&b, SLICE("HTTP/1.1 200 OK\r\n")), OK);
	for (size_t i = 0; i < fields; i++)
		assert_int_equal(buf_append(&b, SLICE("A:b\r\n")), OK);
	while (b.len + 4 < bytes)
		assert_int_equal(buf_append(&b, SLICE("a")), OK);
	assert_int_equal(buf_append(&b, bytes ? SLICE("\r\n\r\n") : SLICE("\r\n")), OK);
	enum http_step step = http_response_parse(buf_slice(&b), &res, &len, ret_fault);
	buf_free(&b);
	return step;
}

static void a_response_stops_at_its_maxima(void **state)
{
	(void)state;
	enum http_fault fault = HTTP_FAULT_NONE;

	assert_int_equal(parse_filled(HTTP_MAX_RESPONSE_FIELDS, 0, &fault), HTTP_DONE);
	assert_int_equal(parse_filled(1, HTTP_MAX_RESPONSE_HEAD, &fault), HTTP_DONE);
	assert_int_equal(fault, HTTP_FAULT_NONE);
	assert_int_equal(parse_filled(HTTP_MAX_RESPONSE_FIELDS + 1, 0, &fault), HTTP_REFUSED);
	assert_int_equal(fault, HTTP_FAULT_RESPONSE_TOO_LONG);
	fault = HTTP_FAULT_NONE;
	assert_int_equal(parse_filled(1, HTTP_MAX_RESPONSE_HEAD + 1, &fault), HTTP_REFUSED);
	assert_int_equal(fault, HTTP_FAULT_RESPONSE_TOO_LONG);
}

static void a_status_has_its_reason(void **state)
{
	(void)state;
	check_slice("200", http_reason(200), SLICE("OK"));
	check_slice("421", http_reason(421), SLICE("Misdirected Request"));
	check_slice("429", http_reason(429), SLICE("Too Many Requests"));
	check_slice("a code outside the table", http_reason(299), SLICE("Unknown"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_response_is_read_with_tolerance),
		cmocka_unit_test(what_is_not_http_is_refused),
		cmocka_unit_test(what_a_broken_server_sent_is_kept),
		cmocka_unit_test(a_response_stops_at_its_maxima),
		cmocka_unit_test(a_status_has_its_reason),
	};

	return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}

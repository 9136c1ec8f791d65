/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "base/buf.h"
#include "http/chunked.h"

struct eaten {
	enum http_step step;
	enum http_fault fault;
	size_t used;
	struct buf body;
};

/* Feeds pieces of at most `piece` bytes until the decoder has ended or the bytes have. */
static struct eaten eat(struct slice in, size_t piece)
{
	struct eaten e = {.step = HTTP_MORE};
	struct http_chunked c;

	http_chunked_init(&c);
	buf_init(&e.body, 1 << 16);
	while (e.step == HTTP_MORE && e.used < in.len) {
		struct slice part = slice_upto(slice_from(in, e.used), piece);
		struct slice data = SLICE_NONE;
		size_t used = 0;

		e.step = http_chunked_eat(&c, part, &used, &data, &e.fault);
		if (e.step == HTTP_REFUSED)
			break;
		assert_true(used > 0);
		assert_int_equal(buf_append(&e.body, data), OK);
		e.used += used;
	}
	return e;
}

static const struct {
	const char *name;
	struct slice in;
	enum http_step step;
	enum http_fault fault;
	struct slice body;
	size_t left; /* bytes of the next request */
} cases[] = {
	{"two chunks", SLICE_INIT("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), HTTP_DONE, HTTP_FAULT_NONE,
	 SLICE_INIT("abcde"), 0},
	{"nothing", SLICE_INIT("0\r\n\r\n"), HTTP_DONE, HTTP_FAULT_NONE, SLICE_INIT(""), 0},
	{"the next request is left alone", SLICE_INIT("1\r\na\r\n0\r\n\r\nGET /"), HTTP_DONE,
	 HTTP_FAULT_NONE, SLICE_INIT("a"), 5},
	{"digits in both cases", SLICE_INIT("0a\r\n0123456789\r\n0B\r\n0123456789a\r\n00\r\n\r\n"),
	 HTTP_DONE, HTTP_FAULT_NONE, SLICE_INIT("01234567890123456789a"), 0},
	{"sixteen digits", SLICE_INIT("0000000000000001\r\na\r\n0\r\n\r\n"), HTTP_DONE,
	 HTTP_FAULT_NONE, SLICE_INIT("a"), 0},
	{"extensions are skipped", SLICE_INIT("1;a=b;c=\"d;e\"\r\na\r\n0;f\r\n\r\n"), HTTP_DONE,
	 HTTP_FAULT_NONE, SLICE_INIT("a"), 0},
	{"trailers are dropped", SLICE_INIT("0\r\nX-A: b\r\nY:\t\xff\r\n\r\n"), HTTP_DONE,
	 HTTP_FAULT_NONE, SLICE_INIT(""), 0},
	{"line ends in the data are data", SLICE_INIT("4\r\n\r\n\r\n\r\n0\r\n\r\n"), HTTP_DONE,
	 HTTP_FAULT_NONE, SLICE_INIT("\r\n\r\n"), 0},
	{"largest size waits for its bytes", SLICE_INIT("ffffffffffffffff\r\nab"), HTTP_MORE,
	 HTTP_FAULT_NONE, SLICE_INIT("ab"), 0},
	{"seventeen digits", SLICE_INIT("10000000000000000\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_CHUNK_SIZE, SLICE_INIT(""), 0},
	{"seventeen digits of zeros", SLICE_INIT("00000000000000001\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_CHUNK_SIZE, SLICE_INIT(""), 0},
	{"size with 0x", SLICE_INIT("0x3\r\nabc\r\n"), HTTP_REFUSED, HTTP_FAULT_CHUNK_SIZE,
	 SLICE_INIT(""), 0},
	{"size with a plus", SLICE_INIT("+3\r\nabc\r\n"), HTTP_REFUSED, HTTP_FAULT_CHUNK_SIZE,
	 SLICE_INIT(""), 0},
	{"size with a minus", SLICE_INIT("-1\r\n"), HTTP_REFUSED, HTTP_FAULT_CHUNK_SIZE,
	 SLICE_INIT(""), 0},
	{"space before the size", SLICE_INIT(" 3\r\nabc\r\n"), HTTP_REFUSED, HTTP_FAULT_CHUNK_SIZE,
	 SLICE_INIT(""), 0},
	{"space behind the size", SLICE_INIT("3 \r\nabc\r\n"), HTTP_REFUSED, HTTP_FAULT_CHUNK_SIZE,
	 SLICE_INIT(""), 0},
	{"space before an extension", SLICE_INIT("3 ;a\r\nabc\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_CHUNK_SIZE, SLICE_INIT(""), 0},
	{"size with an underscore", SLICE_INIT("1_0\r\n"), HTTP_REFUSED, HTTP_FAULT_CHUNK_SIZE,
	 SLICE_INIT(""), 0},
	{"empty size", SLICE_INIT("\r\nabc\r\n"), HTTP_REFUSED, HTTP_FAULT_CHUNK_SIZE,
	 SLICE_INIT(""), 0},
	{"extension without a size", SLICE_INIT(";a\r\n"), HTTP_REFUSED, HTTP_FAULT_CHUNK_SIZE,
	 SLICE_INIT(""), 0},
	{"size ends in a bare LF", SLICE_INIT("3\nabc\r\n"), HTTP_REFUSED, HTTP_FAULT_CHUNK_SIZE,
	 SLICE_INIT(""), 0},
	{"size ends in a bare CR", SLICE_INIT("3\rabc\r\n"), HTTP_REFUSED, HTTP_FAULT_CHUNK_SIZE,
	 SLICE_INIT(""), 0},
	{"extension with a bare CR", SLICE_INIT("3;a\rb\r\nabc\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_CHUNK_SIZE, SLICE_INIT(""), 0},
	{"extension with a bare LF", SLICE_INIT("3;a\nabc\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_CHUNK_EXTENSION, SLICE_INIT(""), 0},
	{"extension with a NUL", SLICE_INIT("3;\0\r\nabc\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_CHUNK_EXTENSION, SLICE_INIT(""), 0},
	{"extension with a tab", SLICE_INIT("3;\ta\r\nabc\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_CHUNK_EXTENSION, SLICE_INIT(""), 0},
	{"data longer than its size", SLICE_INIT("3\r\nabcd\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_CHUNK_END, SLICE_INIT("abc"), 0},
	{"data ends in a bare LF", SLICE_INIT("3\r\nabc\n0\r\n\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_CHUNK_END, SLICE_INIT("abc"), 0},
	{"data ends in a bare CR", SLICE_INIT("3\r\nabc\r0\r\n\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_CHUNK_END, SLICE_INIT("abc"), 0},
	{"trailer ends in a bare LF", SLICE_INIT("0\r\nX: a\n\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_TRAILER, SLICE_INIT(""), 0},
	{"trailer with a bare CR", SLICE_INIT("0\r\nX: a\rb\r\n\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_TRAILER, SLICE_INIT(""), 0},
	{"trailer without a colon", SLICE_INIT("0\r\nGET / HTTP/1.1\r\n\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_TRAILER, SLICE_INIT(""), 0},
	{"trailer without a name", SLICE_INIT("0\r\n: a\r\n\r\n"), HTTP_REFUSED, HTTP_FAULT_TRAILER,
	 SLICE_INIT(""), 0},
	{"trailer with a space before its colon", SLICE_INIT("0\r\nX : a\r\n\r\n"), HTTP_REFUSED,
	 HTTP_FAULT_TRAILER, SLICE_INIT(""), 0},
	{"folded trailer", SLICE_INIT("0\r\nX: a\r\n b\r\n\r\n"), HTTP_REFUSED, HTTP_FAULT_TRAILER,
	 SLICE_INIT(""), 0},
	{"bare LF at the end", SLICE_INIT("0\r\n\n"), HTTP_REFUSED, HTTP_FAULT_TRAILER,
	 SLICE_INIT(""), 0},
	{"bare CR at the end", SLICE_INIT("0\r\n\rX"), HTTP_REFUSED, HTTP_FAULT_TRAILER,
	 SLICE_INIT(""), 0},
};

static void check_case(size_t i, size_t piece)
{
	const char *name = cases[i].name;
	struct eaten e = eat(place_at_edge(cases[i].in), piece);

	if (e.fault != cases[i].fault)
		fail_msg("%s: %s", name, http_fault_text(e.fault));
	check(name, e.step == cases[i].step);
	check_slice(name, buf_slice(&e.body), cases[i].body);
	if (e.step == HTTP_DONE)
		check(name, cases[i].in.len - e.used == cases[i].left);
	buf_free(&e.body);
}

static void a_body_is_read_alike_however_it_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t piece = 1; piece <= cases[i].in.len; piece++)
			check_case(i, piece);
	}
}

static void every_prefix_of_a_lawful_body_waits_for_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t len = cases[i].in.len - cases[i].left;

		for (size_t n = 0; cases[i].step == HTTP_DONE && n < len; n++) {
			struct eaten e = eat(place_at_edge(slice_upto(cases[i].in, n)), n);

			check(cases[i].name, e.step == HTTP_MORE && e.used == n);
			buf_free(&e.body);
		}
	}
}

static enum http_fault fault_of(struct slice before, size_t fill, struct slice after)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	assert_int_equal(buf_append(&b, before), OK);
	while (b.len < fill)
		assert_int_equal(buf_append(&b, SLICE("a")), OK);
	assert_int_equal(buf_append(&b, after), OK);
	struct eaten whole = eat(buf_slice(&b), b.len);
	struct eaten bytes = eat(buf_slice(&b), 1);
	assert_int_equal(whole.fault, bytes.fault);
	assert_int_equal(whole.step, whole.fault ? HTTP_REFUSED : HTTP_DONE);
	buf_free(&whole.body);
	buf_free(&bytes.body);
	buf_free(&b);
	return whole.fault;
}

static void lines_and_trailers_stop_at_their_maximum(void **state)
{
	(void)state;
	struct slice end = SLICE("\r\n\r\n");
	struct slice head = SLICE("0\r\n");
	struct slice trailer = SLICE("0\r\nX:");

	assert_int_equal(fault_of(SLICE("0;"), HTTP_MAX_CHUNK_LINE, end), HTTP_FAULT_NONE);
	assert_int_equal(fault_of(SLICE("0;"), HTTP_MAX_CHUNK_LINE + 1, end),
			 HTTP_FAULT_CHUNK_LINE_TOO_LONG);
	assert_int_equal(fault_of(trailer, head.len + HTTP_MAX_TRAILER - end.len, end),
			 HTTP_FAULT_NONE);
	assert_int_equal(fault_of(trailer, head.len + HTTP_MAX_TRAILER - end.len + 1, end),
			 HTTP_FAULT_TRAILER_TOO_LONG);
}

static void a_finished_decoder_eats_nothing(void **state)
{
	(void)state;
	struct http_chunked c;
	struct slice data;
	size_t used;
	enum http_fault fault;

	http_chunked_init(&c);
	assert_int_equal(http_chunked_eat(&c, SLICE("0\r\n\r\n"), &used, &data, &fault), HTTP_DONE);
	assert_int_equal(http_chunked_eat(&c, SLICE("abc"), &used, &data, &fault), HTTP_DONE);
	assert_int_equal(used, 0);
	assert_int_equal(data.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_read_alike_however_it_is_cut),
		cmocka_unit_test(every_prefix_of_a_lawful_body_waits_for_more),
		cmocka_unit_test(lines_and_trailers_stop_at_their_maximum),
		cmocka_unit_test(a_finished_decoder_eats_nothing),
	};

	return cmocka_run_group_tests_name("chunked", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "feed.h"

#include "base/buf.h"

/* A head of exactly the sizes that a case wants. */
struct shape {
	size_t line;   /* bytes of the request line, 0: the shortest */
	size_t head;   /* bytes of the head, 0: what comes */
	size_t fields; /* field lines with Host */
	bool empty;    /* an empty line first */
};

static void append(struct buf *b, struct slice s)
{
	assert_int_equal(buf_append(b, s), OK);
}

static void fill(struct buf *b, size_t len)
{
	while (b->len < len)
		append(b, SLICE("a"));
}

static void build(struct buf *b, struct shape shape)
{
	struct slice version = SLICE(" HTTP/1.1");
	size_t start = shape.empty ? 2 : 0;

	buf_init(b, 4 * HTTP_MAX_HEAD);
	append(b, shape.empty ? SLICE("\r\nGET /") : SLICE("GET /"));
	fill(b, shape.line > version.len ? start + shape.line - version.len : 0);
	append(b, version);
	append(b, SLICE("\r\nHost: a\r\n"));
	for (size_t i = 1; i < shape.fields; i++)
		append(b, SLICE("X: y\r\n"));
	if (shape.head > 0)
		append(b, SLICE("Filler: "));
	fill(b, shape.head > 4 ? shape.head - 4 : 0);
	append(b, shape.head > 0 ? SLICE("\r\n\r\n") : SLICE("\r\n"));
}

static const struct {
	const char *name;
	struct shape shape;
	enum http_fault fault;
} cases[] = {
	{"line at the maximum", {.line = HTTP_MAX_LINE}, HTTP_FAULT_NONE},
	{"line past the maximum", {.line = HTTP_MAX_LINE + 1}, HTTP_FAULT_LINE_TOO_LONG},
	{"line at the maximum behind an empty line",
	 {.line = HTTP_MAX_LINE, .empty = true},
	 HTTP_FAULT_NONE},
	{"line past the maximum behind an empty line",
	 {.line = HTTP_MAX_LINE + 1, .empty = true},
	 HTTP_FAULT_LINE_TOO_LONG},
	{"line past all maxima", {.line = 2 * HTTP_MAX_HEAD}, HTTP_FAULT_LINE_TOO_LONG},
	{"head at the maximum", {.head = HTTP_MAX_HEAD}, HTTP_FAULT_NONE},
	{"head past the maximum", {.head = HTTP_MAX_HEAD + 1}, HTTP_FAULT_HEAD_TOO_LONG},
	{"head far past the maximum", {.head = 2 * HTTP_MAX_HEAD}, HTTP_FAULT_HEAD_TOO_LONG},
	{"fields at the maximum", {.fields = HTTP_MAX_FIELDS}, HTTP_FAULT_NONE},
	{"fields past the maximum", {.fields = HTTP_MAX_FIELDS + 1}, HTTP_FAULT_TOO_MANY_FIELDS},
};

static void every_maximum_holds_at_it_and_past_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf b;
		struct http_request req;

		build(&b, cases[i].shape);
		for (size_t step = 1; step <= b.len; step += step == 1 ? 99 : b.len) {
			struct fed fed = feed(buf_slice(&b), step);

			if (fed.fault != cases[i].fault)
				fail_msg("%s: %s", cases[i].name, http_fault_text(fed.fault));
			check(cases[i].name, fed.step == (fed.fault ? HTTP_REFUSED : HTTP_DONE));
		}
		/* The parser holds the same maxima without the scanner. */
		enum http_fault alone = http_request_parse(buf_slice(&b), &req);
		check(cases[i].name,
		      (alone != HTTP_FAULT_NONE) == (cases[i].fault != HTTP_FAULT_NONE));
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_maximum_holds_at_it_and_past_it),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}

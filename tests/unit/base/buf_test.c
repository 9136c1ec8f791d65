/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/slab.h"
#include "base/writer.h"

#include <string.h>

static void a_buffer_stops_at_its_maximum(void **state)
{
	(void)state;
	struct buf b;

	buf_init(&b, 600);
	for (int i = 0; i < 600; i++)
		assert_int_equal(buf_append(&b, SLICE("x")), OK);
	assert_int_equal(buf_append(&b, SLICE("y")), E_TOO_BIG);
	assert_int_equal(b.len, 600);
	buf_consume(&b, 599);
	assert_int_equal(b.len, 1);
	assert_int_equal(buf_append(&b, SLICE("y")), OK);
	check_slice("what is left", buf_slice(&b), SLICE("xy"));
	buf_free(&b);
	assert_int_equal(buf_reserve(&b, 601), E_TOO_BIG);
}

static void an_arena_stops_at_its_maximum(void **state)
{
	(void)state;
	struct arena a;

	arena_init(&a, 10000);
	assert_non_null(arena_alloc(&a, 5000));
	assert_non_null(arena_alloc(&a, 5000));
	assert_null(arena_alloc(&a, 1));
	arena_free(&a);
	struct slice copy = arena_copy(&a, SLICE("abc"));
	check_slice("copy", copy, SLICE("abc"));
	assert_int_equal(copy.ptr[3], 0);
	arena_free(&a);
}

static void a_slab_reuses_what_was_released(void **state)
{
	(void)state;
	struct slab s;

	slab_init(&s, 100, 3);
	char *a = slab_alloc(&s);
	char *b = slab_alloc(&s);
	char *c = slab_alloc(&s);
	assert_non_null(c);
	assert_null(slab_alloc(&s));
	size_t spare = slab_spare(&s);
	memset(b, 'x', 100);
	slab_release(&s, b);
	assert_int_equal(slab_spare(&s), spare + s.size);
	char *d = slab_alloc(&s);
	assert_int_equal(slab_spare(&s), spare);
	assert_ptr_equal(b, d);
	for (int i = 0; i < 100; i++)
		assert_int_equal(d[i], 0);
	assert_ptr_not_equal(a, c);
	slab_fini(&s);
}

static const struct {
	const char *name;
	struct slice in;
	struct slice out;
} json_cases[] = {
	{"plain text", SLICE_INIT("abc"), SLICE_INIT("\"abc\"")},
	{"quote and backslash", SLICE_INIT("a\"b\\"), SLICE_INIT("\"a\\\"b\\\\\"")},
	{"line feed", SLICE_INIT("a\nb"), SLICE_INIT("\"a\\nb\"")},
	{"NUL and escape", SLICE_INIT("\0\x1b"), SLICE_INIT("\"\\u0000\\u001b\"")},
	{"broken UTF-8", SLICE_INIT("a\xff"), SLICE_INIT("\"a\\ufffd\"")},
	{"C1", SLICE_INIT("\xc2\x9b\xc2\xa0"), SLICE_INIT("\"\\u009b\xc2\xa0\"")},
	{"line separator", SLICE_INIT("\xe2\x80\xa8"), SLICE_INIT("\"\\u2028\"")},
	{"euro", SLICE_INIT("\xe2\x82\xac"), SLICE_INIT("\"\xe2\x82\xac\"")},
};

static void a_json_string_is_always_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(json_cases); i++) {
		char out[64];
		struct writer w;

		writer_init(&w, out, sizeof(out));
		put_json(&w, json_cases[i].in);
		check_slice(json_cases[i].name, writer_slice(&w), json_cases[i].out);
		for (size_t cap = 0; cap < json_cases[i].out.len; cap++) {
			writer_init(&w, out, cap);
			put_json(&w, json_cases[i].in);
			check(json_cases[i].name, w.overflow);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_stops_at_its_maximum),
		cmocka_unit_test(an_arena_stops_at_its_maximum),
		cmocka_unit_test(a_slab_reuses_what_was_released),
		cmocka_unit_test(a_json_string_is_always_valid),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}

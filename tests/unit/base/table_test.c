/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/intern.h"
#include "base/table.h"

#include <stdio.h>

struct item {
	char name[16];
};

static struct slice item_key(const void *item)
{
	return slice_of(((const struct item *)item)->name);
}

/* The reference vector of the SipHash paper, appendix A. */
static void siphash_gives_the_published_value(void **state)
{
	(void)state;
	char in[15];
	struct siphash_key key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

	for (int i = 0; i < 15; i++)
		in[i] = (char)i;
	assert_true(siphash(key, (struct slice){in, 15}) == 0xa129ca6149be45e5u);
}

static void finds_what_is_in_and_nothing_else(void **state)
{
	(void)state;
	static struct item items[1000];
	struct table t;

	table_init(&t, (struct siphash_key){1, 2}, item_key, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(items[i].name, sizeof(items[i].name), "key%u", i);
		assert_int_equal(table_insert(&t, &items[i]), OK);
	}
	struct item extra = {"extra"};
	assert_int_equal(table_insert(&t, &extra), E_FULL);
	for (unsigned i = 0; i < 1000; i += 3)
		assert_ptr_equal(table_remove(&t, item_key(&items[i])), &items[i]);
	for (unsigned i = 0; i < 1000; i++) {
		void *want = i % 3 == 0 ? NULL : &items[i];
		assert_ptr_equal(table_find(&t, item_key(&items[i])), want);
	}
	size_t at = 0, seen = 0;
	while (table_next(&t, &at))
		seen++;
	assert_int_equal(seen, t.count);
	table_fini(&t);
	assert_null(table_find(&t, SLICE("key1")));
}

static void interned_strings_are_shared_and_counted(void **state)
{
	(void)state;
	struct intern in;

	intern_init(&in, (struct siphash_key){1, 2}, 2, 4);
	struct istr *a = intern_get(&in, SLICE("abc"));
	assert_ptr_equal(a, intern_get(&in, SLICE("abc")));
	struct istr *cut = intern_get(&in, SLICE("abcdef"));
	check_slice("cut at the maximum", istr_slice(cut), SLICE("abcd"));
	assert_null(intern_get(&in, SLICE("full")));
	intern_drop(&in, cut);
	assert_non_null(intern_get(&in, SLICE("free")));
	assert_null(intern_get(&in, SLICE("")));
	intern_fini(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_gives_the_published_value),
		cmocka_unit_test(finds_what_is_in_and_nothing_else),
		cmocka_unit_test(interned_strings_are_shared_and_counted),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}

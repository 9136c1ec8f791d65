/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE ((size_t)1 << 20)

static size_t resident_pages(unsigned char *block, size_t page)
{
	static unsigned char in_core[SIZE / 1024];
	size_t n = 0;

	assert_true(page >= 1024);
	assert_int_equal(mincore(block, SIZE, in_core), 0);
	for (size_t i = 0; i < SIZE / page; i++)
		n += in_core[i] & 1u;
	return n;
}

static void what_is_not_written_is_not_resident(void **state)
{
	(void)state;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *block = pages_take(SIZE);

	assert_non_null(block);
	assert_int_equal((uintptr_t)block % page, 0);
	assert_int_equal(resident_pages(block, page), 0);
	block[0] = 1;
	block[SIZE - 1] = 1;
	assert_int_equal(resident_pages(block, page), 2);
	assert_int_equal(block[page], 0);
	pages_give_back(block, SIZE);
}

static void more_than_there_is_gives_nothing(void **state)
{
	(void)state;
	assert_null(pages_take(SIZE_MAX / 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_written_is_not_resident),
		cmocka_unit_test(more_than_there_is_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

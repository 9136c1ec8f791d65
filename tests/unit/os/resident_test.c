/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "os/resident.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOUCHED ((size_t)32 << 20)

static void memory_comes_and_goes(void **state)
{
	uint64_t before, held, after;
	int fd;

	(void)state;
	assert_int_equal(resident_open(&fd), OK);
	assert_int_equal(resident_read(fd, &before), OK);
	char *bytes = malloc(TOUCHED);
	assert_non_null(bytes);
	memset(bytes, 1, TOUCHED);
	assert_int_equal(resident_read(fd, &held), OK);
	assert_int_equal(bytes[TOUCHED - 1], 1);
	assert_true(before > 0 && held > before + TOUCHED / 2);
	free(bytes);
	resident_trim();
	assert_int_equal(resident_read(fd, &after), OK);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
	assert_true(after < held - TOUCHED / 2);
#endif
	(void)close(fd);
}

static void what_cannot_be_read_is_told(void **state)
{
	uint64_t bytes = 7;

	(void)state;
	assert_int_equal(resident_read(-1, &bytes), E_IO);
	assert_true(bytes == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_and_goes),
		cmocka_unit_test(what_cannot_be_read_is_told),
	};

	return cmocka_run_group_tests_name("resident", tests, NULL, NULL);
}

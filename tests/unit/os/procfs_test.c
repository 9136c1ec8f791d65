/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "os/fdlimit.h"
#include "os/monotonic.h"
#include "os/procfs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define NOBODY  (1 << 22) /* one past the largest process number of Linux */
#define TOUCHED (8u << 20)

static void cpu_time_of_a_busy_process_grows(void **state)
{
	(void)state;
	uint64_t before, now;

	assert_int_equal(procfs_cpu_ns(getpid(), &before), OK);
	do {
		assert_int_equal(procfs_cpu_ns(getpid(), &now), OK);
		assert_true(now >= before);
	} while (now == before);
}

static void memory_that_is_touched_shows(void **state)
{
	(void)state;
	uint64_t before, after;

	assert_int_equal(procfs_anon_bytes(getpid(), &before), OK);
	char *bytes = malloc(TOUCHED);
	assert_non_null(bytes);
	memset(bytes, 1, TOUCHED);
	assert_int_equal(procfs_anon_bytes(getpid(), &after), OK);
	/* The kernel's count per thread may lag by some pages. */
	assert_true(after > before + TOUCHED / 2);
	assert_int_equal(bytes[TOUCHED - 1], 1);
	free(bytes);
}

static void a_process_that_is_not_there_is_not_found(void **state)
{
	(void)state;
	uint64_t n = 7;

	assert_int_equal(procfs_cpu_ns(NOBODY, &n), E_NOT_FOUND);
	assert_int_equal(procfs_anon_bytes(NOBODY, &n), E_NOT_FOUND);
	assert_true(n == 7);
}

static void the_soft_limit_is_raised_to_the_hard_one(void **state)
{
	(void)state;
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	struct rlimit low = {.rlim_cur = 64, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_true(fdlimit_raise() == limit.rlim_max);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &low), 0);
	assert_true(low.rlim_cur == limit.rlim_max);
}

static void the_clock_never_goes_back(void **state)
{
	(void)state;
	uint64_t last = monotonic_ns();

	for (int i = 0; i < 1000; i++) {
		uint64_t now = monotonic_ns();

		assert_true(now >= last);
		last = now;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_time_of_a_busy_process_grows),
		cmocka_unit_test(memory_that_is_touched_shows),
		cmocka_unit_test(a_process_that_is_not_there_is_not_found),
		cmocka_unit_test(the_soft_limit_is_raised_to_the_hard_one),
		cmocka_unit_test(the_clock_never_goes_back),
	};

	return cmocka_run_group_tests_name("procfs", tests, NULL, NULL);
}

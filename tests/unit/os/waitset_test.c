/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "os/interrupt.h"
#include "os/monotonic.h"
#include "os/waitset.h"

#include <signal.h>
#include <unistd.h>

struct fixture {
	struct waitset set;
	int ends[2]; /* of a pipe: read, write */
	struct waitset_event events[WAITSET_BATCH];
};

static int set_up(void **state)
{
	static struct fixture f;

	*state = &f;
	return waitset_init(&f.set) == OK ? pipe(f.ends) : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	waitset_fini(&f->set);
	waitset_fini(&f->set);
	for (int i = 0; i < 2; i++) {
		if (f->ends[i] >= 0)
			(void)close(f->ends[i]);
	}
	return 0;
}

static void a_deadline_that_has_passed_gives_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(waitset_add(&f->set, f->ends[0], f, WAITSET_READ), OK);
	assert_int_equal(waitset_wait(&f->set, 0, f->events), 0);
	uint64_t deadline_ns = monotonic_ns() + 1000000;
	assert_int_equal(waitset_wait(&f->set, deadline_ns, f->events), 0);
	assert_true(monotonic_ns() >= deadline_ns);
}

static void bytes_to_read_show_their_owner(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(waitset_add(&f->set, f->ends[0], f, WAITSET_READ), OK);
	assert_int_equal(write(f->ends[1], "x", 1), 1);
	/* Level-triggered: what was not read shows again. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitset_wait(&f->set, UINT64_MAX, f->events), 1);
		assert_ptr_equal(f->events[0].owner, f);
		assert_int_equal(f->events[0].flags, WAITSET_READ);
	}
}

static void what_is_waited_for_can_change(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(waitset_add(&f->set, f->ends[1], f, 0), OK);
	assert_int_equal(waitset_wait(&f->set, 0, f->events), 0);
	assert_int_equal(waitset_change(&f->set, f->ends[1], f, WAITSET_WRITE), OK);
	assert_int_equal(waitset_wait(&f->set, UINT64_MAX, f->events), 1);
	assert_int_equal(f->events[0].flags, WAITSET_WRITE);
}

static void a_failed_descriptor_shows_both_flags(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(waitset_add(&f->set, f->ends[1], f, WAITSET_WRITE), OK);
	(void)close(f->ends[0]);
	f->ends[0] = -1;
	assert_int_equal(waitset_wait(&f->set, UINT64_MAX, f->events), 1);
	assert_int_equal(f->events[0].flags, WAITSET_READ | WAITSET_WRITE);
}

static void a_bad_descriptor_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(waitset_add(&f->set, -1, f, WAITSET_READ), E_IO);
	assert_int_equal(waitset_change(&f->set, f->ends[0], f, WAITSET_READ), E_IO);
}

static void an_interrupt_becomes_readable(void **state)
{
	struct fixture *f = *state;
	int fd;

	assert_int_equal(interrupt_open(&fd), OK);
	assert_int_equal(waitset_add(&f->set, fd, &fd, WAITSET_READ), OK);
	assert_int_equal(waitset_wait(&f->set, 0, f->events), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(waitset_wait(&f->set, UINT64_MAX, f->events), 1);
	assert_ptr_equal(f->events[0].owner, &fd);
	(void)close(fd);
}

static void an_interrupt_that_was_taken_ends_nothing(void **state)
{
	sigset_t blocked;
	int fd;

	(void)state;
	assert_int_equal(interrupt_open(&fd), OK);
	assert_int_equal(raise(SIGINT), 0);
	assert_int_equal(raise(SIGTERM), 0);
	interrupt_close(fd); /* with one pending we would end here */
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &blocked), 0);
	assert_false(sigismember(&blocked, SIGINT) || sigismember(&blocked, SIGTERM));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_deadline_that_has_passed_gives_nothing),
		TEST(bytes_to_read_show_their_owner),
		TEST(what_is_waited_for_can_change),
		TEST(a_failed_descriptor_shows_both_flags),
		TEST(a_bad_descriptor_is_an_error),
		TEST(an_interrupt_becomes_readable),
		TEST(an_interrupt_that_was_taken_ends_nothing),
	};

	return cmocka_run_group_tests_name("waitset", tests, NULL, NULL);
}

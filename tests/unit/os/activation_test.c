/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "os/activation.h"
#include "os/listener.h"
#include "os/notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct {
	const char *name;
	const char *pid;
	const char *fds;
	enum err err;
	size_t count;
} values[] = {
	{"nothing is set", NULL, NULL, OK, 0},
	{"no process is named", NULL, "1", OK, 0},
	{"no count is named", "7", NULL, OK, 0},
	{"one for us", "7", "1", OK, 1},
	{"none for us", "7", "0", OK, 0},
	{"as many as there may be", "7", "17", OK, ACTIVATION_MAX},
	{"one too many", "7", "18", E_RANGE, 0},
	{"far too many", "7", "99999999999999999999", E_SYNTAX, 0},
	{"for another process", "8", "1", OK, 0},
	{"too many for another process", "8", "18", OK, 0},
	{"a word", "7", "one", E_SYNTAX, 0},
	{"a negative count", "7", "-1", E_SYNTAX, 0},
	{"an empty count", "7", "", E_SYNTAX, 0},
	{"a space", "7", " 1", E_SYNTAX, 0},
	{"no process id", "self", "1", E_SYNTAX, 0},
};

static void values_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		size_t count = 99;

		check(values[i].name,
		      activation_count(values[i].pid, values[i].fds, 7, &count) == values[i].err);
		check(values[i].name, count == values[i].count);
	}
}

static void environment_is_forgotten(void **state)
{
	char pid[32];
	size_t count;

	(void)state;
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", "2", 1);
	(void)setenv("LISTEN_FDNAMES", "a:b", 1);
	assert_int_equal(activation_take(&count), OK);
	assert_int_equal(count, 2);
	assert_null(getenv("LISTEN_PID"));
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_FDNAMES"));
	assert_int_equal(activation_take(&count), OK);
	assert_int_equal(count, 0);
}

static void listening_socket_is_taken(void **state)
{
	uint16_t port = 0;
	int fd;

	(void)state;
	assert_int_equal(listener_open(SLICE("127.0.0.1"), 0, &fd, &port), OK);
	assert_int_equal(activation_check(fd), E_SYNTAX); /* bound, and no more */
	assert_int_equal(listener_start(fd), OK);
	assert_int_equal(fcntl(fd, F_SETFD, 0), 0);
	assert_int_equal(activation_check(fd), OK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(activation_is_at(fd, SLICE("127.0.0.1"), port));
	assert_false(activation_is_at(fd, SLICE("127.0.0.1"), (uint16_t)(port + 1)));
	assert_false(activation_is_at(fd, SLICE("127.0.0.2"), port));
	assert_false(activation_is_at(fd, SLICE("::1"), port));
	assert_false(activation_is_at(fd, SLICE("no address"), port));
	int shared = activation_share(fd);
	assert_true(shared >= 0 && shared != fd);
	assert_true(activation_is_at(shared, SLICE("127.0.0.1"), port));
	(void)close(shared);
	(void)close(fd);
	assert_int_equal(activation_check(fd), E_SYNTAX); /* no descriptor at all */
}

static void other_descriptors_are_refused(void **state)
{
	int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
	int local = socket(AF_UNIX, SOCK_STREAM, 0);
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct sockaddr_un name = {.sun_family = AF_UNIX};

	(void)state;
	/* The kernel gives it an abstract name. */
	assert_int_equal(bind(local, (const struct sockaddr *)&name, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(local, 1), 0);
	assert_int_equal(activation_check(datagrams), E_SYNTAX);
	assert_int_equal(activation_check(local), E_SYNTAX);
	assert_int_equal(activation_check(file), E_SYNTAX);
	(void)close(datagrams);
	(void)close(local);
	(void)close(file);
}

static const struct {
	const char *name;
	const char *socket;
	enum err err;
} managers[] = {
	{"not set", NULL, OK},
	{"no path", "notify", E_SYNTAX},
	{"empty", "", E_SYNTAX},
	{"a slash alone", "/", E_SYNTAX},
	{"nobody is there", "/nonexistent/notify", E_IO},
	{"an abstract name that nobody has", "@sluice-nobody-has-this", E_IO},
	{"longer than an address",
	 "/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
	 "0123456789012345678901234567890",
	 E_SYNTAX},
};

static void managers_are_found_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(managers); i++) {
		int fd = 99;

		if (managers[i].socket)
			(void)setenv("NOTIFY_SOCKET", managers[i].socket, 1);
		check(managers[i].name, notify_open(&fd) == managers[i].err);
		check(managers[i].name, fd == -1 && !getenv("NOTIFY_SOCKET"));
		notify_send(fd, SLICE("READY=1\n"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_judged),
		cmocka_unit_test(environment_is_forgotten),
		cmocka_unit_test(listening_socket_is_taken),
		cmocka_unit_test(other_descriptors_are_refused),
		cmocka_unit_test(managers_are_found_or_not),
	};

	return cmocka_run_group_tests_name("activation", tests, NULL, NULL);
}

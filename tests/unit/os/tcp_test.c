/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "os/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A listener on a port that the kernel chooses; the port in *ret_port. */
static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*ret_port = ntohs(in.sin_port);
	return fd;
}

static void wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	assert_int_equal(poll(&p, 1, -1), 1);
}

static void bytes_go_both_ways_until_the_end(void **state)
{
	(void)state;
	struct tcp_target target;
	size_t n = 0;
	const char *why = NULL;
	uint16_t port;
	char room[8];
	int fd;
	int listener = listen_somewhere(&port);

	assert_int_equal(tcp_lookup(SLICE("127.0.0.1"), port, &target, 1, &n, &why), OK);
	assert_true(tcp_is_loopback4(&target));
	assert_int_equal(tcp_connect(&target, 0, &fd), OK);
	wait_for(fd, POLLOUT);
	assert_int_equal(tcp_error(fd), 0);
	assert_int_equal(tcp_receive(fd, room, sizeof(room)), TCP_AGAIN);
	assert_int_equal(tcp_send(fd, SLICE("ping")), 4);
	int peer = accept(listener, NULL, NULL);
	assert_int_equal(read(peer, room, sizeof(room)), 4);
	assert_int_equal(write(peer, "pong", 4), 4);
	wait_for(fd, POLLIN);
	assert_int_equal(tcp_receive(fd, room, sizeof(room)), 4);
	assert_memory_equal(room, "pong", 4);
	tcp_close(peer);
	wait_for(fd, POLLIN);
	assert_int_equal(tcp_receive(fd, room, sizeof(room)), 0);
	tcp_close(fd);
	tcp_close(listener);
	tcp_close(-1);
}

static void the_source_address_is_the_one_asked_for(void **state)
{
	(void)state;
	struct tcp_target target;
	size_t n = 0;
	struct sockaddr_in in;
	socklen_t len = sizeof(in);
	const char *why = NULL;
	uint16_t port;
	int fd;
	int listener = listen_somewhere(&port);

	assert_int_equal(tcp_lookup(SLICE("127.0.0.1"), port, &target, 1, &n, &why), OK);
	assert_int_equal(tcp_connect(&target, 0x7f010203, &fd), OK);
	int peer = accept(listener, (struct sockaddr *)&in, &len);
	assert_true(peer >= 0);
	assert_int_equal(ntohl(in.sin_addr.s_addr), 0x7f010203);
	tcp_close(peer);
	tcp_close(fd);
	/* An address that is not of this machine; errno survives the close. */
	assert_int_equal(tcp_connect(&target, 0xc0000201, &fd), E_IO);
	assert_int_equal(errno, EADDRNOTAVAIL);
	tcp_close(listener);
}

static void a_refusal_is_told_by_the_socket(void **state)
{
	(void)state;
	struct tcp_target target;
	size_t n = 0;
	const char *why = NULL;
	uint16_t port;
	int fd;

	tcp_close(listen_somewhere(&port));
	assert_int_equal(tcp_lookup(SLICE("127.0.0.1"), port, &target, 1, &n, &why), OK);
	assert_int_equal(tcp_connect(&target, 0, &fd), OK);
	wait_for(fd, POLLOUT);
	assert_int_equal(tcp_error(fd), ECONNREFUSED);
	tcp_close(fd);
}

static void names_have_a_maximum_and_a_reason(void **state)
{
	(void)state;
	struct tcp_target target;
	size_t n = 0;
	const char *why = NULL;
	static char name[TCP_MAX_HOST + 1];

	memset(name, 'a', sizeof(name));
	struct slice too_long = {name, sizeof(name)};
	assert_int_equal(tcp_lookup(too_long, 80, &target, 1, &n, &why), E_TOO_BIG);
	assert_non_null(why);
	why = NULL;
	assert_int_equal(tcp_lookup(slice_upto(too_long, TCP_MAX_HOST), 80, &target, 1, &n, &why),
			 E_NOT_FOUND);
	assert_non_null(why);
	assert_int_equal(tcp_lookup(SLICE("::1"), 80, &target, 1, &n, &why), OK);
	assert_false(tcp_is_loopback4(&target));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways_until_the_end),
		cmocka_unit_test(the_source_address_is_the_one_asked_for),
		cmocka_unit_test(a_refusal_is_told_by_the_socket),
		cmocka_unit_test(names_have_a_maximum_and_a_reason),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}

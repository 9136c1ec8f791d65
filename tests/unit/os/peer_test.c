/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "os/listener.h"
#include "os/peer.h"
#include "os/waitset.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
	int client;
	int server;
};

static struct pair connect_pair(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct pair p = {.client = socket(AF_INET, SOCK_STREAM, 0)};
	enum accept_result got;
	struct addr from;
	uint16_t port;
	int listener;

	assert_int_equal(listener_open(SLICE("127.0.0.1"), 0, &listener, &port), OK);
	assert_int_equal(listener_start(listener), OK);
	to.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(p.client, (const struct sockaddr *)&to, sizeof(to)), 0);
	do
		got = listener_accept(listener, &p.server, &from);
	while (got == ACCEPT_NONE);
	assert_int_equal(got, ACCEPT_GOT);
	(void)close(listener);
	return p;
}

static void say(const struct pair *p, const char *text)
{
	assert_int_equal(send(p->client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void close_pair(const struct pair *p)
{
	(void)close(p->client);
	(void)close(p->server);
}

/* Readable when so many bytes are there, and not before: the bytes stay where they are. */
static void a_look_takes_nothing(void **state)
{
	struct waitset_event events[WAITSET_BATCH];
	struct pair p = connect_pair();
	struct waitset set;
	char room[8];

	(void)state;
	assert_int_equal(peer_peek(p.server, room, sizeof(room)), PEER_BLOCKED);
	peer_await(p.server, 5);
	assert_int_equal(waitset_init(&set), OK);
	assert_int_equal(waitset_add(&set, p.server, &p, WAITSET_READ), OK);
	say(&p, "four");
	while (peer_peek(p.server, room, sizeof(room)) < 4)
		;
	assert_int_equal(waitset_wait(&set, 0, events), 0);
	say(&p, "!");
	assert_int_equal(waitset_wait(&set, UINT64_MAX, events), 1);
	assert_int_equal(peer_peek(p.server, room, sizeof(room)), 5);
	assert_memory_equal(room, "four!", 5);
	assert_true(peer_skip(p.server, 4));
	peer_await(p.server, 1);
	assert_int_equal(peer_recv(p.server, room, sizeof(room)), 1);
	assert_int_equal(room[0], '!');
	waitset_fini(&set);
	close_pair(&p);
}

/* Less than was awaited, and no more will come: without this word a loop would spin for it. */
static void an_end_before_the_bytes_is_an_end(void **state)
{
	struct waitset_event events[WAITSET_BATCH];
	struct pair p = connect_pair();
	struct waitset set;
	char room[8];

	(void)state;
	peer_await(p.server, 5);
	assert_int_equal(waitset_init(&set), OK);
	assert_int_equal(waitset_add(&set, p.server, &p, WAITSET_READ), OK);
	say(&p, "four");
	assert_false(peer_has_ended(p.server));
	assert_int_equal(shutdown(p.client, SHUT_WR), 0);
	assert_int_equal(waitset_wait(&set, UINT64_MAX, events), 1);
	assert_int_equal(peer_peek(p.server, room, sizeof(room)), 4);
	assert_true(peer_has_ended(p.server));
	waitset_fini(&set);
	close_pair(&p);
}

static void dead_peers_are_given_up_by_the_kernel(void **state)
{
	struct pair p = connect_pair();
	unsigned ms = 0;
	socklen_t len = sizeof(ms);

	(void)state;
	peer_set_patience(p.server, 12345);
	assert_int_equal(getsockopt(p.server, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &len), 0);
	assert_int_equal(ms, 12345);
	close_pair(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_takes_nothing),
		cmocka_unit_test(an_end_before_the_bytes_is_an_end),
		cmocka_unit_test(dead_peers_are_given_up_by_the_kernel),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection does with bytes: whole, cut, blocked, foreign, at the end. */
#include "../test.h"

#include "base/rng.h"
#include "os/peer.h"
#include "os/tls_server.h"
#include "tls_lab.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRACE_MAX (4u << 20)

static struct lab_cert leaf;
static struct tls_tickets *tickets;
static struct tls_server *server;

static int set_up(void **state)
{
	(void)state;
	const struct lab_spec one = {.name = "one", .san = "DNS:one.example"};

	(void)signal(SIGPIPE, SIG_IGN); /* of the client's end */
	leaf = lab_make(&one, NULL);
	tickets = tls_tickets_new();
	struct tls_identity identity = {.chain = leaf.cert_pem, .key = leaf.key_pem};
	const struct tls_server_config config = {
		.identities = &identity, .identity_count = 1, .tickets = tickets};
	char text[256];
	struct writer why;

	writer_init(&why, text, sizeof(text));
	server = tls_server_new(&config, &why);
	return server ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tls_server_unref(server);
	tls_tickets_unref(tickets);
	lab_free(&leaf);
	return 0;
}

/* What the client gets now; appended to `got`. */
static void client_read(struct lab_pair *p, char *got, size_t *len, size_t most)
{
	char room[4096];

	while (most > 0) {
		int n = SSL_read(p->client, room, (int)(most < sizeof(room) ? most : sizeof(room)));

		if (n <= 0)
			return;
		assert_true(*len + (size_t)n <= TRACE_MAX);
		memcpy(got + *len, room, (size_t)n);
		*len += (size_t)n;
		most -= (size_t)n;
	}
}

/* The handshake. */

static void plain_http_is_told_and_nothing_of_it_is_read(void **state)
{
	(void)state;
	static const char *const cases[] = {"GET / HTTP/1.1\r\n", "G", "PRI * HTTP/2.0\r\n",
					    "options * HTTP/1.1\r\n"};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct lab_pair p;
		char room[64];
		size_t len = strlen(cases[i]);

		lab_begin(&p, server, NULL);
		assert_int_equal(tls_peer_handshake(p.peer), TLS_STEP_READ);
		assert_int_equal(write(p.fds[1], cases[i], len), len);
		check(cases[i], tls_peer_handshake(p.peer) == TLS_STEP_PLAIN);
		check(cases[i], tls_peer_handshake(p.peer) == TLS_STEP_PLAIN);
		assert_int_equal(read(p.fds[0], room, sizeof(room)), len);
		assert_memory_equal(room, cases[i], len);
		lab_end(&p);
	}
}

static void garbage_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct slice bytes;
	} cases[] = {
		{"zeros", SLICE_INIT("\0\0\0\0\0\0\0\0")},
		{"a record of no known version", SLICE_INIT("\x16\x09\x09\x00\x05hello")},
		{"a record that is too long", SLICE_INIT("\x16\x03\x01\xff\xff")},
		{"an empty record", SLICE_INIT("\x16\x03\x01\x00\x00\x16\x03\x01\x00\x00")},
		{"application data first", SLICE_INIT("\x17\x03\x03\x00\x05hello")},
		{"an alert first", SLICE_INIT("\x15\x03\x01\x00\x02\x02\x28")},
		{"SSL 2", SLICE_INIT("\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10")},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct lab_pair p;
		char room[8];

		lab_begin(&p, server, NULL);
		assert_int_equal(write(p.fds[1], cases[i].bytes.ptr, cases[i].bytes.len),
				 cases[i].bytes.len);
		shutdown(p.fds[1], SHUT_WR);
		check(cases[i].name, tls_peer_handshake(p.peer) == TLS_STEP_FAILED);
		check(cases[i].name, strlen(tls_peer_why(p.peer)) > 0);
		/* Nothing that comes after wakes it up. */
		check(cases[i].name, tls_peer_handshake(p.peer) == TLS_STEP_FAILED);
		check(cases[i].name, tls_peer_recv(p.peer, room, sizeof(room)) == PEER_GONE);
		check(cases[i].name, tls_peer_flush(p.peer) == PEER_GONE);
		lab_end(&p);
	}
}

/* The bytes with which the client begins. */
static size_t greeting(char *room, size_t cap)
{
	struct lab_pair p;

	lab_begin(&p, server, NULL);
	assert_int_equal(SSL_do_handshake(p.client), -1);
	ssize_t n = read(p.fds[0], room, cap);
	assert_true(n > 0);
	lab_end(&p);
	return (size_t)n;
}

static void a_handshake_that_is_cut_fails_at_every_byte(void **state)
{
	(void)state;
	char hello[2048];
	size_t len = greeting(hello, sizeof(hello));

	for (size_t cut = 0; cut < len; cut++) {
		struct lab_pair p;

		lab_begin(&p, server, NULL);
		if (cut > 0) {
			assert_int_equal(write(p.fds[1], hello, cut), cut);
			assert_int_equal(tls_peer_handshake(p.peer), TLS_STEP_READ);
		}
		shutdown(p.fds[1], SHUT_WR);
		assert_int_equal(tls_peer_handshake(p.peer), TLS_STEP_FAILED);
		assert_int_equal(tls_peer_why(p.peer) == NULL, cut == 0);
		lab_end(&p);
	}
}

/* Moves at most `most` bytes that wait at one end to the other. */
static void carry(int from, int to, size_t most)
{
	char room[4096];
	ssize_t n = read(from, room, most);

	if (n > 0)
		assert_int_equal(write(to, room, (size_t)n), n);
}

static void a_handshake_may_come_byte_by_byte(void **state)
{
	(void)state;
	struct lab_pair p;
	int wire[2];
	enum tls_step step = TLS_STEP_READ;
	int open = 0;

	lab_begin(&p, server, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, wire), 0);
	/* The client writes to a wire of its own; its bytes are carried over one by one. */
	SSL_set_fd(p.client, wire[0]);
	for (unsigned i = 0; i < 100000 && (open != 1 || step != TLS_STEP_DONE); i++) {
		if (open != 1)
			open = SSL_do_handshake(p.client);
		carry(wire[1], p.fds[1], 1);
		if (step != TLS_STEP_DONE)
			step = tls_peer_handshake(p.peer);
		assert_true(step == TLS_STEP_READ || step == TLS_STEP_DONE);
		carry(p.fds[1], wire[1], 4096);
	}
	assert_int_equal(step, TLS_STEP_DONE);
	assert_int_equal(open, 1);
	close(wire[0]);
	close(wire[1]);
	lab_end(&p);
}

/* Bytes. */

static void bytes_go_both_ways(void **state)
{
	(void)state;
	char *big = calloc(1, 3 * TLS_RECORD_MAX), *got = calloc(1, TRACE_MAX);
	struct lab_pair p;
	char room[8];
	size_t len = 0;

	assert_non_null(big);
	assert_non_null(got);
	assert_true(lab_connect(&p, server, NULL));
	assert_int_equal(tls_peer_recv(p.peer, room, sizeof(room)), PEER_BLOCKED);
	assert_int_equal(SSL_write(p.client, "0123456789", 10), 10);
	assert_int_equal(tls_peer_recv(p.peer, room, sizeof(room)), 8);
	assert_true(tls_peer_has_pending(p.peer));
	assert_int_equal(tls_peer_recv(p.peer, room, sizeof(room)), 2);
	assert_false(tls_peer_has_pending(p.peer));
	const struct slice parts[] = {SLICE("a"), {NULL, 0}, SLICE("bc"), {big, 3 * TLS_RECORD_MAX},
				      SLICE(""),  SLICE("d")};
	assert_int_equal(tls_peer_send(p.peer, parts, COUNT_OF(parts)), 3 * TLS_RECORD_MAX + 4);
	client_read(&p, got, &len, SIZE_MAX);
	assert_int_equal(len, 3 * TLS_RECORD_MAX + 4);
	assert_memory_equal(got, "abc", 3);
	assert_memory_equal(got + 3, big, 3 * TLS_RECORD_MAX);
	assert_int_equal(got[len - 1], 'd');
	lab_end(&p);
	free(big);
	free(got);
}

static void narrow(int fd)
{
	int size = 1;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
}

/* One send of new random bytes; what was taken of them is appended to `sent`. */
static ptrdiff_t send_random(struct lab_pair *p, struct rng *rng, char *sent, size_t *len)
{
	static char fresh[3 * TLS_RECORD_MAX];
	struct slice parts[9];
	size_t n = 1 + rng_next(rng) % COUNT_OF(parts), all = 0;

	for (size_t i = 0; i < n; i++) {
		size_t most = rng_next(rng) % 8 == 0 ? 2 * TLS_RECORD_MAX : 600;
		size_t size = rng_next(rng) % most;

		if (size > sizeof(fresh) - all)
			size = sizeof(fresh) - all;
		parts[i] = (struct slice){fresh + all, size};
		all += size;
	}
	for (size_t i = 0; i < all; i++)
		fresh[i] = (char)rng_next(rng);
	ptrdiff_t taken = tls_peer_send(p->peer, parts, n);
	if (taken > 0) {
		assert_true((size_t)taken <= all && *len + (size_t)taken <= TRACE_MAX);
		memcpy(sent + *len, fresh, (size_t)taken);
		*len += (size_t)taken;
	}
	/* OpenSSL must not see them again, wherever it still is in the record. */
	memset(fresh, 0x55, sizeof(fresh));
	return taken;
}

static void a_full_socket_tears_no_record_whatever_is_sent_next(void **state)
{
	(void)state;
	char *sent = malloc(TRACE_MAX), *got = malloc(TRACE_MAX);

	assert_non_null(sent);
	assert_non_null(got);
	for (uint64_t seed = 1; seed <= 20; seed++) {
		const struct lab_client client = {.maximum = seed & 1 ? TLS1_2_VERSION
								      : TLS1_3_VERSION};
		struct rng rng = {seed};
		size_t sent_len = 0, got_len = 0, blocked = 0, waited = 0;
		struct lab_pair p;
		char room[64];

		assert_true(lab_connect(&p, server, &client));
		narrow(p.fds[0]);
		while (sent_len < TRACE_MAX / 8) {
			ptrdiff_t taken = send_random(&p, &rng, sent, &sent_len);

			assert_true(taken > 0 || taken == PEER_BLOCKED);
			blocked += taken == PEER_BLOCKED;
			waited += tls_peer_wants_write(p.peer);
			if (seed % 2 == 0 && rng_next(&rng) % 16 == 0)
				assert_int_equal(SSL_key_update(p.client, SSL_KEY_UPDATE_REQUESTED),
						 1);
			if (rng_next(&rng) % 4 == 0)
				(void)SSL_write(p.client, "upward", 6);
			(void)tls_peer_recv(p.peer, room, sizeof(room));
			client_read(&p, got, &got_len, rng_next(&rng) % 9000);
			assert_true(tls_peer_flush(p.peer) != PEER_GONE);
		}
		assert_true(blocked > 0 && waited > 0);
		while (tls_peer_flush(p.peer) == PEER_BLOCKED)
			client_read(&p, got, &got_len, SIZE_MAX);
		client_read(&p, got, &got_len, SIZE_MAX);
		assert_int_equal(got_len, sent_len);
		assert_memory_equal(got, sent, sent_len);
		lab_end(&p);
	}
	free(sent);
	free(got);
}

static void last_words_reach_a_peer_that_has_stopped_reading(void **state)
{
	(void)state;
	char *sent = malloc(TRACE_MAX), *got = malloc(TRACE_MAX);
	size_t sent_len = 0, got_len = 0;
	struct rng rng = {7};
	struct lab_pair p;

	assert_non_null(sent);
	assert_non_null(got);
	assert_true(lab_connect(&p, server, NULL));
	narrow(p.fds[0]);
	while (send_random(&p, &rng, sent, &sent_len) != PEER_BLOCKED)
		;
	assert_true(tls_peer_wants_write(p.peer));
	tls_peer_send_last(p.peer, SLICE("farewell"));
	assert_false(tls_peer_wants_write(p.peer));
	tls_peer_free(p.peer);
	p.peer = NULL;
	close(p.fds[0]);
	p.fds[0] = -1;
	client_read(&p, got, &got_len, SIZE_MAX);
	assert_int_equal(got_len, sent_len + 8);
	assert_memory_equal(got, sent, sent_len);
	assert_memory_equal(got + sent_len, "farewell", 8);
	/* The end was announced: nothing was cut off. */
	assert_true(SSL_get_shutdown(p.client) & SSL_RECEIVED_SHUTDOWN);
	lab_end(&p);
	free(sent);
	free(got);
}

static void who_asks_for_key_updates_and_never_reads_is_ended(void **state)
{
	(void)state;
	char *sent = malloc(TRACE_MAX);
	size_t sent_len = 0;
	struct rng rng = {3};
	struct lab_pair p;
	char room[64];
	ptrdiff_t n = PEER_BLOCKED;
	unsigned updates = 0;

	assert_non_null(sent);
	assert_true(lab_connect(&p, server, NULL));
	narrow(p.fds[0]);
	while (send_random(&p, &rng, sent, &sent_len) != PEER_BLOCKED)
		;
	while (n == PEER_BLOCKED && updates++ < 10000) {
		assert_int_equal(SSL_key_update(p.client, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(p.client), 1);
		n = tls_peer_recv(p.peer, room, sizeof(room));
	}
	assert_int_equal(n, PEER_GONE);
	assert_in_range(updates, 10, 2000);
	lab_end(&p);
	free(sent);
}

/* The end. */

static void an_announced_end_differs_from_a_cut(void **state)
{
	(void)state;
	struct lab_pair p;
	char room[8];

	assert_true(lab_connect(&p, server, NULL));
	assert_int_equal(SSL_write(p.client, "bye", 3), 3);
	assert_int_equal(SSL_shutdown(p.client), 0);
	assert_int_equal(tls_peer_recv(p.peer, room, sizeof(room)), 3);
	assert_int_equal(tls_peer_recv(p.peer, room, sizeof(room)), 0);
	assert_int_equal(tls_peer_recv(p.peer, room, sizeof(room)), 0);
	const struct slice answer = SLICE("still here");
	assert_int_equal(tls_peer_send(p.peer, &answer, 1), 10);
	lab_end(&p);

	assert_true(lab_connect(&p, server, NULL));
	shutdown(p.fds[1], SHUT_WR);
	assert_int_equal(tls_peer_recv(p.peer, room, sizeof(room)), PEER_GONE);
	assert_int_equal(tls_peer_send(p.peer, &answer, 1), PEER_GONE);
	lab_end(&p);
}

static void after_shut_the_peer_is_still_read(void **state)
{
	(void)state;
	struct lab_pair p;
	char room[8];

	assert_true(lab_connect(&p, server, NULL));
	tls_peer_shut(p.peer);
	assert_int_equal(SSL_read(p.client, room, sizeof(room)), 0);
	assert_int_equal(SSL_get_error(p.client, 0), SSL_ERROR_ZERO_RETURN);
	assert_int_equal(SSL_write(p.client, "late", 4), 4);
	assert_int_equal(tls_peer_recv(p.peer, room, sizeof(room)), 4);
	assert_int_equal(tls_peer_recv(p.peer, room, sizeof(room)), PEER_BLOCKED);
	lab_end(&p);
}

static void a_connection_outlives_its_context(void **state)
{
	(void)state;
	struct tls_identity identity = {.chain = leaf.cert_pem, .key = leaf.key_pem};
	const struct tls_server_config config = {
		.identities = &identity, .identity_count = 1, .tickets = tickets};
	struct writer why;
	char text[256];
	struct lab_pair p;

	writer_init(&why, text, sizeof(text));
	struct tls_server *old = tls_server_new(&config, &why);
	assert_non_null(old);
	lab_begin(&p, old, NULL);
	tls_server_unref(old);
	assert_true(lab_shake(&p));
	const struct slice word = SLICE("word");
	assert_int_equal(tls_peer_send(p.peer, &word, 1), 4);
	lab_end(&p);
}

static void memory_of_an_idle_connection_is_told(void **state)
{
	(void)state;
	enum { N = 64 };
	static struct lab_pair pairs[N];
	char room[8];

	for (int i = 0; i < N; i++)
		assert_true(lab_connect(&pairs[i], server, NULL));
	for (int i = 0; i < N; i++)
		(void)tls_peer_recv(pairs[i].peer, room, sizeof(room));
	size_t before = mallinfo2().uordblks;
	for (int i = 0; i < N; i++) {
		tls_peer_free(pairs[i].peer);
		pairs[i].peer = NULL;
	}
	size_t each = (before - mallinfo2().uordblks) / N;
	print_message("# an idle connection: %zu bytes\n", each);
	assert_true(each < 64 * 1024); /* with buffers it would be more */
	for (int i = 0; i < N; i++)
		lab_end(&pairs[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_http_is_told_and_nothing_of_it_is_read),
		cmocka_unit_test(garbage_is_refused),
		cmocka_unit_test(a_handshake_that_is_cut_fails_at_every_byte),
		cmocka_unit_test(a_handshake_may_come_byte_by_byte),
		cmocka_unit_test(bytes_go_both_ways),
		cmocka_unit_test(a_full_socket_tears_no_record_whatever_is_sent_next),
		cmocka_unit_test(last_words_reach_a_peer_that_has_stopped_reading),
		cmocka_unit_test(who_asks_for_key_updates_and_never_reads_is_ended),
		cmocka_unit_test(an_announced_end_differs_from_a_cut),
		cmocka_unit_test(after_shut_the_peer_is_still_read),
		cmocka_unit_test(a_connection_outlives_its_context),
		cmocka_unit_test(memory_of_an_idle_connection_is_told),
	};

	return cmocka_run_group_tests_name("tls_peer", tests, set_up, tear_down);
}

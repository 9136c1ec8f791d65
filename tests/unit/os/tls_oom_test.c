/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS when memory ends, OpenSSL's included: a context is made or says why not, a connection is
 * refused or goes on, and nothing is lost.
 */
#include "../oom_openssl.h"

#include "os/peer.h"
#include "os/tls_self.h"
#include "os/tls_server.h"
#include "tls_lab.h"

#include <openssl/err.h>

#include <signal.h>
#include <string.h>
#include <sys/socket.h>

static struct lab_cert leaf;
static struct tls_tickets *tickets;
static struct tls_server *server;

/*
 * As fail_each, but the further in, the fewer: OpenSSL allocates some thousand times for a
 * certificate.
 */
static void fail_some(void (*attempt)(size_t nth, bool *ret_reached))
{
	bool reached = true;
	size_t nth = 1;

	for (; reached; nth += 1 + nth / 8)
		attempt(nth, &reached);
	assert_true(nth > 10);
}

static struct tls_server *make_server(struct writer *why)
{
	const struct tls_identity identity = {.chain = leaf.cert_pem, .key = leaf.key_pem};
	const struct tls_server_config config = {.identities = &identity,
						 .identity_count = 1,
						 .client_ca = leaf.cert_pem,
						 .tickets = tickets};

	return tls_server_new(&config, why);
}

/* Also makes OpenSSL load what it loads once: that is not to fail. */
static int set_up(void **state)
{
	(void)state;
	const struct lab_spec one = {.name = "one", .san = "DNS:one.example"};
	char text[256];
	struct writer why;
	struct lab_pair p;

	(void)signal(SIGPIPE, SIG_IGN); /* of the client's end */
	leaf = lab_make(&one, NULL);
	tickets = tls_tickets_new();
	writer_init(&why, text, sizeof(text));
	server = make_server(&why);
	if (!server || !lab_connect(&p, server, NULL))
		return -1;
	lab_end(&p);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tls_server_unref(server);
	tls_tickets_unref(tickets);
	lab_free(&leaf);
	return 0;
}

static void server_attempt(size_t nth, bool *ret_reached)
{
	char text[256];
	struct writer why;

	writer_init(&why, text, sizeof(text));
	countdown = nth;
	struct tls_server *s = make_server(&why);
	*ret_reached = disarm();
	/* OpenSSL does without some of what it asks for. */
	assert_true(*ret_reached || s);
	assert_int_equal(s == NULL, why.len > 0);
	tls_server_unref(s);
}

static void a_context_is_made_or_says_why_not(void **state)
{
	(void)state;
	fail_some(server_attempt);
}

static void self_attempt(size_t nth, bool *ret_reached)
{
	struct tls_self self = {0};

	countdown = nth;
	enum err err = tls_self_make(&self);
	*ret_reached = disarm();
	assert_true(*ret_reached || err == OK);
	assert_int_equal(err == OK, self.key_len > 0);
	tls_self_wipe(&self);
}

static void a_certificate_is_made_whole_or_not(void **state)
{
	(void)state;
	fail_some(self_attempt);
}

static void tickets_attempt(size_t nth, bool *ret_reached)
{
	countdown = nth;
	struct tls_tickets *t = tls_tickets_new();
	*ret_reached = disarm();
	assert_int_equal(t == NULL, *ret_reached);
	tls_tickets_unref(t);
}

static void keys_are_made_or_not(void **state)
{
	(void)state;
	fail_each(tickets_attempt);
}

/* Only the server's memory ends: `left` allocations of it are still good. */
static enum tls_step server_step(struct lab_pair *p, size_t *left)
{
	countdown = *left;
	enum tls_step step = tls_peer_handshake(p->peer);
	*left = countdown;
	countdown = 0;
	return step;
}

static void shake_attempt(size_t nth, bool *ret_reached)
{
	struct lab_pair p;
	size_t left = nth;
	char room[64];
	const struct slice word = SLICE("word");

	lab_begin(&p, server, NULL);
	for (int i = 0; i < 4 && p.step != TLS_STEP_DONE && p.step != TLS_STEP_FAILED; i++) {
		(void)SSL_do_handshake(p.client);
		p.step = server_step(&p, &left);
	}
	ERR_clear_error();
	*ret_reached = left == 0;
	assert_true(*ret_reached || p.step == TLS_STEP_DONE);
	if (p.step == TLS_STEP_DONE)
		assert_int_equal(tls_peer_send(p.peer, &word, 1), 4);
	else
		assert_int_equal(tls_peer_recv(p.peer, room, sizeof(room)), PEER_GONE);
	lab_end(&p);
}

static void a_handshake_ends_well_or_is_over(void **state)
{
	(void)state;
	fail_some(shake_attempt);
}

static void what_cannot_be_kept_of_a_record_ends_the_connection(void **state)
{
	(void)state;
	static char bytes[TLS_RECORD_MAX];
	const struct slice part = {bytes, sizeof(bytes)};
	struct lab_pair p;
	ptrdiff_t n = 0;
	int size = 1;

	assert_true(lab_connect(&p, server, NULL));
	assert_int_equal(setsockopt(p.fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	/* OpenSSL takes a buffer for the record, then the rest of it needs one. */
	for (size_t nth = 1; nth < 64 && n != PEER_GONE; nth++) {
		countdown = nth;
		n = tls_peer_send(p.peer, &part, 1);
		(void)disarm();
	}
	assert_int_equal(n, PEER_GONE);
	assert_int_equal(tls_peer_send(p.peer, &part, 1), PEER_GONE);
	lab_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_context_is_made_or_says_why_not),
		cmocka_unit_test(a_certificate_is_made_whole_or_not),
		cmocka_unit_test(keys_are_made_or_not),
		cmocka_unit_test(a_handshake_ends_well_or_is_over),
		cmocka_unit_test(what_cannot_be_kept_of_a_record_ends_the_connection),
	};

	if (!take_over_openssl())
		return 1;
	return cmocka_run_group_tests_name("tls_oom", tests, set_up, tear_down);
}

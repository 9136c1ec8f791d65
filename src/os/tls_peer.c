/* SPDX-License-Identifier: Apache-2.0 */
/* tls_peer.c - one connection of a tls_server. */
#include "os/peer.h"
#include "os/tls_context.h"
#include "os/tls_socket.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct tls_peer {
	SSL *ssl; /* NULL until the first byte has come */
	struct tls_server *server;
	struct tls_scratch *scratch;
	const char *why;
	struct tls_socket socket;
	bool open;   /* the handshake is over */
	bool failed; /* nothing may be asked of `ssl` any more */
	bool ktls;
};

struct tls_peer *tls_peer_new(struct tls_server *server, int fd, struct tls_scratch *scratch)
{
	struct tls_peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->server = tls_server_ref(server);
	p->scratch = scratch;
	p->why = "the handshake is not over";
	p->socket.fd = fd;
	p->socket.duty = TLS_DUTY_TELL;
	buf_init(&p->socket.rest, TLS_MAX_REST);
	return p;
}

/* After a fatal error no goodbye may be sent (SSL_shutdown(3)). */
static void fail(struct tls_peer *p, const char *why)
{
	p->failed = true;
	p->why = why;
	ERR_clear_error();
}

/* The handshake. */

/* Only now: who connects and says nothing costs a few bytes. */
static bool begin(struct tls_peer *p)
{
	p->ssl = SSL_new(p->server->sites[0].ctx);
	BIO *bio = p->ssl ? tls_socket_bio(&p->socket, p->server->socket) : NULL;
	if (!bio) {
		fail(p, "out of memory");
		return false;
	}
	SSL_set_bio(p->ssl, bio, bio);
	SSL_set_accept_state(p->ssl);
	return true;
}

static const char *reason(const SSL *ssl)
{
	long verdict = SSL_get_verify_result(ssl);
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	if (verdict != X509_V_OK)
		return X509_verify_cert_error_string(verdict);
	return text ? text : "the peer closed in the middle of the handshake";
}

/* The first byte of TLS is that of a handshake record; a method of HTTP begins with a letter. */
static enum tls_step look(struct tls_peer *p)
{
	unsigned char first;
	ssize_t n = recv(p->socket.fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return TLS_STEP_READ;
	if (n <= 0) {
		fail(p, NULL);
		return TLS_STEP_FAILED;
	}
	if (ascii_is_alnum((char)first) && !ascii_is_digit((char)first))
		return TLS_STEP_PLAIN;
	return begin(p) ? TLS_STEP_DONE : TLS_STEP_FAILED;
}

static void open_up(struct tls_peer *p)
{
	p->open = true;
	p->why = "the connection is open";
	p->socket.duty = TLS_DUTY_KEEP;
#ifndef OPENSSL_NO_KTLS
	p->ktls = BIO_get_ktls_send(SSL_get_wbio(p->ssl)) == 1;
#endif
	/* The copy has been sent: an idle connection should not keep it. */
	(void)SSL_set_tlsext_status_ocsp_resp(p->ssl, NULL, 0);
}

enum tls_step tls_peer_handshake(struct tls_peer *p)
{
	if (p->failed)
		return TLS_STEP_FAILED;
	if (!p->ssl) {
		enum tls_step step = look(p);

		if (step != TLS_STEP_DONE)
			return step;
	}
	ERR_clear_error();
	int result = SSL_do_handshake(p->ssl);
	if (result == 1) {
		open_up(p);
		return TLS_STEP_DONE;
	}
	switch (SSL_get_error(p->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_STEP_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_STEP_WRITE;
	default:
		fail(p, reason(p->ssl));
		return TLS_STEP_FAILED;
	}
}

const char *tls_peer_why(const struct tls_peer *p)
{
	return p->why;
}

/* What was agreed. */

bool tls_peer_is_h2(const struct tls_peer *p)
{
	const unsigned char *name = NULL;
	unsigned len = 0;

	SSL_get0_alpn_selected(p->ssl, &name, &len);
	return slice_eq((struct slice){(const char *)name, len}, SLICE("h2"));
}

const char *tls_peer_version(const struct tls_peer *p)
{
	return SSL_get_version(p->ssl);
}

bool tls_peer_was_resumed(const struct tls_peer *p)
{
	return SSL_session_reused(p->ssl) == 1;
}

bool tls_peer_has_ktls(const struct tls_peer *p)
{
	return p->ktls;
}

X509 *tls_peer_certificate(const struct tls_peer *p)
{
	if (!p->open || SSL_get_verify_result(p->ssl) != X509_V_OK)
		return NULL;
	return SSL_get0_peer_certificate(p->ssl);
}

/* Bytes. */

static int clamp(size_t n)
{
	return n < INT_MAX ? (int)n : INT_MAX;
}

ptrdiff_t tls_peer_recv(struct tls_peer *p, char *room, size_t cap)
{
	if (p->failed)
		return PEER_GONE;
	ERR_clear_error();
	int n = SSL_read(p->ssl, room, clamp(cap));
	if (n > 0)
		return n;
	switch (SSL_get_error(p->ssl, n)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return PEER_BLOCKED;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		fail(p, "the connection was cut");
		return PEER_GONE;
	}
}

/* A place in a list of slices. */
struct cursor {
	const struct slice *parts;
	size_t n;
	size_t at; /* in the first part */
};

static void skip_empty(struct cursor *c)
{
	while (c->n > 0 && c->at == c->parts->len) {
		c->parts++;
		c->n--;
		c->at = 0;
	}
}

/* The next record's text: in place where one part has it all, else joined. */
static struct slice next_record(struct cursor *c, struct tls_scratch *scratch)
{
	struct slice first = slice_from(*c->parts, c->at);

	if (c->n == 1 || first.len >= TLS_RECORD_MAX) {
		first = slice_upto(first, TLS_RECORD_MAX);
		c->at += first.len;
		skip_empty(c);
		return first;
	}
	size_t len = 0;
	while (c->n > 0 && len < TLS_RECORD_MAX) {
		struct slice part = slice_upto(slice_from(*c->parts, c->at), TLS_RECORD_MAX - len);

		memcpy(scratch->bytes + len, part.ptr, part.len);
		len += part.len;
		c->at += part.len;
		skip_empty(c);
	}
	return (struct slice){scratch->bytes, len};
}

/* The socket takes each record whole, so there is nothing that could be tried again. */
static bool write_record(struct tls_peer *p, struct slice text)
{
	ERR_clear_error();
	if (SSL_write(p->ssl, text.ptr, (int)text.len) == (int)text.len)
		return true;
	fail(p, "the connection was cut");
	return false;
}

ptrdiff_t tls_peer_flush(struct tls_peer *p)
{
	return p->failed ? PEER_GONE : tls_socket_flush(&p->socket);
}

ptrdiff_t tls_peer_send(struct tls_peer *p, const struct slice *parts, size_t n)
{
	struct cursor c = {.parts = parts, .n = n};
	size_t taken = 0;

	/* The kernel makes the records. */
	if (p->ktls && !p->failed)
		return peer_send(p->socket.fd, parts, n);
	skip_empty(&c);
	while (c.n > 0) {
		ptrdiff_t waits = tls_peer_flush(p);

		if (waits != 0)
			return taken > 0 ? (ptrdiff_t)taken : waits;
		struct slice text = next_record(&c, p->scratch);
		if (!write_record(p, text))
			return PEER_GONE;
		taken += text.len;
	}
	return taken > 0 ? (ptrdiff_t)taken : PEER_BLOCKED;
}

void tls_peer_send_last(struct tls_peer *p, struct slice bytes)
{
	if (p->failed || !p->open)
		return;
	if (p->ktls) {
		peer_send_last(p->socket.fd, bytes);
		return;
	}
	tls_socket_push(&p->socket);
	while (bytes.len > 0) {
		struct slice text = slice_upto(bytes, TLS_RECORD_MAX);

		if (!write_record(p, text))
			return;
		bytes = slice_from(bytes, text.len);
	}
}

bool tls_peer_wants_write(const struct tls_peer *p)
{
	return p->socket.rest.len > 0;
}

bool tls_peer_has_pending(const struct tls_peer *p)
{
	return p->open && !p->failed && SSL_pending(p->ssl) > 0;
}

/* The end. */

static void say_goodbye(struct tls_peer *p)
{
	if (!p->open || p->failed || (SSL_get_shutdown(p->ssl) & SSL_SENT_SHUTDOWN))
		return;
	tls_socket_push(&p->socket);
	ERR_clear_error();
	(void)SSL_shutdown(p->ssl);
	ERR_clear_error();
}

void tls_peer_shut(struct tls_peer *p)
{
	say_goodbye(p);
	peer_shut(p->socket.fd);
}

void tls_peer_free(struct tls_peer *p)
{
	if (!p)
		return;
	say_goodbye(p);
	SSL_free(p->ssl);
	buf_free(&p->socket.rest);
	tls_server_unref(p->server);
	free(p);
}

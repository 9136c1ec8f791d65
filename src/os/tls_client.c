/* SPDX-License-Identifier: Apache-2.0 */
#include "os/tls_client.h"

#include "os/tcp.h"
#include "os/tls_name.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct tls_trust {
	SSL_CTX *ctx;
	BIO_METHOD *socket; /* OpenSSL's own socket BIO raises SIGPIPE */
};

/* The socket below TLS. */

static int fd_of(BIO *bio)
{
	const struct tls_client *c = BIO_get_data(bio);

	return c->fd;
}

static int socket_read(BIO *bio, char *room, int cap)
{
	BIO_clear_retry_flags(bio);
	long n = tcp_receive(fd_of(bio), room, (size_t)cap);
	if (n == TCP_AGAIN)
		BIO_set_retry_read(bio);
	return n < 0 ? -1 : (int)n;
}

static int socket_write(BIO *bio, const char *bytes, int len)
{
	BIO_clear_retry_flags(bio);
	long n = tcp_send(fd_of(bio), (struct slice){bytes, (size_t)len});
	if (n == TCP_AGAIN)
		BIO_set_retry_write(bio);
	return n < 0 ? -1 : (int)n;
}

static long socket_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	(void)bio;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *socket_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");

	if (!m)
		return NULL;
	if (BIO_meth_set_read(m, socket_read) && BIO_meth_set_write(m, socket_write) &&
	    BIO_meth_set_ctrl(m, socket_ctrl))
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* Trust. */

static bool configure(SSL_CTX *ctx)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
	/* Each connection serves one request: there is nothing to resume. */
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1;
}

static const char *fill(struct tls_trust *trust, const char *ca_file)
{
	if (!trust->ctx || !trust->socket || !configure(trust->ctx))
		return "out of memory";
	if (!ca_file)
		return SSL_CTX_set_default_verify_paths(trust->ctx) == 1
			       ? NULL
			       : "the system's certificate authorities cannot be read";
	return SSL_CTX_load_verify_file(trust->ctx, ca_file) == 1
		       ? NULL
		       : "the file has no certificate authorities that can be read";
}

struct tls_trust *tls_trust_new(const char *ca_file, const char **ret_why)
{
	struct tls_trust *trust = calloc(1, sizeof(*trust));

	if (!trust) {
		*ret_why = "out of memory";
		return NULL;
	}
	trust->ctx = SSL_CTX_new(TLS_client_method());
	trust->socket = socket_method();
	const char *why = fill(trust, ca_file);
	ERR_clear_error();
	if (!why)
		return trust;
	*ret_why = why;
	tls_trust_free(trust);
	return NULL;
}

void tls_trust_free(struct tls_trust *trust)
{
	if (!trust)
		return;
	SSL_CTX_free(trust->ctx);
	BIO_meth_free(trust->socket);
	free(trust);
}

/* One connection. */

static enum err begin(struct tls_client *c, const struct tls_trust *trust, struct slice host)
{
	c->ssl = SSL_new(trust->ctx);
	BIO *bio = c->ssl ? BIO_new(trust->socket) : NULL;
	if (!bio)
		return E_NOMEM;
	BIO_set_data(bio, c);
	BIO_set_init(bio, 1);
	SSL_set_bio(c->ssl, bio, bio);
	SSL_set_connect_state(c->ssl);
	return tls_name_expect(c->ssl, host);
}

enum err tls_client_init(struct tls_client *c, const struct tls_trust *trust, int fd,
			 struct slice host)
{
	*c = (struct tls_client){.fd = fd};
	enum err err = begin(c, trust, host);
	if (err)
		tls_client_fini(c);
	return err;
}

enum err tls_client_offer(struct tls_client *c, struct slice protocol)
{
	unsigned char list[1 + TLS_MAX_PROTOCOL];

	if (protocol.len > TLS_MAX_PROTOCOL)
		return E_TOO_BIG;
	list[0] = (unsigned char)protocol.len;
	memcpy(list + 1, protocol.ptr, protocol.len);
	/* The one function of OpenSSL that gives 0 for success. */
	return SSL_set_alpn_protos(c->ssl, list, 1 + (unsigned)protocol.len) == 0 ? OK : E_NOMEM;
}

/* OpenSSL itself ends the handshake where the peer chooses what was not offered. */
bool tls_client_agreed(const struct tls_client *c)
{
	const unsigned char *chosen = NULL;
	unsigned len = 0;

	SSL_get0_alpn_selected(c->ssl, &chosen, &len);
	return len > 0;
}

/* Of a survey (os/tls_survey.h) no verdict ends the handshake. */
static bool is_refused(const SSL *ssl)
{
	return SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE &&
	       SSL_get_verify_result(ssl) != X509_V_OK;
}

static const char *reason(const SSL *ssl)
{
	unsigned long error = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(error);

	if (is_refused(ssl))
		return X509_verify_cert_error_string(SSL_get_verify_result(ssl));
	if (ERR_GET_REASON(error) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL)
		return "the peer does not speak the version of HTTP that was offered (ALPN)";
	return text ? text : "the connection ended in the middle of TLS";
}

static long step(struct tls_client *c, int result)
{
	if (result > 0)
		return result;
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		c->why = reason(c->ssl);
		c->untrusted = is_refused(c->ssl);
		ERR_clear_error();
		/* After a fatal error no goodbye may be sent (SSL_shutdown(3)). */
		SSL_set_quiet_shutdown(c->ssl, 1);
		return TLS_FAILED;
	}
}

long tls_client_handshake(struct tls_client *c)
{
	ERR_clear_error();
	long result = step(c, SSL_do_handshake(c->ssl));
	if (result == 0) {
		c->why = "the peer closed instead of greeting";
		return TLS_FAILED;
	}
	return result;
}

static int clamp(size_t n)
{
	return n < INT_MAX ? (int)n : INT_MAX;
}

long tls_client_receive(struct tls_client *c, char *room, size_t cap)
{
	ERR_clear_error();
	return step(c, SSL_read(c->ssl, room, clamp(cap)));
}

long tls_client_send(struct tls_client *c, struct slice bytes)
{
	if (bytes.len == 0)
		return 0;
	ERR_clear_error();
	return step(c, SSL_write(c->ssl, bytes.ptr, clamp(bytes.len)));
}

void tls_client_fini(struct tls_client *c)
{
	if (!c->ssl)
		return;
	if (SSL_is_init_finished(c->ssl))
		(void)SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	ERR_clear_error();
	c->ssl = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_lab.h"

#include "../test.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* All connections of a thread share one. */
static struct tls_scratch scratch;

/* Certificates. */

static void add_entry(X509_NAME *name, const char *field, const char *value)
{
	if (value)
		assert_int_equal(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
							    (const unsigned char *)value, -1, -1,
							    0),
				 1);
}

static void add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static struct slice take_bytes(BIO *bio)
{
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);
	struct slice copy = {OPENSSL_memdup(text, (size_t)len), (size_t)len};

	assert_non_null(copy.ptr);
	BIO_free(bio);
	return copy;
}

static void write_pem(struct lab_cert *c, const struct lab_cert *issuer)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_X509(bio, c->cert), 1);
	if (issuer)
		assert_int_equal(PEM_write_bio_X509(bio, issuer->cert), 1);
	c->cert_pem = take_bytes(bio);
	bio = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_PrivateKey(bio, c->key, NULL, NULL, 0, NULL, NULL), 1);
	c->key_pem = take_bytes(bio);
}

static void set_times(X509 *cert, const struct lab_spec *spec)
{
	bool usual = spec->from_s == 0 && spec->until_s == 0;

	X509_gmtime_adj(X509_getm_notBefore(cert), usual ? -LAB_DAY : spec->from_s);
	X509_gmtime_adj(X509_getm_notAfter(cert), usual ? LAB_DAY : spec->until_s);
}

struct lab_cert lab_make(const struct lab_spec *spec, const struct lab_cert *issuer)
{
	static long serial = 1;
	struct lab_cert c = {.cert = X509_new()};

	c.key = spec->rsa_bits ? EVP_RSA_gen(spec->rsa_bits) : EVP_EC_gen("P-256");
	assert_non_null(c.cert);
	assert_non_null(c.key);
	X509_set_version(c.cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c.cert), serial++);
	set_times(c.cert, spec);
	X509_NAME *name = X509_get_subject_name(c.cert);
	add_entry(name, "O", spec->unit);
	add_entry(name, "CN", spec->name);
	add_entry(name, "CN", spec->second);
	X509_set_issuer_name(c.cert, issuer ? X509_get_subject_name(issuer->cert) : name);
	X509_set_pubkey(c.cert, c.key);
	add_extension(c.cert, NID_basic_constraints,
		      spec->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (spec->san)
		add_extension(c.cert, NID_subject_alt_name, spec->san);
	assert_true(X509_sign(c.cert, issuer ? issuer->key : c.key, EVP_sha256()) > 0);
	write_pem(&c, issuer);
	return c;
}

void lab_free_bytes(struct slice bytes)
{
	OPENSSL_free((void *)(uintptr_t)bytes.ptr);
}

void lab_free(struct lab_cert *c)
{
	X509_free(c->cert);
	EVP_PKEY_free(c->key);
	lab_free_bytes(c->cert_pem);
	lab_free_bytes(c->key_pem);
}

struct slice lab_locked_key(const struct lab_cert *c)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const unsigned char word[] = "open";

	assert_int_equal(
		PEM_write_bio_PrivateKey(bio, c->key, EVP_aes_128_cbc(), word, 4, NULL, NULL), 1);
	return take_bytes(bio);
}

struct slice lab_ocsp(const struct lab_cert *c, const struct lab_cert *issuer, int status,
		      int from_s, int until_s)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), c->cert, issuer->cert);
	ASN1_TIME *from = X509_gmtime_adj(NULL, from_s), *until = X509_gmtime_adj(NULL, until_s);
	bool revoked = status == V_OCSP_CERTSTATUS_REVOKED;
	unsigned char *der = NULL;

	assert_non_null(
		OCSP_basic_add1_status(basic, id, status, 0, revoked ? from : NULL, from, until));
	assert_int_equal(OCSP_basic_sign(basic, issuer->cert, issuer->key, EVP_sha256(), NULL, 0),
			 1);
	OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	int len = i2d_OCSP_RESPONSE(response, &der);
	assert_true(len > 0);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return (struct slice){(char *)der, (size_t)len};
}

/* Connections. */

static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct lab_pair *p = SSL_get_app_data(ssl);

	SSL_SESSION_free(p->session);
	p->session = session;
	return 1; /* the reference is ours */
}

static void configure(struct lab_pair *p, const struct lab_client *client)
{
	SSL_CTX *ctx = p->client_ctx = SSL_CTX_new(TLS_client_method());

	assert_non_null(ctx);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_session);
	/* Libraries that refuse the old versions at build time make these rows void, not wrong. */
	SSL_CTX_set_min_proto_version(ctx, client->minimum);
	SSL_CTX_set_max_proto_version(ctx, client->maximum);
	if (client->ciphers)
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, client->ciphers), 1);
	if (client->identity) {
		assert_int_equal(SSL_CTX_use_certificate(ctx, client->identity->cert), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey(ctx, client->identity->key), 1);
	}
}

static void configure_connection(SSL *ssl, const struct lab_client *client)
{
	/* The macro casts what it must not change. */
	if (client->server_name)
		assert_int_equal(SSL_set_tlsext_host_name(ssl, (uintptr_t)client->server_name), 1);
	if (client->alpn.ptr)
		assert_int_equal(SSL_set_alpn_protos(ssl, (const unsigned char *)client->alpn.ptr,
						     (unsigned)client->alpn.len),
				 0);
	if (client->session)
		assert_int_equal(SSL_set_session(ssl, client->session), 1);
	if (client->ask_status)
		SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
}

void lab_begin(struct lab_pair *p, struct tls_server *server, const struct lab_client *client)
{
	static const struct lab_client plain;

	if (!client)
		client = &plain;
	*p = (struct lab_pair){.step = TLS_STEP_READ};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, p->fds),
			 0);
	p->peer = tls_peer_new(server, p->fds[0], &scratch);
	assert_non_null(p->peer);
	configure(p, client);
	p->client = SSL_new(p->client_ctx);
	assert_non_null(p->client);
	SSL_set_app_data(p->client, p);
	configure_connection(p->client, client);
	SSL_set_fd(p->client, p->fds[1]);
	SSL_set_connect_state(p->client);
}

static bool is_over(enum tls_step step)
{
	return step == TLS_STEP_DONE || step == TLS_STEP_FAILED || step == TLS_STEP_PLAIN;
}

bool lab_shake(struct lab_pair *p)
{
	char scrap[1];
	int error = SSL_ERROR_NONE;

	for (int i = 0; i < 32; i++) {
		if (!p->client_open && error != SSL_ERROR_SSL && error != SSL_ERROR_SYSCALL) {
			int n = SSL_do_handshake(p->client);

			error = SSL_get_error(p->client, n);
			p->client_open = n == 1;
		}
		if (!is_over(p->step))
			p->step = tls_peer_handshake(p->peer);
	}
	/* In TLS 1.3 the tickets, and a refusal of the client's certificate, come behind. */
	if (p->client_open && SSL_read(p->client, scrap, 1) <= 0) {
		error = SSL_get_error(p->client, 0);
		p->client_open = error != SSL_ERROR_SSL;
	}
	ERR_clear_error();
	return p->client_open && p->step == TLS_STEP_DONE;
}

bool lab_connect(struct lab_pair *p, struct tls_server *server, const struct lab_client *client)
{
	lab_begin(p, server, client);
	return lab_shake(p);
}

void lab_end(struct lab_pair *p)
{
	tls_peer_free(p->peer);
	SSL_free(p->client);
	SSL_CTX_free(p->client_ctx);
	SSL_SESSION_free(p->session);
	close(p->fds[0]);
	close(p->fds[1]);
}

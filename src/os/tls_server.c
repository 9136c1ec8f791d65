/* SPDX-License-Identifier: Apache-2.0 */
#include "os/tls_context.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdlib.h>
#include <string.h>

#define CLIENT_DEPTH 4 /* issuers between a client's certificate and its authority */

/* What is spoken: forward secrecy and authenticated encryption, nothing else. */
static const char ciphers_1_2[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
				  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
				  "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char ciphers_1_3[] =
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
struct tls_server *tls_server_of(SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* Which certificate (RFC 6066 3). */

static const struct tls_site *find_site(const struct tls_server *s, const char *name, size_t len,
					unsigned flags)
{
	for (size_t i = 0; i < s->site_count; i++) {
		X509 *cert = SSL_CTX_get0_certificate(s->sites[i].ctx);

		if (X509_check_host(cert, name, len, flags, NULL) == 1)
			return &s->sites[i];
	}
	return NULL;
}

/* A name of the certificate itself, before the wildcard of another; the first for all else. */
static const struct tls_site *choose_site(const struct tls_server *s, const char *name)
{
	const unsigned flags =
		X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	size_t len = strlen(name);

	/* To OpenSSL a leading dot would mean "any name below". */
	if (len == 0 || name[0] == '.')
		return &s->sites[0];
	const struct tls_site *site = find_site(s, name, len, flags | X509_CHECK_FLAG_NO_WILDCARDS);
	if (!site)
		site = find_site(s, name, len, flags);
	return site ? site : &s->sites[0];
}

static int on_name(SSL *ssl, int *alert, void *arg)
{
	const struct tls_server *s = tls_server_of(ssl);
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)arg;
	if (!name || s->site_count == 1)
		return SSL_TLSEXT_ERR_OK;
	if (SSL_set_SSL_CTX(ssl, choose_site(s, name)->ctx))
		return SSL_TLSEXT_ERR_OK;
	*alert = SSL_AD_INTERNAL_ERROR;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Which protocol (RFC 7301). */

/* `offer` is a list of names, each behind its length. */
static const unsigned char *find_protocol(const unsigned char *offer, unsigned len,
					  struct slice want)
{
	for (unsigned at = 0; at < len; at += 1u + offer[at]) {
		struct slice name = {(const char *)offer + at + 1, offer[at]};

		if (name.len <= len - at - 1 && slice_eq(name, want))
			return offer + at + 1;
	}
	return NULL;
}

static int on_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
		       const unsigned char *offer, unsigned len, void *arg)
{
	/* curl names HTTP/1.0 where it is told to speak it. */
	static const struct slice spoken[] = {SLICE_INIT("h2"), SLICE_INIT("http/1.1"),
					      SLICE_INIT("http/1.0")};

	(void)arg;
	for (size_t i = tls_server_of(ssl)->http2 ? 0 : 1; i < 3; i++) {
		const unsigned char *found = find_protocol(offer, len, spoken[i]);

		if (found) {
			*ret = found;
			*ret_len = (unsigned char)spoken[i].len;
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Client certificates. */

static bool trust_client_ca(SSL_CTX *ctx, struct slice pem)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	bool ok = in != NULL;
	X509 *cert;
	unsigned n = 0;

	while (ok && (cert = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
		ok = X509_STORE_add_cert(store, cert) == 1 && SSL_CTX_add_client_CA(ctx, cert) == 1;
		X509_free(cert);
		n++;
	}
	ok = ok && n > 0 && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	(void)BIO_free(in);
	ERR_clear_error();
	/* An authority in the file is believed as it stands, also where it is no root. */
	return ok && X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1;
}

/*
 * Binds sessions to what clients were asked for: a ticket of a listener that asks nobody opens no
 * listener that asks.
 */
static bool set_session_context(SSL_CTX *ctx, const struct tls_server_config *config)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const unsigned char kind = config->client_required ? 2 : config->client_ca.ptr ? 1 : 0;
	bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(md, &kind, 1) == 1 &&
		  EVP_DigestUpdate(md, config->client_ca.ptr, config->client_ca.len) == 1 &&
		  EVP_DigestFinal_ex(md, digest, &len) == 1;

	EVP_MD_CTX_free(md);
	return ok && SSL_CTX_set_session_id_context(ctx, digest, len) == 1;
}

static bool ask_clients(SSL_CTX *ctx, const struct tls_server_config *config, struct writer *why)
{
	int mode =
		SSL_VERIFY_PEER | (config->client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);

	if (config->client_ca.len > TLS_MAX_FILE || !trust_client_ca(ctx, config->client_ca)) {
		put(why, SLICE("client authorities: there is no certificate in PEM that can be "
			       "read"));
		return false;
	}
	SSL_CTX_set_verify(ctx, mode, NULL);
	SSL_CTX_set_verify_depth(ctx, CLIENT_DEPTH);
	SSL_CTX_set_max_cert_list(ctx, TLS_MAX_CLIENT_CHAIN);
	return true;
}

/* The context. */

static void set_options(SSL_CTX *ctx)
{
	SSL_CTX_set_security_level(ctx, 2); /* 112 bits: RSA 2048, no SHA-1 */
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					       SSL_OP_CIPHER_SERVER_PREFERENCE |
					       SSL_OP_PRIORITIZE_CHACHA);
#ifndef OPENSSL_NO_KTLS
	(void)SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS);
#endif
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* One record a call: a peer that sends key updates alone does not keep the thread. */
	(void)SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_timeout(ctx, (long)TLS_TICKET_S);
}

/* OpenSSL 3.5 knows the hybrid; before, no list is taken that has a name which is not known. */
static bool set_groups(SSL_CTX *ctx)
{
	char hybrid[] = "X25519MLKEM768:X25519:P-256:P-384";
	char classic[] = "X25519:P-256:P-384";

	return SSL_CTX_set1_groups_list(ctx, hybrid) == 1 ||
	       SSL_CTX_set1_groups_list(ctx, classic) == 1;
}

static bool set_algorithms(SSL_CTX *ctx, bool minimum_1_3)
{
	int minimum = minimum_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
	bool ok = SSL_CTX_set_min_proto_version(ctx, minimum) == 1 &&
		  SSL_CTX_set_cipher_list(ctx, ciphers_1_2) == 1 &&
		  SSL_CTX_set_ciphersuites(ctx, ciphers_1_3) == 1 && set_groups(ctx);

	ERR_clear_error();
	return ok;
}

static bool make_context(struct tls_server *s, struct tls_site *site,
			 const struct tls_server_config *config, struct writer *why)
{
	SSL_CTX *ctx = site->ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || !set_algorithms(ctx, config->minimum_1_3) || !tls_tickets_use(ctx) ||
	    !set_session_context(ctx, config) || SSL_CTX_set_app_data(ctx, s) != 1) {
		put(why, SLICE("out of memory"));
		return false;
	}
	set_options(ctx);
	(void)SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
	SSL_CTX_set_alpn_select_cb(ctx, on_protocol, NULL);
	return !config->client_ca.ptr || ask_clients(ctx, config, why);
}

static bool add_site(struct tls_server *s, const struct tls_server_config *config,
		     struct writer *why)
{
	struct tls_site *site = &s->sites[s->site_count];
	const struct tls_identity *identity = &config->identities[s->site_count];
	char text[256];
	struct writer fault;

	s->site_count++;
	if (!make_context(s, site, config, why))
		return false;
	writer_init(&fault, text, sizeof(text));
	if (tls_site_fill(site, identity, &fault))
		return true;
	put(why, SLICE("certificate "));
	put_u64(why, s->site_count);
	put(why, SLICE(": "));
	put(why, writer_slice(&fault));
	return false;
}

static bool fill(struct tls_server *s, const struct tls_server_config *config, struct writer *why)
{
	s->socket = tls_socket_method();
	if (!s->socket) {
		put(why, SLICE("out of memory"));
		return false;
	}
	if (config->identity_count == 0 || config->identity_count > TLS_MAX_CERTIFICATES) {
		put(why, SLICE("1 to 16 certificates are needed"));
		return false;
	}
	while (s->site_count < config->identity_count) {
		if (!add_site(s, config, why))
			return false;
	}
	return true;
}

struct tls_server *tls_server_new(const struct tls_server_config *config, struct writer *why)
{
	struct tls_server *s = calloc(1, sizeof(*s));

	if (!s) {
		put(why, SLICE("out of memory"));
		return NULL;
	}
	atomic_init(&s->refs, 1);
	s->tickets = tls_tickets_ref(config->tickets);
	s->http2 = config->http2;
	bool ok = fill(s, config, why);
	ERR_clear_error();
	if (ok)
		return s;
	tls_server_unref(s);
	return NULL;
}

struct tls_server *tls_server_ref(struct tls_server *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void tls_server_unref(struct tls_server *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	for (size_t i = 0; i < s->site_count; i++)
		tls_site_fini(&s->sites[i]);
	BIO_meth_free(s->socket);
	tls_tickets_unref(s->tickets);
	free(s);
}

int64_t tls_server_expires(const struct tls_server *s, size_t *ret_index)
{
	size_t first = 0;

	for (size_t i = 1; i < s->site_count; i++) {
		if (s->sites[i].expires < s->sites[first].expires)
			first = i;
	}
	if (ret_index)
		*ret_index = first;
	return s->sites[first].expires;
}

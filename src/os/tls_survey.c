/* SPDX-License-Identifier: Apache-2.0 */
#include "os/tls_survey.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_HOST     255u /* bytes (RFC 1035 2.3.4) */
#define MAX_PROTOCOL 15u

struct tls_survey_trust {
	SSL_CTX *ctx;
};

static bool configure(SSL_CTX *ctx)
{
	/* The chain is looked at all the same; its verdict stops nothing. */
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	(void)SSL_CTX_set_mode(ctx,
			       SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1;
}

static const char *fill(SSL_CTX *ctx, const char *ca_file)
{
	if (!ctx || !configure(ctx))
		return "out of memory";
	if (!ca_file)
		return SSL_CTX_set_default_verify_paths(ctx) == 1
			       ? NULL
			       : "the system's certificate authorities cannot be read";
	return SSL_CTX_load_verify_file(ctx, ca_file) == 1
		       ? NULL
		       : "the file has no certificate authorities that can be read";
}

struct tls_survey_trust *tls_survey_trust_new(const char *ca_file, const char **ret_why)
{
	struct tls_survey_trust *trust = calloc(1, sizeof(*trust));

	if (!trust) {
		*ret_why = "out of memory";
		return NULL;
	}
	trust->ctx = SSL_CTX_new(TLS_client_method());
	const char *why = fill(trust->ctx, ca_file);
	ERR_clear_error();
	if (!why)
		return trust;
	*ret_why = why;
	tls_survey_trust_free(trust);
	return NULL;
}

void tls_survey_trust_free(struct tls_survey_trust *trust)
{
	if (!trust)
		return;
	SSL_CTX_free(trust->ctx);
	free(trust);
}

/* A trailing dot is for DNS, not for certificates (RFC 6066 3). */
static bool put_name(char name[MAX_HOST + 1], struct slice host)
{
	if (slice_ends(host, SLICE(".")))
		host.len--;
	if (host.len == 0 || host.len > MAX_HOST)
		return false;
	memcpy(name, host.ptr, host.len);
	name[host.len] = '\0';
	return true;
}

static bool is_address(const char *host)
{
	uint8_t scrap[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, scrap) == 1 || inet_pton(AF_INET6, host, scrap) == 1;
}

static bool expect_host(SSL *ssl, char *host)
{
	if (is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static bool offer(SSL *ssl, struct slice alpn)
{
	unsigned char list[1 + MAX_PROTOCOL];

	if (alpn.len == 0)
		return true;
	if (alpn.len > MAX_PROTOCOL)
		return false;
	list[0] = (unsigned char)alpn.len;
	memcpy(list + 1, alpn.ptr, alpn.len);
	return SSL_set_alpn_protos(ssl, list, 1 + (unsigned)alpn.len) == 0;
}

/* OpenSSL 3 has no TLS 1.1 at its usual level: its signatures are too weak for it. */
static bool limit(SSL *ssl, enum tls_survey_versions versions)
{
	switch (versions) {
	case TLS_SURVEY_OLD:
		SSL_set_security_level(ssl, 0);
		return SSL_set_min_proto_version(ssl, TLS1_VERSION) == 1 &&
		       SSL_set_max_proto_version(ssl, TLS1_1_VERSION) == 1 &&
		       SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0") == 1;
	case TLS_SURVEY_13:
		return SSL_set_min_proto_version(ssl, TLS1_3_VERSION) == 1;
	case TLS_SURVEY_USUAL:
		break;
	}
	return true;
}

enum err tls_survey_init(struct tls_survey *s, const struct tls_survey_trust *trust, int fd,
			 struct slice host, struct slice alpn, enum tls_survey_versions versions)
{
	char name[MAX_HOST + 1];

	*s = (struct tls_survey){NULL};
	if (!put_name(name, host))
		return E_TOO_BIG;
	s->ssl = SSL_new(trust->ctx);
	if (s->ssl && expect_host(s->ssl, name) && offer(s->ssl, alpn) && limit(s->ssl, versions) &&
	    SSL_set_fd(s->ssl, fd) == 1) {
		SSL_set_connect_state(s->ssl);
		return OK;
	}
	tls_survey_fini(s);
	return E_NOMEM;
}

static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text ? text : "the connection ended in the middle of TLS";
}

static long step(struct tls_survey *s, int result)
{
	if (result > 0)
		return result;
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_SURVEY_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_SURVEY_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		s->why = reason();
		ERR_clear_error();
		/* After a fatal error no goodbye may be sent (SSL_shutdown(3)). */
		SSL_set_quiet_shutdown(s->ssl, 1);
		return TLS_SURVEY_FAILED;
	}
}

long tls_survey_handshake(struct tls_survey *s)
{
	ERR_clear_error();
	long result = step(s, SSL_do_handshake(s->ssl));
	if (result == 0) {
		s->why = "the peer closed instead of greeting";
		return TLS_SURVEY_FAILED;
	}
	return result;
}

static int clamp(size_t n)
{
	return n < INT_MAX ? (int)n : INT_MAX;
}

long tls_survey_receive(struct tls_survey *s, char *room, size_t cap)
{
	ERR_clear_error();
	return step(s, SSL_read(s->ssl, room, clamp(cap)));
}

long tls_survey_send(struct tls_survey *s, struct slice bytes)
{
	if (bytes.len == 0)
		return 0;
	ERR_clear_error();
	return step(s, SSL_write(s->ssl, bytes.ptr, clamp(bytes.len)));
}

void tls_survey_fini(struct tls_survey *s)
{
	if (!s->ssl)
		return;
	if (SSL_is_init_finished(s->ssl))
		(void)SSL_shutdown(s->ssl);
	SSL_free(s->ssl);
	ERR_clear_error();
	s->ssl = NULL;
}

/* Facts. */

static int64_t seconds(const ASN1_TIME *time)
{
	struct tm tm = {0};

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static void put_name_of(char *room, size_t cap, const X509_NAME *name)
{
	char *text = X509_NAME_oneline(name, NULL, 0);

	(void)snprintf(room, cap, "%s", text ? text : "");
	OPENSSL_free(text);
}

static bool is_for(X509 *cert, struct slice host)
{
	char name[MAX_HOST + 1];

	if (!put_name(name, host))
		return false;
	if (is_address(name))
		return X509_check_ip_asc(cert, name, 0) == 1;
	return X509_check_host(cert, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

void tls_survey_facts(const struct tls_survey *s, struct slice host, struct tls_facts *ret)
{
	long verdict = SSL_get_verify_result(s->ssl);
	X509 *cert = SSL_get0_peer_certificate(s->ssl);
	const unsigned char *alpn = NULL;
	unsigned alpn_len = 0;

	*ret = (struct tls_facts){.trusted = cert && verdict == X509_V_OK};
	(void)snprintf(ret->version, sizeof(ret->version), "%s", SSL_get_version(s->ssl));
	(void)snprintf(ret->cipher, sizeof(ret->cipher), "%s", SSL_get_cipher_name(s->ssl));
	SSL_get0_alpn_selected(s->ssl, &alpn, &alpn_len);
	(void)snprintf(ret->alpn, sizeof(ret->alpn), "%.*s", (int)alpn_len, (const char *)alpn);
	if (verdict != X509_V_OK)
		(void)snprintf(ret->reason, sizeof(ret->reason), "%s",
			       X509_verify_cert_error_string(verdict));
	if (!cert)
		return;
	put_name_of(ret->subject, sizeof(ret->subject), X509_get_subject_name(cert));
	put_name_of(ret->issuer, sizeof(ret->issuer), X509_get_issuer_name(cert));
	ret->not_before = seconds(X509_get0_notBefore(cert));
	ret->not_after = seconds(X509_get0_notAfter(cert));
	ret->name_wrong = !is_for(cert, host);
}

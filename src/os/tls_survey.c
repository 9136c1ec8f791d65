/* SPDX-License-Identifier: Apache-2.0 */
#include "os/tls_survey.h"

#include "os/tls_name.h"

#include <openssl/ssl.h>

#include <stdio.h>
#include <time.h>

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

/* The chain is looked at all the same; its verdict stops nothing. */
static enum err look_only(struct tls_client *c, struct slice alpn,
			  enum tls_survey_versions versions)
{
	SSL_set_verify(c->ssl, SSL_VERIFY_NONE, NULL);
	(void)SSL_set_mode(c->ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* OpenSSL's own way to the socket, which knows a cut from a failure, and names it. */
	if (!limit(c->ssl, versions) || SSL_set_fd(c->ssl, c->fd) != 1)
		return E_NOMEM;
	return tls_client_offer(c, alpn);
}

enum err tls_survey_init(struct tls_client *c, const struct tls_trust *trust, int fd,
			 struct slice host, struct slice alpn, enum tls_survey_versions versions)
{
	enum err err = tls_client_init(c, trust, fd, host);

	if (!err)
		err = look_only(c, alpn, versions);
	if (err)
		tls_client_fini(c);
	return err;
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

void tls_survey_facts(const struct tls_client *c, struct slice host, struct tls_facts *ret)
{
	long verdict = SSL_get_verify_result(c->ssl);
	X509 *cert = SSL_get0_peer_certificate(c->ssl);
	const unsigned char *alpn = NULL;
	unsigned alpn_len = 0;

	*ret = (struct tls_facts){.trusted = cert && verdict == X509_V_OK};
	(void)snprintf(ret->version, sizeof(ret->version), "%s", SSL_get_version(c->ssl));
	(void)snprintf(ret->cipher, sizeof(ret->cipher), "%s", SSL_get_cipher_name(c->ssl));
	SSL_get0_alpn_selected(c->ssl, &alpn, &alpn_len);
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
	ret->name_wrong = !tls_name_fits(cert, host);
}

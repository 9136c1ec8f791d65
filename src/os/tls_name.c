/* SPDX-License-Identifier: Apache-2.0 */
#include "os/tls_name.h"

#include "os/tls_client.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <string.h>

/* A trailing dot is for DNS, not for certificates (RFC 6066 3). */
static bool put_name(char name[TLS_MAX_HOST + 1], struct slice host)
{
	if (slice_ends(host, SLICE(".")))
		host.len--;
	if (host.len == 0 || host.len > TLS_MAX_HOST)
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

/*
 * Server Name Indication has no form for addresses (RFC 6066 3). `name` is not const only because
 * OpenSSL's macro casts it.
 */
static bool expect(SSL *ssl, char *name)
{
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

enum err tls_name_expect(SSL *ssl, struct slice host)
{
	char name[TLS_MAX_HOST + 1];

	if (!put_name(name, host))
		return E_TOO_BIG;
	return expect(ssl, name) ? OK : E_NOMEM;
}

bool tls_name_fits(X509 *cert, struct slice host)
{
	char name[TLS_MAX_HOST + 1];

	if (!put_name(name, host))
		return false;
	if (is_address(name))
		return X509_check_ip_asc(cert, name, 0) == 1;
	return X509_check_host(cert, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* tls_site.c - one certificate with its chain, key and OCSP response, judged before it serves. */
#include "os/tls_context.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <limits.h>
#include <string.h>
#include <time.h>

#define MIN_RSA_BITS 2048
#define OCSP_SKEW_S  300 /* by which the clocks of the authority and ours may differ */

static bool fail(struct writer *why, const char *text)
{
	put(why, slice_of(text));
	return false;
}

/* The library's own words for a fault that ours do not name. */
static bool fail_openssl(struct writer *why, const char *text)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	put(why, slice_of(text));
	if (reason) {
		put(why, SLICE(": "));
		put(why, slice_of(reason));
	}
	ERR_clear_error();
	return false;
}

static BIO *reader(struct slice bytes)
{
	return bytes.len <= TLS_MAX_FILE ? BIO_new_mem_buf(bytes.ptr, (int)bytes.len) : NULL;
}

/* INT64_MAX where the time cannot be read. */
static int64_t unix_of(const ASN1_TIME *at)
{
	struct tm tm;

	if (!at || ASN1_TIME_to_tm(at, &tm) != 1)
		return INT64_MAX;
	return (int64_t)timegm(&tm);
}

/* The certificate and its chain. */

static bool judge_times(struct tls_site *site, const X509 *cert, struct writer *why)
{
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) >= 0)
		return fail(why, "the certificate is not valid yet");
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0)
		return fail(why, "the certificate has expired");
	site->expires = unix_of(X509_get0_notAfter(cert));
	return true;
}

static bool judge_key(const X509 *cert, struct writer *why)
{
	const EVP_PKEY *key = X509_get0_pubkey(cert);

	if (!key)
		return fail_openssl(why, "the certificate's key cannot be read");
	int kind = EVP_PKEY_get_base_id(key);
	if ((kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS) &&
	    EVP_PKEY_get_bits(key) < MIN_RSA_BITS)
		return fail(why, "the RSA key is shorter than 2048 bits");
	return true;
}

static bool use_leaf(struct tls_site *site, X509 *cert, struct writer *why)
{
	if (!judge_times(site, cert, why) || !judge_key(cert, why))
		return false;
	if (SSL_CTX_use_certificate(site->ctx, cert) != 1)
		return fail_openssl(why, "the certificate cannot be used");
	return true;
}

static bool use_issuers(struct tls_site *site, BIO *in, struct writer *why)
{
	unsigned n = 1;
	X509 *issuer;

	while ((issuer = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
		if (++n > TLS_MAX_CHAIN || SSL_CTX_add0_chain_cert(site->ctx, issuer) != 1) {
			X509_free(issuer);
			return n > TLS_MAX_CHAIN
				       ? fail(why, "the chain has more than 16 certificates")
				       : fail_openssl(why, "the chain cannot be used");
		}
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return fail_openssl(why, "the chain cannot be read");
	ERR_clear_error();
	return true;
}

static bool use_chain(struct tls_site *site, struct slice pem, struct writer *why)
{
	BIO *in = reader(pem);
	X509 *cert = in ? PEM_read_bio_X509_AUX(in, NULL, NULL, NULL) : NULL;
	bool ok = cert ? use_leaf(site, cert, why) && use_issuers(site, in, why)
		       : fail(why, "there is no certificate in PEM");

	X509_free(cert);
	(void)BIO_free(in);
	return ok;
}

/* The key. */

/* Nobody is there to type one; `arg` remembers that one was asked for. */
static int on_passphrase(char *room, int cap, int writing, void *arg)
{
	bool *asked = arg;

	(void)room;
	(void)cap;
	(void)writing;
	*asked = true;
	return -1;
}

/* Some authorities deliver the chain with the root first. */
static bool judge_fit(const struct tls_site *site, const EVP_PKEY *key, struct writer *why)
{
	STACK_OF(X509) *chain = NULL;

	if (X509_check_private_key(SSL_CTX_get0_certificate(site->ctx), key) == 1)
		return true;
	(void)SSL_CTX_get0_chain_certs(site->ctx, &chain);
	for (int i = 0; chain && i < sk_X509_num(chain); i++) {
		if (X509_check_private_key(sk_X509_value(chain, i), key) != 1)
			continue;
		put(why, SLICE("the key fits certificate "));
		put_u64(why, (uint64_t)i + 2);
		return fail(why, " of the chain: put the server's own first");
	}
	return fail(why, "the key does not fit");
}

static bool use_key(struct tls_site *site, struct slice pem, struct writer *why)
{
	bool asked = false;
	BIO *in = reader(pem);
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, on_passphrase, &asked) : NULL;
	bool ok = false;

	(void)BIO_free(in);
	ERR_clear_error();
	if (!key)
		ok = fail(why, asked ? "the key has a passphrase: store it without one"
				     : "there is no private key in PEM");
	else if (!judge_fit(site, key, why))
		ok = false;
	else if (SSL_CTX_use_PrivateKey(site->ctx, key) != 1)
		ok = fail_openssl(why, "the key cannot be used");
	else
		ok = true;
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

/* The OCSP response (RFC 6960). */

static X509 *issuer_of(const struct tls_site *site)
{
	STACK_OF(X509) *chain = NULL;

	(void)SSL_CTX_get0_chain_certs(site->ctx, &chain);
	return chain && sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : NULL;
}

/* Without the issuer's certificate the serial number has to do. */
static bool is_about(const OCSP_CERTID *id, X509 *cert, X509 *issuer)
{
	ASN1_OBJECT *hash = NULL;
	ASN1_INTEGER *serial = NULL;

	if (OCSP_id_get0_info(NULL, &hash, NULL, &serial, (OCSP_CERTID *)(uintptr_t)id) != 1)
		return false;
	if (!issuer)
		return ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(cert)) == 0;
	const EVP_MD *md = EVP_get_digestbyobj(hash);
	OCSP_CERTID *want = md ? OCSP_cert_to_id(md, cert, issuer) : NULL;
	bool same = want && OCSP_id_cmp(want, id) == 0;
	OCSP_CERTID_free(want);
	return same;
}

static OCSP_SINGLERESP *find_single(OCSP_BASICRESP *basic, X509 *cert, X509 *issuer)
{
	int count = OCSP_resp_count(basic);

	for (int i = 0; i < count; i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);

		if (single && is_about(OCSP_SINGLERESP_get0_id(single), cert, issuer))
			return single;
	}
	return NULL;
}

static bool judge_single(struct tls_staple *staple, OCSP_SINGLERESP *single, struct writer *why)
{
	ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
	int reason = 0;
	int status = OCSP_single_get0_status(single, &reason, NULL, &from, &until);

	if (status == V_OCSP_CERTSTATUS_REVOKED)
		return fail(why, "the OCSP response says that the certificate is revoked");
	if (status != V_OCSP_CERTSTATUS_GOOD)
		return fail(why, "the OCSP response does not know the certificate");
	if (OCSP_check_validity(from, until, OCSP_SKEW_S, -1) != 1)
		return fail(why, "the OCSP response has expired or is not valid yet");
	staple->expires = unix_of(until);
	return true;
}

static bool judge_response(struct tls_site *site, OCSP_RESPONSE *response, struct writer *why)
{
	if (OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return fail(why, "the OCSP response is a refusal of the authority");
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
	if (!basic)
		return fail(why, "the OCSP response cannot be read");
	OCSP_SINGLERESP *single =
		find_single(basic, SSL_CTX_get0_certificate(site->ctx), issuer_of(site));
	bool ok = single ? judge_single(&site->staple, single, why)
			 : fail(why, "the OCSP response is of another certificate");
	OCSP_BASICRESP_free(basic);
	return ok;
}

static bool use_ocsp(struct tls_site *site, struct slice der, struct writer *why)
{
	if (der.len > TLS_MAX_FILE)
		return fail(why, "the OCSP response is too large");
	const unsigned char *at = (const unsigned char *)der.ptr;
	OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	bool whole = response && at == (const unsigned char *)der.ptr + der.len;
	bool ok = whole ? judge_response(site, response, why)
			: fail(why, "there is no OCSP response in DER");

	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	if (!ok)
		return false;
	char *copy = OPENSSL_memdup(der.ptr, der.len);
	if (!copy)
		return fail(why, "out of memory");
	site->staple.der = (struct slice){copy, der.len};
	return true;
}

/* Given to each connection that asks: OpenSSL frees its copy. */
static int on_status(SSL *ssl, void *arg)
{
	const struct tls_site *site = arg;

	if ((int64_t)time(NULL) >= site->staple.expires)
		return SSL_TLSEXT_ERR_NOACK;
	void *copy = OPENSSL_memdup(site->staple.der.ptr, site->staple.der.len);
	if (!copy)
		return SSL_TLSEXT_ERR_NOACK;
	(void)SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)site->staple.der.len);
	return SSL_TLSEXT_ERR_OK;
}

bool tls_site_fill(struct tls_site *site, const struct tls_identity *identity, struct writer *why)
{
	if (!use_chain(site, identity->chain, why) || !use_key(site, identity->key, why))
		return false;
	if (!identity->ocsp.ptr)
		return true;
	if (!use_ocsp(site, identity->ocsp, why))
		return false;
	(void)SSL_CTX_set_tlsext_status_cb(site->ctx, on_status);
	(void)SSL_CTX_set_tlsext_status_arg(site->ctx, site);
	return true;
}

void tls_site_fini(struct tls_site *site)
{
	SSL_CTX_free(site->ctx);
	OPENSSL_free((void *)(uintptr_t)site->staple.der.ptr);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "os/tls_self.h"

#include "os/entropy.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdint.h>
#include <string.h>

#define DAY_S (24L * 60 * 60)

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = ext && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

static bool set_name(X509 *cert)
{
	X509_NAME *name = X509_get_subject_name(cert);
	const unsigned char text[] = "sluice (self-signed)";

	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(cert, name) == 1;
}

/* Browsers remember numbers: one that came with another certificate would be refused. */
static bool set_serial(X509 *cert)
{
	uint64_t number;

	return !entropy_get(&number, sizeof(number)) &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), number >> 1) == 1;
}

static bool fill(X509 *cert, EVP_PKEY *key)
{
	/* A minute back, for clients whose clock is a little behind. */
	return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) && set_name(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -60) &&
	       X509_gmtime_adj(X509_getm_notAfter(cert), TLS_SELF_DAYS * DAY_S) &&
	       X509_set_pubkey(cert, key) == 1 &&
	       add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(cert, NID_ext_key_usage, "serverAuth") &&
	       add_extension(cert, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
	       X509_sign(cert, key, EVP_sha256()) > 0;
}

/* 0: too long, or no memory. */
static size_t take(BIO *bio, char *room)
{
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);

	if (len <= 0 || len > (long)TLS_SELF_PEM)
		return 0;
	memcpy(room, text, (size_t)len);
	return (size_t)len;
}

static bool write_pem(struct tls_self *s, X509 *cert, EVP_PKEY *key)
{
	BIO *chain = BIO_new(BIO_s_mem());
	BIO *secret = BIO_new(BIO_s_secmem());

	if (chain && secret && PEM_write_bio_X509(chain, cert) == 1 &&
	    PEM_write_bio_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL) == 1) {
		s->chain_len = take(chain, s->chain);
		s->key_len = take(secret, s->key);
	}
	(void)BIO_free(chain);
	(void)BIO_free(secret);
	return s->chain_len > 0 && s->key_len > 0;
}

static bool write_fingerprint(struct tls_self *s, const X509 *cert)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (X509_digest(cert, EVP_sha256(), digest, &len) != 1 || 3 * len > TLS_SELF_TEXT)
		return false;
	for (unsigned i = 0; i < len; i++) {
		s->fingerprint[3 * i] = "0123456789ABCDEF"[digest[i] >> 4];
		s->fingerprint[3 * i + 1] = "0123456789ABCDEF"[digest[i] & 15];
		s->fingerprint[3 * i + 2] = i + 1 < len ? ':' : '\0';
	}
	return true;
}

/* The public key and not the certificate, so that it is what HPKP called a pin (RFC 7469 2.4). */
static bool write_pin(struct tls_self *s, EVP_PKEY *key)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned char *der = NULL;
	unsigned len = 0;
	int der_len = i2d_PUBKEY(key, &der);
	bool ok = der_len > 0 && EVP_Digest(der, (size_t)der_len, digest, &len, EVP_sha256(), NULL);

	OPENSSL_free(der);
	if (!ok || len != 32)
		return false;
	memcpy(s->pin, "sha256//", 8);
	(void)EVP_EncodeBlock((unsigned char *)s->pin + 8, digest, (int)len);
	return true;
}

enum err tls_self_make(struct tls_self *ret)
{
	struct tls_self s = {0};
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	bool ok = key && cert && fill(cert, key) && write_pem(&s, cert, key) &&
		  write_fingerprint(&s, cert) && write_pin(&s, key);

	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (ok)
		*ret = s;
	tls_self_wipe(&s);
	return ok ? OK : E_NOMEM;
}

void tls_self_wipe(struct tls_self *s)
{
	OPENSSL_cleanse(s, sizeof(*s));
}

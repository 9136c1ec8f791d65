/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/jws.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#define SHA256_SIZE  32u
#define ES256_SIZE   (2 * JWK_P256_SIZE)
#define ES256_DER    72u /* longest ECDSA-Sig-Value of P-256 (RFC 3279 2.2.3) */
#define ED25519_SIZE 64u

static const uint8_t *bytes_of(struct slice s)
{
	return (const uint8_t *)s.ptr;
}

/* PS256 has a salt as long as the hash (RFC 7518 3.5). */
static bool set_padding(EVP_PKEY_CTX *ctx, enum jws_alg alg)
{
	if (alg == JWS_RS256)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	if (alg != JWS_PS256)
		return true;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* Ed25519 hashes for itself. */
static const EVP_MD *hash_of(enum jws_alg alg)
{
	return alg == JWS_EDDSA ? NULL : EVP_sha256();
}

static bool verify_digest(EVP_PKEY *pkey, enum jws_alg alg, struct slice message,
			  struct slice signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	bool ok = ctx && EVP_DigestVerifyInit(ctx, &pctx, hash_of(alg), NULL, pkey) == 1 &&
		  set_padding(pctx, alg) &&
		  EVP_DigestVerify(ctx, bytes_of(signature), signature.len, bytes_of(message),
				   message.len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool sign_digest(EVP_PKEY *pkey, enum jws_alg alg, struct slice message, uint8_t *signature,
			size_t cap, size_t *ret_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	size_t len = cap;
	bool ok = ctx && EVP_DigestSignInit(ctx, &pctx, hash_of(alg), NULL, pkey) == 1 &&
		  set_padding(pctx, alg) &&
		  EVP_DigestSign(ctx, signature, &len, bytes_of(message), message.len) == 1;

	EVP_MD_CTX_free(ctx);
	if (ok)
		*ret_len = len;
	return ok;
}

static bool verify_hmac(EVP_PKEY *pkey, struct slice message, struct slice signature)
{
	uint8_t mac[SHA256_SIZE];
	size_t len;

	return signature.len == sizeof(mac) &&
	       sign_digest(pkey, JWS_HS256, message, mac, sizeof(mac), &len) &&
	       len == sizeof(mac) && CRYPTO_memcmp(mac, signature.ptr, sizeof(mac)) == 0;
}

/* Tokens carry r and s at full length (RFC 7518 3.4); OpenSSL wants them in DER. */
static size_t es256_to_der(struct slice raw, uint8_t der[ES256_DER])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(bytes_of(raw), JWK_P256_SIZE, NULL);
	BIGNUM *s = BN_bin2bn(bytes_of(raw) + JWK_P256_SIZE, JWK_P256_SIZE, NULL);
	uint8_t *at = der;

	if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(sig);
		return 0;
	}
	int len = i2d_ECDSA_SIG(sig, &at);
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

static bool es256_from_der(const uint8_t *der, size_t len, uint8_t raw[ES256_SIZE])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, JWK_P256_SIZE) == JWK_P256_SIZE &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + JWK_P256_SIZE, JWK_P256_SIZE) ==
			  JWK_P256_SIZE;

	ECDSA_SIG_free(sig);
	return ok;
}

static bool verify_es256(EVP_PKEY *pkey, struct slice message, struct slice signature)
{
	uint8_t der[ES256_DER];

	if (signature.len != ES256_SIZE)
		return false;
	size_t len = es256_to_der(signature, der);
	return len > 0 &&
	       verify_digest(pkey, JWS_ES256, message, (struct slice){(const char *)der, len});
}

static bool verify(const struct jwk *key, enum jws_alg alg, struct slice message,
		   struct slice signature)
{
	switch (alg) {
	case JWS_HS256:
		return verify_hmac(key->pkey, message, signature);
	case JWS_ES256:
		return verify_es256(key->pkey, message, signature);
	case JWS_EDDSA:
		return signature.len == ED25519_SIZE &&
		       verify_digest(key->pkey, alg, message, signature);
	case JWS_RS256:
	case JWS_PS256:
		/* RFC 8017 8.1.2, 8.2.2: exactly as long as the modulus. */
		return signature.len == (size_t)EVP_PKEY_get_size(key->pkey) &&
		       verify_digest(key->pkey, alg, message, signature);
	case JWS_ALG_COUNT:
		break;
	}
	return false;
}

bool jws_verify(const struct jwk *key, enum jws_alg alg, struct slice message,
		struct slice signature)
{
	if (!jwk_allows(key, alg))
		return false;
	/* What stays in OpenSSL's error queue would be taken for an error of a TLS connection. */
	ERR_set_mark();
	bool ok = verify(key, alg, message, signature);
	ERR_pop_to_mark();
	return ok;
}

static bool sign(const struct jwk *key, enum jws_alg alg, struct slice message,
		 uint8_t signature[JWS_MAX_SIGNATURE], size_t *ret_len)
{
	uint8_t der[ES256_DER];
	size_t len;

	if (alg != JWS_ES256)
		return sign_digest(key->pkey, alg, message, signature, JWS_MAX_SIGNATURE, ret_len);
	if (!sign_digest(key->pkey, alg, message, der, sizeof(der), &len) ||
	    !es256_from_der(der, len, signature))
		return false;
	*ret_len = ES256_SIZE;
	return true;
}

enum err jws_sign(const struct jwk *key, enum jws_alg alg, struct slice message,
		  uint8_t signature[JWS_MAX_SIGNATURE], size_t *ret_len)
{
	if (!jwk_allows(key, alg) || !key->can_sign)
		return E_RANGE;
	ERR_set_mark();
	bool ok = sign(key, alg, message, signature, ret_len);
	ERR_pop_to_mark();
	return ok ? OK : E_IO;
}

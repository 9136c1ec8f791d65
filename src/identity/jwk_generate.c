/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/jwk_generate.h"

#include "base/base64url.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#define RANDOM_KID 12 /* bytes: 16 characters */

static EVP_PKEY *generate_oct(void)
{
	uint8_t secret[JWK_OCT_MIN];
	EVP_PKEY *pkey = NULL;

	if (RAND_bytes(secret, sizeof(secret)) == 1)
		pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, secret, sizeof(secret));
	OPENSSL_cleanse(secret, sizeof(secret));
	return pkey;
}

static EVP_PKEY *generate_pkey(enum jwk_type type)
{
	switch (type) {
	case JWK_OCT:
		return generate_oct();
	case JWK_RSA:
		return EVP_RSA_gen(JWK_GENERATE_RSA_BITS);
	case JWK_EC_P256:
		return EVP_EC_gen("P-256");
	case JWK_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

static bool set_kid(struct jwk *key, struct slice kid)
{
	uint8_t random[RANDOM_KID];
	struct writer w;

	writer_init(&w, key->kid, sizeof(key->kid));
	if (kid.ptr) {
		put(&w, kid);
	} else {
		if (RAND_bytes(random, sizeof(random)) != 1)
			return false;
		put_base64url(&w, (struct slice){(const char *)random, sizeof(random)});
	}
	key->kid_len = w.len;
	return true;
}

static enum err generate(enum jws_alg alg, struct slice kid, struct jwk **ret_key)
{
	enum jwk_type type = jws_alg_key_type(alg);
	EVP_PKEY *pkey = generate_pkey(type);
	struct jwk *key;

	if (!pkey)
		return E_IO;
	enum jwk_fault fault = jwk_from_pkey(pkey, type, true, &key);
	if (fault)
		return fault == JWK_NO_MEMORY ? E_NOMEM : E_IO;
	if (!set_kid(key, kid)) {
		jwk_unref(key);
		return E_IO;
	}
	key->algs = JWS_ALG_BIT(alg);
	*ret_key = key;
	return OK;
}

enum err jwk_generate(enum jws_alg alg, struct slice kid, struct jwk **ret_key)
{
	if (kid.ptr && (kid.len == 0 || kid.len > JWK_MAX_KID))
		return E_RANGE;
	ERR_set_mark();
	enum err err = generate(alg, kid, ret_key);
	ERR_pop_to_mark();
	return err;
}

static void put_member(struct writer *w, const char *name, const uint8_t *bytes, size_t len)
{
	put(w, SLICE(",\""));
	put(w, slice_of(name));
	put(w, SLICE("\":\""));
	put_base64url(w, (struct slice){(const char *)bytes, len});
	put_char(w, '"');
}

/* `size` 0: without leading zeros (Base64urlUInt, RFC 7518 2). */
static bool put_number(struct writer *w, const char *name, const struct jwk *key, const char *param,
		       size_t size)
{
	uint8_t bytes[JWK_MAX_MEMBER];
	BIGNUM *bn = NULL;

	if (EVP_PKEY_get_bn_param(key->pkey, param, &bn) != 1)
		return false;
	int len = BN_bn2binpad(bn, bytes, size > 0 ? (int)size : BN_num_bytes(bn));
	BN_clear_free(bn);
	if (len > 0)
		put_member(w, name, bytes, (size_t)len);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return len > 0;
}

typedef int (*raw_fn)(const EVP_PKEY *pkey, unsigned char *bytes, size_t *len);

static bool put_raw(struct writer *w, const char *name, const struct jwk *key, raw_fn get)
{
	uint8_t bytes[JWK_OCT_MAX];
	size_t len = sizeof(bytes);
	bool ok = get(key->pkey, bytes, &len) == 1;

	if (ok)
		put_member(w, name, bytes, len);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return ok;
}

static bool put_rsa(struct writer *w, const struct jwk *key, bool is_private)
{
	put(w, SLICE("\"kty\":\"RSA\""));
	bool ok = put_number(w, "n", key, OSSL_PKEY_PARAM_RSA_N, 0) &&
		  put_number(w, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);

	if (!is_private)
		return ok;
	return ok && put_number(w, "d", key, OSSL_PKEY_PARAM_RSA_D, 0) &&
	       put_number(w, "p", key, OSSL_PKEY_PARAM_RSA_FACTOR1, 0) &&
	       put_number(w, "q", key, OSSL_PKEY_PARAM_RSA_FACTOR2, 0) &&
	       put_number(w, "dp", key, OSSL_PKEY_PARAM_RSA_EXPONENT1, 0) &&
	       put_number(w, "dq", key, OSSL_PKEY_PARAM_RSA_EXPONENT2, 0) &&
	       put_number(w, "qi", key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 0);
}

static bool put_p256(struct writer *w, const struct jwk *key, bool is_private)
{
	put(w, SLICE("\"kty\":\"EC\",\"crv\":\"P-256\""));
	bool ok = put_number(w, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, JWK_P256_SIZE) &&
		  put_number(w, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, JWK_P256_SIZE);

	if (!is_private)
		return ok;
	return ok && put_number(w, "d", key, OSSL_PKEY_PARAM_PRIV_KEY, JWK_P256_SIZE);
}

static bool put_ed25519(struct writer *w, const struct jwk *key, bool is_private)
{
	put(w, SLICE("\"kty\":\"OKP\",\"crv\":\"Ed25519\""));
	return put_raw(w, "x", key, EVP_PKEY_get_raw_public_key) &&
	       (!is_private || put_raw(w, "d", key, EVP_PKEY_get_raw_private_key));
}

static bool put_material(struct writer *w, const struct jwk *key, bool is_private)
{
	switch (key->type) {
	case JWK_OCT:
		put(w, SLICE("\"kty\":\"oct\""));
		return put_raw(w, "k", key, EVP_PKEY_get_raw_private_key);
	case JWK_RSA:
		return put_rsa(w, key, is_private);
	case JWK_EC_P256:
		return put_p256(w, key, is_private);
	case JWK_ED25519:
		return put_ed25519(w, key, is_private);
	}
	return false;
}

/* Named only where the key is for one. */
static void put_alg(struct writer *w, const struct jwk *key)
{
	for (unsigned i = 0; i < JWS_ALG_COUNT; i++) {
		if (key->algs != JWS_ALG_BIT(i))
			continue;
		put(w, SLICE(",\"alg\":"));
		put_json(w, jws_alg_name((enum jws_alg)i));
	}
}

static bool put_jwk(struct writer *w, const struct jwk *key, bool is_private)
{
	put_char(w, '{');
	ERR_set_mark();
	bool ok = put_material(w, key, is_private);
	ERR_pop_to_mark();
	put(w, SLICE(",\"use\":\"sig\""));
	put_alg(w, key);
	if (key->kid_len > 0) {
		put(w, SLICE(",\"kid\":"));
		put_json(w, jwk_kid(key));
	}
	put_char(w, '}');
	return ok;
}

enum err put_jwk_private(struct writer *w, const struct jwk *key)
{
	if (!key->can_sign)
		return E_RANGE;
	if (!put_jwk(w, key, true))
		return E_IO;
	return w->overflow ? E_NO_SPACE : OK;
}

enum err put_jwks_public(struct writer *w, const struct jwk *key)
{
	bool ok = true;

	put(w, SLICE("{\"keys\":["));
	if (key->type != JWK_OCT)
		ok = put_jwk(w, key, false);
	put(w, SLICE("]}"));
	if (!ok)
		return E_IO;
	return w->overflow ? E_NO_SPACE : OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/jwk_build.h"

#include "base/base64url.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/param_build.h>
#include <string.h>

struct number {
	uint8_t bytes[JWK_MAX_MEMBER];
	size_t len;
};

/* The caller cleanses: it may be a secret. */
static bool read_number(const json_t *object, const char *name, struct number *ret)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return false;
	return base64url_decode((struct slice){json_string_value(value), json_string_length(value)},
				ret->bytes, sizeof(ret->bytes), &ret->len) == OK;
}

static BIGNUM *read_bignum(const json_t *object, const char *name)
{
	struct number n;
	BIGNUM *bn = NULL;

	if (read_number(object, name, &n))
		bn = BN_bin2bn(n.bytes, (int)n.len, NULL);
	OPENSSL_cleanse(&n, sizeof(n));
	return bn;
}

/* NULL: the numbers are no key, or memory is out; OpenSSL does not tell which. */
static EVP_PKEY *from_params(const char *algorithm, OSSL_PARAM_BLD *bld, bool is_private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, algorithm, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY *pkey = NULL;

	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
			      params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

#define RSA_NUMBERS        8
#define RSA_PUBLIC_NUMBERS 2

/* The public ones first (RFC 7518 6.3). */
static const struct {
	const char *member;
	const char *param;
} rsa_numbers[RSA_NUMBERS] = {
	{"n", OSSL_PKEY_PARAM_RSA_N},          {"e", OSSL_PKEY_PARAM_RSA_E},
	{"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
	{"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
	{"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
};

static enum jwk_fault build_rsa(const json_t *object, bool is_private, EVP_PKEY **ret_pkey)
{
	const size_t count = is_private ? RSA_NUMBERS : RSA_PUBLIC_NUMBERS;
	BIGNUM *numbers[RSA_NUMBERS] = {NULL};
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	enum jwk_fault fault = bld ? JWK_OK : JWK_NO_MEMORY;

	for (size_t i = 0; i < count && !fault; i++) {
		numbers[i] = read_bignum(object, rsa_numbers[i].member);
		if (!numbers[i] || !OSSL_PARAM_BLD_push_BN(bld, rsa_numbers[i].param, numbers[i]))
			fault = JWK_BAD_MEMBER;
	}
	if (!fault) {
		*ret_pkey = from_params("RSA", bld, is_private);
		fault = *ret_pkey ? JWK_OK : JWK_BAD_KEY;
	}
	for (size_t i = 0; i < RSA_NUMBERS; i++)
		BN_clear_free(numbers[i]);
	OSSL_PARAM_BLD_free(bld);
	return fault;
}

#define P256_POINT (1 + 2 * JWK_P256_SIZE)

/* Uncompressed form (SEC 1, 2.3.3); coordinates have their full length (RFC 7518 6.2.1.2). */
static bool read_point(const json_t *object, uint8_t point[P256_POINT])
{
	struct number x, y;

	if (!read_number(object, "x", &x) || x.len != JWK_P256_SIZE ||
	    !read_number(object, "y", &y) || y.len != JWK_P256_SIZE)
		return false;
	point[0] = 0x04;
	memcpy(point + 1, x.bytes, JWK_P256_SIZE);
	memcpy(point + 1 + JWK_P256_SIZE, y.bytes, JWK_P256_SIZE);
	return true;
}

static enum jwk_fault build_p256(const json_t *object, bool is_private, EVP_PKEY **ret_pkey)
{
	uint8_t point[P256_POINT];
	BIGNUM *d = is_private ? read_bignum(object, "d") : NULL;
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	enum jwk_fault fault = JWK_BAD_MEMBER;

	if (bld && read_point(object, point) && (d || !is_private) &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) &&
	    (!d || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d))) {
		*ret_pkey = from_params("EC", bld, is_private);
		fault = *ret_pkey ? JWK_OK : JWK_BAD_KEY;
	}
	OSSL_PARAM_BLD_free(bld);
	BN_clear_free(d);
	return fault;
}

/* OpenSSL derives the public key of a private one; the JWK's own must be the same. */
static bool has_public(const EVP_PKEY *pkey, const struct number *x)
{
	uint8_t derived[JWK_ED25519_SIZE];
	size_t len = sizeof(derived);

	return EVP_PKEY_get_raw_public_key(pkey, derived, &len) == 1 && len == x->len &&
	       memcmp(derived, x->bytes, len) == 0;
}

static enum jwk_fault build_ed25519(const json_t *object, bool is_private, EVP_PKEY **ret_pkey)
{
	struct number x, d;
	EVP_PKEY *pkey;

	if (!read_number(object, "x", &x) || x.len != JWK_ED25519_SIZE)
		return JWK_BAD_MEMBER;
	if (!is_private) {
		*ret_pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x.bytes, x.len);
		return *ret_pkey ? JWK_OK : JWK_BAD_KEY;
	}
	if (!read_number(object, "d", &d) || d.len != JWK_ED25519_SIZE) {
		OPENSSL_cleanse(&d, sizeof(d));
		return JWK_BAD_MEMBER;
	}
	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, d.bytes, d.len);
	OPENSSL_cleanse(&d, sizeof(d));
	if (!pkey || !has_public(pkey, &x)) {
		EVP_PKEY_free(pkey);
		return JWK_BAD_KEY;
	}
	*ret_pkey = pkey;
	return JWK_OK;
}

enum jwk_fault jwk_build_secret(struct slice secret, EVP_PKEY **ret_pkey)
{
	if (secret.len < JWK_OCT_MIN)
		return JWK_WEAK;
	if (secret.len > JWK_OCT_MAX)
		return JWK_OVERSIZED;

	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL,
						      (const uint8_t *)secret.ptr, secret.len);
	if (!pkey)
		return JWK_NO_MEMORY;
	*ret_pkey = pkey;
	return JWK_OK;
}

static enum jwk_fault build_oct(const json_t *object, EVP_PKEY **ret_pkey)
{
	struct number k;
	enum jwk_fault fault = JWK_BAD_MEMBER;

	if (read_number(object, "k", &k))
		fault = jwk_build_secret((struct slice){(const char *)k.bytes, k.len}, ret_pkey);
	OPENSSL_cleanse(&k, sizeof(k));
	return fault;
}

enum jwk_fault jwk_build(const json_t *object, enum jwk_type type, bool is_private,
			 EVP_PKEY **ret_pkey)
{
	switch (type) {
	case JWK_OCT:
		return build_oct(object, ret_pkey);
	case JWK_RSA:
		return build_rsa(object, is_private, ret_pkey);
	case JWK_EC_P256:
		return build_p256(object, is_private, ret_pkey);
	case JWK_ED25519:
		return build_ed25519(object, is_private, ret_pkey);
	}
	return JWK_UNKNOWN_TYPE;
}

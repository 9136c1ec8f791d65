/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/jwk.h"

#include "base/require.h"
#include "identity/json_strict.h"
#include "identity/jwk_build.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	bool is_foreign;
	const char *text;
} faults[JWK_FAULT_COUNT] = {
	[JWK_OK] = {false, "no fault"},
#define X(name, is_foreign, text) [name] = {is_foreign, text},
#include "identity/jwk_fault.def"
#undef X
};

const char *jwk_fault_text(enum jwk_fault fault)
{
	require(fault < JWK_FAULT_COUNT);
	return faults[fault].text;
}

bool jwk_fault_is_foreign(enum jwk_fault fault)
{
	require(fault < JWK_FAULT_COUNT);
	return faults[fault].is_foreign;
}

struct jwk *jwk_ref(struct jwk *key)
{
	atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
	return key;
}

void jwk_unref(struct jwk *key)
{
	if (!key || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) > 1)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

bool jwk_allows(const struct jwk *key, enum jws_alg alg)
{
	return (key->algs & JWS_ALG_BIT(alg)) != 0;
}

struct slice jwk_kid(const struct jwk *key)
{
	return (struct slice){key->kid, key->kid_len};
}

/* By hand: OpenSSL's own check also tries the modulus for primality, seconds for a large one. */
static enum jwk_fault check_rsa(const EVP_PKEY *pkey)
{
	BIGNUM *n = NULL, *e = NULL;
	enum jwk_fault fault = JWK_OK;

	if (EVP_PKEY_get_bits(pkey) < JWK_RSA_MIN_BITS)
		return JWK_WEAK;
	if (EVP_PKEY_get_bits(pkey) > JWK_RSA_MAX_BITS)
		return JWK_OVERSIZED;
	if (!EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) ||
	    !EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) || !BN_is_odd(n) ||
	    !BN_is_odd(e) || BN_is_one(e))
		fault = JWK_BAD_KEY;
	else if (BN_num_bits(e) > JWK_RSA_MAX_EXP)
		fault = JWK_OVERSIZED;
	BN_free(n);
	BN_free(e);
	return fault;
}

/* Explicit parameters may name a curve of the attacker's that only looks like P-256. */
static enum jwk_fault check_curve(const EVP_PKEY *pkey)
{
	char group[32];
	size_t len;
	int is_explicit = 0;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &len) != 1 ||
	    strcmp(group, "prime256v1") != 0)
		return JWK_UNKNOWN_TYPE;
	if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
				   &is_explicit) != 1 ||
	    is_explicit)
		return JWK_BAD_KEY;
	return JWK_OK;
}

static enum jwk_fault check_pair(EVP_PKEY *pkey, enum jwk_type type, bool can_sign)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool ok = ctx != NULL;

	if (ok && type != JWK_RSA)
		ok = EVP_PKEY_public_check(ctx) == 1;
	if (ok && can_sign)
		ok = EVP_PKEY_pairwise_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok ? JWK_OK : JWK_BAD_KEY;
}

static enum jwk_fault judge(EVP_PKEY *pkey, enum jwk_type type, bool can_sign)
{
	enum jwk_fault fault = JWK_OK;

	if (type == JWK_OCT)
		return JWK_OK;
	if (type == JWK_RSA)
		fault = check_rsa(pkey);
	if (type == JWK_EC_P256)
		fault = check_curve(pkey);
	return fault ? fault : check_pair(pkey, type, can_sign);
}

enum jwk_fault jwk_from_pkey(EVP_PKEY *pkey, enum jwk_type type, bool can_sign,
			     struct jwk **ret_key)
{
	ERR_set_mark();
	enum jwk_fault fault = judge(pkey, type, can_sign);
	ERR_pop_to_mark();

	struct jwk *key = fault ? NULL : calloc(1, sizeof(*key));
	if (!key) {
		EVP_PKEY_free(pkey);
		return fault ? fault : JWK_NO_MEMORY;
	}
	atomic_init(&key->refs, 1);
	key->type = type;
	key->algs = jws_algs_of_type(type);
	key->can_sign = can_sign;
	key->pkey = pkey;
	*ret_key = key;
	return JWK_OK;
}

enum jwk_fault jwk_from_secret(struct slice secret, struct jwk **ret_key)
{
	EVP_PKEY *pkey;

	ERR_set_mark();
	enum jwk_fault fault = jwk_build_secret(secret, &pkey);
	ERR_pop_to_mark();
	return fault ? fault : jwk_from_pkey(pkey, JWK_OCT, true, ret_key);
}

static bool member_is(const json_t *object, const char *name, const char *want)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value && strcmp(value, want) == 0;
}

static enum jwk_fault read_type(const json_t *object, enum jwk_type *ret_type)
{
	static const struct {
		const char *kty;
		const char *crv; /* NULL: the type has none */
		enum jwk_type type;
	} types[] = {
		{"oct", NULL, JWK_OCT},
		{"RSA", NULL, JWK_RSA},
		{"EC", "P-256", JWK_EC_P256},
		{"OKP", "Ed25519", JWK_ED25519},
	};

	if (!json_is_string(json_object_get(object, "kty")))
		return JWK_BAD_MEMBER;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (member_is(object, "kty", types[i].kty) &&
		    (!types[i].crv || member_is(object, "crv", types[i].crv))) {
			*ret_type = types[i].type;
			return JWK_OK;
		}
	}
	return JWK_UNKNOWN_TYPE;
}

/* Also of types that are foreign here: a leaked private key must not pass unseen. */
static enum jwk_fault check_secrecy(const json_t *object, enum jwk_mode mode)
{
	static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
	bool is_oct = member_is(object, "kty", "oct");
	bool has_private = false;

	for (size_t i = 0; i < sizeof(private_members) / sizeof(private_members[0]); i++)
		has_private |= json_object_get(object, private_members[i]) != NULL;
	if (is_oct)
		return mode == JWK_PUBLIC ? JWK_IS_SECRET : JWK_OK;
	if (mode == JWK_PRIVATE)
		return has_private ? JWK_OK : JWK_NOT_PRIVATE;
	return has_private ? JWK_IS_PRIVATE : JWK_OK;
}

/* RFC 7517 4.2, 4.3. */
static enum jwk_fault check_use(const json_t *object, enum jwk_mode mode)
{
	const char *want = mode == JWK_PRIVATE ? "sign" : "verify";
	const json_t *use = json_object_get(object, "use");
	const json_t *ops = json_object_get(object, "key_ops");

	if ((use && !json_is_string(use)) || (ops && !json_is_array(ops)))
		return JWK_BAD_MEMBER;
	if (use && !member_is(object, "use", "sig"))
		return JWK_OTHER_USE;
	if (!ops)
		return JWK_OK;
	for (size_t i = 0; i < json_array_size(ops); i++) {
		const char *op = json_string_value(json_array_get(ops, i));

		if (!op)
			return JWK_BAD_MEMBER;
		if (strcmp(op, want) == 0)
			return JWK_OK;
	}
	return JWK_OTHER_USE;
}

/* RFC 7517 4.4. */
static enum jwk_fault read_algs(const json_t *object, enum jwk_type type, unsigned *ret_algs)
{
	const json_t *value = json_object_get(object, "alg");
	enum jws_alg alg;

	*ret_algs = jws_algs_of_type(type);
	if (!value)
		return JWK_OK;
	if (!json_is_string(value))
		return JWK_BAD_MEMBER;
	if (!jws_alg_find((struct slice){json_string_value(value), json_string_length(value)},
			  &alg))
		return JWK_UNKNOWN_ALG;
	if (jws_alg_key_type(alg) != type)
		return JWK_ALG_MISMATCH;
	*ret_algs = JWS_ALG_BIT(alg);
	return JWK_OK;
}

/* All that is said about the key, before any number is looked at. */
static enum jwk_fault read_about(const json_t *object, enum jwk_mode mode, enum jwk_type *ret_type,
				 unsigned *ret_algs, struct slice *ret_kid)
{
	enum jwk_fault fault = check_secrecy(object, mode);

	if (!fault)
		fault = read_type(object, ret_type);
	if (!fault)
		fault = check_use(object, mode);
	if (!fault)
		fault = read_algs(object, *ret_type, ret_algs);
	if (fault)
		return fault;
	*ret_kid = SLICE_NONE;
	return json_text(object, "kid", JWK_MAX_KID, ret_kid) == JSON_BAD ? JWK_BAD_KID : JWK_OK;
}

enum jwk_fault jwk_from_json(const json_t *object, enum jwk_mode mode, struct jwk **ret_key)
{
	enum jwk_type type;
	unsigned algs;
	struct slice kid;
	EVP_PKEY *pkey;
	struct jwk *key;
	bool is_private = mode == JWK_PRIVATE;
	enum jwk_fault fault = read_about(object, mode, &type, &algs, &kid);

	if (fault)
		return fault;
	ERR_set_mark();
	fault = jwk_build(object, type, is_private, &pkey);
	ERR_pop_to_mark();
	if (!fault)
		fault = jwk_from_pkey(pkey, type, is_private || type == JWK_OCT, &key);
	if (fault)
		return fault;
	key->algs = algs;
	key->kid_len = kid.len;
	if (kid.len > 0)
		memcpy(key->kid, kid.ptr, kid.len);
	*ret_key = key;
	return JWK_OK;
}

enum jwk_fault jwk_parse(struct slice json, enum jwk_mode mode, struct jwk **ret_key)
{
	if (json.len > JWK_MAX_TEXT)
		return JWK_TOO_LARGE;

	json_t *object = json_strict_object(json);
	if (!object)
		return JWK_NOT_JSON;
	enum jwk_fault fault = jwk_from_json(object, mode, ret_key);
	json_decref(object);
	return fault;
}

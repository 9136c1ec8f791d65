/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwk.h - one key, from a JSON Web Key (RFC 7517) or from PEM (RFC 7468).
 *
 * A key is checked once and never changes after: threads share it by count. It knows the
 * algorithms that it may be used with, so that no token can choose another.
 */
#pragma once

#include "base/slice.h"
#include "identity/jws_alg.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdatomic.h>

#define JWK_MAX_TEXT     (16u << 10) /* bytes of one key as JSON or PEM */
#define JWK_MAX_KID      256u        /* bytes */
#define JWK_MAX_MEMBER   2048u       /* bytes of one number, decoded */
#define JWK_RSA_MIN_BITS 2048        /* RFC 7518 3.3 */
#define JWK_RSA_MAX_BITS 8192        /* verifying costs the square of it */
#define JWK_RSA_MAX_EXP  64          /* bits of the exponent: verifying costs it */
#define JWK_OCT_MIN      32u         /* bytes: the output of SHA-256 (RFC 7518 3.2) */
#define JWK_OCT_MAX      1024u
#define JWK_P256_SIZE    32u /* bytes of a coordinate */
#define JWK_ED25519_SIZE 32u

enum jwk_fault {
	JWK_OK = 0,
#define X(name, is_foreign, text) name,
#include "identity/jwk_fault.def"
#undef X
	JWK_FAULT_COUNT, /* also counts JWK_OK */
};

/* What the place that the key comes from may hold. */
enum jwk_mode {
	JWK_PUBLIC,  /* public keys only: what an issuer publishes */
	JWK_SHARED,  /* public keys and shared secrets: a file of the operator */
	JWK_PRIVATE, /* what signs: private keys and shared secrets */
};

/* Read only. */
struct jwk {
	atomic_uint refs;
	enum jwk_type type;
	unsigned algs; /* JWS_ALG_BIT: all of its type, or the one that "alg" names */
	bool can_sign;
	EVP_PKEY *pkey;
	size_t kid_len; /* 0: none */
	char kid[JWK_MAX_KID];
};

/*
 * Reads one key. On JWK_OK *ret_key is the caller's: give it back with jwk_unref. On a fault it
 * is not touched. A secret is never read from PEM, where it could be a public key that was meant
 * for another algorithm.
 */
enum jwk_fault jwk_parse(struct slice json, enum jwk_mode mode, struct jwk **ret_key);
enum jwk_fault jwk_from_json(const json_t *object, enum jwk_mode mode, struct jwk **ret_key);
/* Blocks: PUBLIC KEY and CERTIFICATE (whose dates are not looked at); PRIVATE KEY, EC PRIVATE KEY
 * and RSA PRIVATE KEY with JWK_PRIVATE. */
enum jwk_fault jwk_from_pem(struct slice pem, enum jwk_mode mode, struct jwk **ret_key);
/* A shared secret as raw bytes, without a kid. */
enum jwk_fault jwk_from_secret(struct slice secret, struct jwk **ret_key);
/* A key of `type` that OpenSSL made; takes `pkey`, also on a fault. */
enum jwk_fault jwk_from_pkey(EVP_PKEY *pkey, enum jwk_type type, bool can_sign,
			     struct jwk **ret_key);

struct jwk *jwk_ref(struct jwk *key);
/* NULL-safe. */
void jwk_unref(struct jwk *key);

bool jwk_allows(const struct jwk *key, enum jws_alg alg);
struct slice jwk_kid(const struct jwk *key);

/* English, without a full stop; static storage. */
const char *jwk_fault_text(enum jwk_fault fault);
/* True for keys that a set skips. */
bool jwk_fault_is_foreign(enum jwk_fault fault);

/* SPDX-License-Identifier: Apache-2.0 */
/* jws_alg.h - the closed list of signature algorithms, and the type of key that each needs. */
#pragma once

#include "base/slice.h"

/* JSON's names are "kty" and "crv" (RFC 7518 6.1, RFC 8037 2). */
enum jwk_type {
	JWK_OCT,
	JWK_RSA,
	JWK_EC_P256,
	JWK_ED25519,
};

enum jws_alg {
#define X(name, text, type) name,
#include "identity/jws_alg.def"
#undef X
	JWS_ALG_COUNT,
};

/* Sets of algorithms are unsigned numbers of these bits. */
#define JWS_ALG_BIT(alg) (1u << (unsigned)(alg))

/* Compares case-sensitively (RFC 7515 4.1.1). False: no such algorithm here. */
bool jws_alg_find(struct slice name, enum jws_alg *ret_alg);
struct slice jws_alg_name(enum jws_alg alg);
enum jwk_type jws_alg_key_type(enum jws_alg alg);
/* All algorithms that a key of this type could be used with. */
unsigned jws_algs_of_type(enum jwk_type type);

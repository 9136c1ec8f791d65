/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwk_generate.h - makes keys and writes them down: for `sluice token keygen` and for tests.
 *
 * The one place below os/ with randomness: OpenSSL's generator makes the keys, and no secret of
 * its own choice passes through here. Nothing that serves a request calls it.
 */
#pragma once

#include "base/err.h"
#include "base/writer.h"
#include "identity/jwk.h"

#define JWK_GENERATE_RSA_BITS 3072u /* 128 bits of security (NIST SP 800-57) */
#define JWK_PRIVATE_SPACE     8192u /* what a private JWK needs at most */
#define JWK_PUBLIC_SPACE      4096u /* what a public JWKS needs at most */

/*
 * A new key for `alg` alone; `kid` may be absent (ptr NULL): it is then 16 random characters.
 * *ret_key is the caller's. Errors: E_RANGE (kid is longer than JWK_MAX_KID), E_IO, E_NOMEM.
 */
enum err jwk_generate(enum jws_alg alg, struct slice kid, struct jwk **ret_key);
/* The key with its private part: a secret. Errors: E_RANGE (there is none), E_NO_SPACE, E_IO. */
enum err put_jwk_private(struct writer *w, const struct jwk *key);
/* A JWKS with the public key; of a shared secret, which has none, an empty one.
 * Errors: E_NO_SPACE, E_IO. */
enum err put_jwks_public(struct writer *w, const struct jwk *key);

/* SPDX-License-Identifier: Apache-2.0 */
/* jwk_build.h - OpenSSL's key from the numbers of a JWK (RFC 7518 6, RFC 8037 2). */
#pragma once

#include "identity/jwk.h"

/*
 * Builds from the members that `type` has, the private ones too if `is_private`. Says only that
 * the members are there and have the right form: jwk_from_pkey judges the key.
 * On JWK_OK *ret_pkey is the caller's. Faults: JWK_BAD_MEMBER, JWK_BAD_KEY, JWK_WEAK,
 * JWK_OVERSIZED.
 */
enum jwk_fault jwk_build(const json_t *object, enum jwk_type type, bool is_private,
			 EVP_PKEY **ret_pkey);
/* HMAC's key. Faults: JWK_WEAK, JWK_OVERSIZED, JWK_NO_MEMORY. */
enum jwk_fault jwk_build_secret(struct slice secret, EVP_PKEY **ret_pkey);

/* SPDX-License-Identifier: Apache-2.0 */
/* jws.h - signatures over bytes, in the form that tokens carry them (RFC 7518 3, RFC 8037 3.1). */
#pragma once

#include "base/err.h"
#include "identity/jwk.h"

#include <stdint.h>

#define JWS_MAX_SIGNATURE 1024u /* bytes: RSA of 8192 bits */

/* False also for an algorithm that is not the key's. Secrets are compared in constant time. */
bool jws_verify(const struct jwk *key, enum jws_alg alg, struct slice message,
		struct slice signature);
/*
 * Signs `message`; `signature` has room for JWS_MAX_SIGNATURE bytes.
 * Errors: E_RANGE (the key may not be used with `alg`, or cannot sign), E_IO (OpenSSL failed).
 */
enum err jws_sign(const struct jwk *key, enum jws_alg alg, struct slice message,
		  uint8_t signature[JWS_MAX_SIGNATURE], size_t *ret_len);

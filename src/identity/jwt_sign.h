/* SPDX-License-Identifier: Apache-2.0 */
/* jwt_sign.h - makes tokens: for `sluice token mint` and for tests. */
#pragma once

#include "base/err.h"
#include "base/writer.h"
#include "identity/jwk.h"

#include <stdint.h>

struct jwt_sign_options {
	enum jws_alg alg;
	struct slice type; /* typ; ptr NULL: none */
};

/*
 * Writes the token with these claims, a JSON object that goes in byte by byte; the header has
 * the key's kid. Errors: E_SYNTAX (not one object), E_RANGE (the key cannot sign with alg),
 * E_NO_SPACE, E_IO (OpenSSL failed).
 */
enum err jwt_sign(const struct jwk *key, const struct jwt_sign_options *options,
		  struct slice claims, struct writer *w);

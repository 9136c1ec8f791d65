/* SPDX-License-Identifier: Apache-2.0 */
/* A document of keys gives a set within its limits, or a fault and nothing. */
#include "base/require.h"
#include "identity/jwks.h"

#include <openssl/err.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct jwks *set)
{
	require(set->count + set->skipped <= JWKS_MAX_KEYS);
	for (size_t i = 0; i < set->count; i++) {
		const struct jwk *key = set->keys[i];

		require(key->algs != 0 && (key->algs & ~jws_algs_of_type(key->type)) == 0);
		require(key->can_sign == (key->type == JWK_OCT));
		if (key->kid_len > 0)
			require(jwks_find(set, jwk_kid(key), JWS_ES256) == key);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct jwks *set = NULL;
	struct jwk *key = NULL;
	size_t index = SIZE_MAX;
	enum jwk_fault fault = jwks_parse(in, JWK_SHARED, &set, &index);

	require((fault == JWK_OK) == (set != NULL) && index < JWKS_MAX_KEYS);
	require(!jwk_fault_is_foreign(fault));
	if (set)
		look(set);
	jwks_unref(set);
	fault = jwk_from_pem(in, JWK_PUBLIC, &key);
	require((fault == JWK_OK) == (key != NULL));
	require(!key || !jwk_allows(key, JWS_HS256));
	jwk_unref(key);
	require(ERR_peek_error() == 0);
	return 0;
}

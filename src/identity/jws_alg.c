/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/jws_alg.h"

#include "base/require.h"

static const struct {
	struct slice name;
	enum jwk_type type;
} algs[JWS_ALG_COUNT] = {
#define X(name, text, type) [name] = {SLICE_INIT(text), type},
#include "identity/jws_alg.def"
#undef X
};

bool jws_alg_find(struct slice name, enum jws_alg *ret_alg)
{
	for (unsigned i = 0; i < JWS_ALG_COUNT; i++) {
		if (slice_eq(name, algs[i].name)) {
			*ret_alg = (enum jws_alg)i;
			return true;
		}
	}
	return false;
}

struct slice jws_alg_name(enum jws_alg alg)
{
	require(alg < JWS_ALG_COUNT);
	return algs[alg].name;
}

enum jwk_type jws_alg_key_type(enum jws_alg alg)
{
	require(alg < JWS_ALG_COUNT);
	return algs[alg].type;
}

unsigned jws_algs_of_type(enum jwk_type type)
{
	unsigned set = 0;

	for (unsigned i = 0; i < JWS_ALG_COUNT; i++) {
		if (algs[i].type == type)
			set |= JWS_ALG_BIT(i);
	}
	return set;
}

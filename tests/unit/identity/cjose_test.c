/* SPDX-License-Identifier: Apache-2.0 */
/* cjose, which shares no code with us, signs what we verify, and the other way round. */
#include "../test.h"

#include "identity/jwt.h"
#include "identity/jwt_sign.h"
#include "mint.h"

#include <cjose/cjose.h>
#include <string.h>

/* cjose has no EdDSA: Node's half of the comparison does. */
static const struct {
	enum mint_signer signer;
	enum jws_alg alg;
	const char *name;
} pairs[] = {
	{MINT_HS, JWS_HS256, "HS256"},
	{MINT_RS, JWS_RS256, "RS256"},
	{MINT_RS, JWS_PS256, "PS256"},
	{MINT_ES, JWS_ES256, "ES256"},
};

static cjose_jwk_t *import(enum mint_signer signer)
{
	const char *json = mint_private(signer);
	cjose_jwk_t *jwk = cjose_jwk_import(json, strlen(json), NULL);

	assert_non_null(jwk);
	return jwk;
}

static cjose_jws_t *sign(const cjose_jwk_t *jwk, const char *alg)
{
	cjose_header_t *header = cjose_header_new(NULL);
	cjose_jws_t *jws;

	assert_true(cjose_header_set(header, CJOSE_HDR_ALG, alg, NULL));
	assert_true(cjose_header_set(header, CJOSE_HDR_KID, cjose_jwk_get_kid(jwk, NULL), NULL));
	jws = cjose_jws_sign(jwk, header, (const uint8_t *)MINT_CLAIMS, strlen(MINT_CLAIMS), NULL);
	cjose_header_release(header);
	assert_non_null(jws);
	return jws;
}

static void takes_what_cjose_signs(void **state)
{
	struct mint *m = *state;
	struct jwt_rules rules = mint_rules((1u << JWS_ALG_COUNT) - 1);

	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		cjose_jwk_t *jwk = import(pairs[i].signer);
		cjose_jws_t *jws = sign(jwk, pairs[i].name);
		const char *token = NULL;

		assert_true(cjose_jws_export(jws, &token, NULL));
		check(pairs[i].name, mint_verify(slice_of(token), &rules, m->set) == AUTH_OK);
		cjose_jws_release(jws);
		cjose_jwk_release(jwk);
	}
}

static void cjose_takes_what_we_sign(void **state)
{
	struct mint *m = *state;

	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct jwt_sign_options options = {pairs[i].alg, SLICE("JWT")};
		cjose_jwk_t *jwk = import(pairs[i].signer);
		uint8_t *claims = NULL;
		size_t len = 0;
		char space[2048];
		struct writer w;

		writer_init(&w, space, sizeof(space));
		assert_int_equal(
			jwt_sign(m->keys[pairs[i].signer], &options, SLICE(MINT_CLAIMS), &w), OK);
		cjose_jws_t *jws = cjose_jws_import(w.ptr, w.len, NULL);
		check(pairs[i].name, jws && cjose_jws_verify(jws, jwk, NULL));
		assert_true(cjose_jws_get_plaintext(jws, &claims, &len, NULL));
		check_slice(pairs[i].name, ((struct slice){(const char *)claims, len}),
			    SLICE(MINT_CLAIMS));
		cjose_jws_release(jws);
		cjose_jwk_release(jwk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_cjose_signs),
		cmocka_unit_test(cjose_takes_what_we_sign),
	};

	return cmocka_run_group_tests(tests, mint_set_up, mint_tear_down);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token, twice: as it is, which the signature nearly always ends; and as "header LF claims",
 * which is signed here first, so that the claims are looked at too.
 */
#include "base/base64url.h"
#include "base/require.h"
#include "identity/jws.h"
#include "identity/jwt.h"

#include <openssl/err.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW    1800000000u
#define SECRET "0123456789abcdef0123456789abcdef"

static const struct slice audience = SLICE_INIT("stream");

static enum auth_fault verify(struct slice token, const struct jwks *set)
{
	struct jwt_rules rules;
	struct jwt_claims claims = {.expires_s = 0};
	struct arena arena;

	jwt_rules_init(&rules);
	rules.algs = JWS_ALG_BIT(JWS_HS256);
	rules.issuer = SLICE("https://id.test/");
	rules.audiences = &audience;
	rules.audience_count = 1;
	arena_init(&arena, 1u << 20);
	enum auth_fault fault = jwt_verify(token, &rules, set, NOW, &arena, &claims);
	if (fault)
		require(claims.expires_s == 0);
	else
		require(claims.expires_s + rules.skew_s > NOW && claims.subject.len > 0 &&
			claims.subscribe.count <= PRINCIPAL_MAX_PATTERNS &&
			claims.publish.count <= PRINCIPAL_MAX_PATTERNS);
	arena_free(&arena);
	return fault;
}

static void verify_signed(struct slice in, const struct jwk *key, const struct jwks *set)
{
	static char space[4 * JWT_MAX_TOKEN];
	uint8_t signature[JWS_MAX_SIGNATURE];
	struct slice rest = slice_upto(in, JWT_MAX_TOKEN);
	struct slice header = slice_cut(&rest, '\n');
	struct writer w;
	size_t len;

	writer_init(&w, space, sizeof(space));
	put_base64url(&w, header);
	put_char(&w, '.');
	put_base64url(&w, rest);
	require(jws_sign(key, JWS_HS256, writer_slice(&w), signature, &len) == OK);
	put_char(&w, '.');
	put_base64url(&w, (struct slice){(const char *)signature, len});
	require(!w.overflow);
	require(verify(writer_slice(&w), set) != AUTH_BAD_SIGNATURE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct jwk *key;
	struct jwks *set;

	require(jwk_from_secret(SLICE(SECRET), &key) == JWK_OK);
	require(jwks_of(&key, 1, &set) == JWK_OK);
	(void)verify(in, set);
	verify_signed(in, key, set);
	require(ERR_peek_error() == 0);
	jwks_unref(set);
	jwk_unref(key);
	return 0;
}

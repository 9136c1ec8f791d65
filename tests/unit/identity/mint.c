/* SPDX-License-Identifier: Apache-2.0 */
#include "mint.h"

#include "base/base64url.h"
#include "base/require.h"
#include "identity/jws.h"
#include "rfc_keys.h"

#define ARENA 65536u

static const char *const private_keys[MINT_SIGNERS] = {
	[MINT_HS] = "{" RFC_OCT ",\"kid\":\"hs\"}",
	[MINT_RS] = "{" RFC_RSA RFC_RSA_PRIVATE ",\"kid\":\"rs\"}",
	[MINT_ES] = "{" RFC_EC RFC_EC_D ",\"kid\":\"es\"}",
	[MINT_ED] = "{" RFC_ED RFC_ED_D ",\"kid\":\"ed\"}",
};

static const char public_set[] =
	"{\"keys\":[{" RFC_OCT ",\"kid\":\"hs\"},{" RFC_RSA ",\"kid\":\"rs\"},{" RFC_EC
	",\"kid\":\"es\"},{" RFC_ED ",\"kid\":\"ed\"}]}";

const char *mint_private(enum mint_signer signer)
{
	return private_keys[signer];
}

void mint_init(struct mint *m)
{
	size_t index;

	for (size_t i = 0; i < MINT_SIGNERS; i++)
		require(jwk_parse(slice_of(private_keys[i]), JWK_PRIVATE, &m->keys[i]) == JWK_OK);
	require(jwks_parse(slice_of(public_set), JWK_SHARED, &m->set, &index) == JWK_OK);
}

void mint_fini(struct mint *m)
{
	for (size_t i = 0; i < MINT_SIGNERS; i++)
		jwk_unref(m->keys[i]);
	jwks_unref(m->set);
}

int mint_set_up(void **state)
{
	static struct mint mint;

	mint_init(&mint);
	*state = &mint;
	return 0;
}

int mint_tear_down(void **state)
{
	mint_fini(*state);
	return 0;
}

struct slice mint_token(struct mint *m, const char *header, struct slice payload,
			enum mint_signer signer, enum jws_alg alg)
{
	uint8_t signature[JWS_MAX_SIGNATURE];
	size_t len;
	struct writer w;

	writer_init(&w, m->space, sizeof(m->space));
	put_base64url(&w, slice_of(header));
	put_char(&w, '.');
	put_base64url(&w, payload);
	require(jws_sign(m->keys[signer], alg, writer_slice(&w), signature, &len) == OK);
	put_char(&w, '.');
	put_base64url(&w, (struct slice){(const char *)signature, len});
	require(!w.overflow);
	return writer_slice(&w);
}

struct jwt_rules mint_rules(unsigned algs)
{
	static const struct slice audience = SLICE_INIT("stream");
	struct jwt_rules rules;

	jwt_rules_init(&rules);
	rules.algs = algs;
	rules.issuer = SLICE("https://id.test/");
	rules.audiences = &audience;
	rules.audience_count = 1;
	return rules;
}

enum auth_fault mint_verify(struct slice token, const struct jwt_rules *rules,
			    const struct jwks *set)
{
	struct arena arena;
	struct jwt_claims claims = {.expires_s = 1};

	arena_init(&arena, ARENA);
	enum auth_fault fault = jwt_verify(token, rules, set, MINT_NOW, &arena, &claims);
	/* Untouched on a fault, filled otherwise. */
	require((fault == AUTH_OK) == (claims.expires_s != 1));
	arena_free(&arena);
	return fault;
}

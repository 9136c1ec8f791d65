/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt_peer.c - our half of the comparison with Node (jwt_node.mjs drives it).
 *
 *   verify   lines "alg TAB token" from standard input, keys as mint.h has them; one line
 *            with the fault's reason for each
 *   sign     one line "alg TAB token" for each algorithm
 *   keygen   one line "alg TAB private JWK TAB public JWKS" for each algorithm
 */
#include "identity/jwk_generate.h"
#include "identity/jwt.h"
#include "identity/jwt_sign.h"
#include "mint.h"

#include "base/require.h"

#include <stdio.h>
#include <string.h>

#define LINE_SPACE 16384

static const char *judge(const struct mint *m, struct slice alg_name, struct slice token)
{
	enum jws_alg alg;

	require(jws_alg_find(alg_name, &alg));
	struct jwt_rules rules = mint_rules(JWS_ALG_BIT(alg));
	return auth_fault_reason(mint_verify(token, &rules, m->set));
}

static void verify_lines(const struct mint *m)
{
	static char line[LINE_SPACE];

	while (fgets(line, sizeof(line), stdin)) {
		struct slice rest = {line, strcspn(line, "\n")};
		struct slice alg = slice_cut(&rest, '\t');

		puts(judge(m, alg, rest));
	}
}

static void sign_all(const struct mint *m)
{
	static const enum mint_signer signers[JWS_ALG_COUNT] = {
		[JWS_HS256] = MINT_HS, [JWS_RS256] = MINT_RS, [JWS_PS256] = MINT_RS,
		[JWS_ES256] = MINT_ES, [JWS_EDDSA] = MINT_ED,
	};

	for (unsigned i = 0; i < JWS_ALG_COUNT; i++) {
		struct jwt_sign_options options = {(enum jws_alg)i, SLICE("JWT")};
		char space[2048];
		struct writer w;

		writer_init(&w, space, sizeof(space));
		require(jwt_sign(m->keys[signers[i]], &options, SLICE(MINT_CLAIMS), &w) == OK);
		printf("%.*s\t%.*s\n", SLICE_ARG(jws_alg_name(options.alg)),
		       SLICE_ARG(writer_slice(&w)));
	}
}

static void make_keys(void)
{
	for (unsigned i = 0; i < JWS_ALG_COUNT; i++) {
		char secret[JWK_PRIVATE_SPACE], public[JWK_PUBLIC_SPACE];
		struct jwk *key;
		struct writer s, p;

		require(jwk_generate((enum jws_alg)i, SLICE_NONE, &key) == OK);
		writer_init(&s, secret, sizeof(secret));
		writer_init(&p, public, sizeof(public));
		require(put_jwk_private(&s, key) == OK && put_jwks_public(&p, key) == OK);
		printf("%.*s\t%.*s\t%.*s\n", SLICE_ARG(jws_alg_name((enum jws_alg)i)),
		       SLICE_ARG(writer_slice(&s)), SLICE_ARG(writer_slice(&p)));
		jwk_unref(key);
	}
}

int main(int argc, char **argv)
{
	struct mint m;

	if (argc != 2)
		return 2;
	mint_init(&m);
	if (strcmp(argv[1], "verify") == 0)
		verify_lines(&m);
	else if (strcmp(argv[1], "sign") == 0)
		sign_all(&m);
	else if (strcmp(argv[1], "keygen") == 0)
		make_keys();
	mint_fini(&m);
	return 0;
}

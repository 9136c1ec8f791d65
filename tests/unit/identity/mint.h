/* SPDX-License-Identifier: Apache-2.0 */
/* mint.h - tokens of any form, which jwt_sign would refuse to make. */
#pragma once

#include "identity/jwt.h"

#define MINT_SPACE 32768u
#define MINT_NOW   1800000000u
/* What mint_rules asks for, until a minute after MINT_NOW. */
#define MINT_CLAIMS                                                                                \
	"{\"iss\":\"https://id.test/\",\"aud\":\"stream\",\"sub\":\"ada\",\"exp\":1800000060}"

enum mint_signer {
	MINT_HS, /* RFC 7515 A.1, kid "hs" */
	MINT_RS, /* RFC 7515 A.2, kid "rs": RS256 and PS256 */
	MINT_ES, /* RFC 7515 A.3, kid "es" */
	MINT_ED, /* RFC 8037 A.1, kid "ed" */
	MINT_SIGNERS,
};

struct mint {
	struct jwk *keys[MINT_SIGNERS]; /* with private parts */
	struct jwks *set;               /* the public ones, and the secret */
	char space[MINT_SPACE];
};

void mint_init(struct mint *m);
void mint_fini(struct mint *m);
/* The same as fixtures of cmocka: *state is a mint. */
int mint_set_up(void **state);
int mint_tear_down(void **state);
/* The private key as a JWK. */
const char *mint_private(enum mint_signer signer);
/* The token with these parts, signed by `signer` with `alg`; in m->space until the next call. */
struct slice mint_token(struct mint *m, const char *header, struct slice payload,
			enum mint_signer signer, enum jws_alg alg);

/* Rules that MINT_CLAIMS meet, for these algorithms. */
struct jwt_rules mint_rules(unsigned algs);
/* The verdict at MINT_NOW. */
enum auth_fault mint_verify(struct slice token, const struct jwt_rules *rules,
			    const struct jwks *set);

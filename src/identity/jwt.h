/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt.h - JSON Web Tokens as access tokens (RFC 7519, RFC 7515, RFC 8725, RFC 9068).
 *
 * What a token may be is said by the rules and the key set, never by the token: its header only
 * chooses among what both allow.
 */
#pragma once

#include "base/arena.h"
#include "identity/auth_fault.h"
#include "identity/jwks.h"
#include "identity/principal.h"

#include <stdint.h>

#define JWT_MAX_TOKEN     8192u /* bytes, as sent */
#define JWT_MAX_HEADER    2048u /* bytes, decoded */
#define JWT_MAX_ISSUER    1024u /* bytes */
#define JWT_MAX_AUDIENCES 64u   /* in one token */
#define JWT_MAX_PATTERN   256u  /* bytes */
#define JWT_SKEW_S        30u
#define JWT_MAX_TIME_S    253402300799u /* end of the year 9999 */

struct jwt_rules {
	unsigned algs;                 /* JWS_ALG_BIT */
	struct slice issuer;           /* compared byte by byte; not empty */
	const struct slice *audiences; /* the token must name one of them; at least one */
	size_t audience_count;
	/*
	 * Values that typ may have, without "application/" (RFC 7515 4.1.9), in any case; one
	 * with ptr NULL lets typ be absent.
	 */
	const struct slice *types;
	size_t type_count;
	uint32_t skew_s;         /* how far the issuer's clock may be off */
	uint32_t max_lifetime_s; /* from iat, or from now where there is none; 0: no maximum */
	size_t max_token;        /* bytes; at most JWT_MAX_TOKEN */
};

struct jwt_claims {
	enum jws_alg alg;
	struct slice subject;
	struct slice session;    /* sid; ptr NULL: absent */
	struct slice token_id;   /* jti; ptr NULL: absent */
	uint64_t expires_s;      /* Unix time, rounded down; no skew added */
	uint64_t not_before_s;   /* rounded up; 0: absent */
	uint64_t issued_s;       /* rounded down: a revocation of that second hits; 0: absent */
	bool has_rights;         /* a claim "sluice" or "mercure" was there */
	struct rights subscribe; /* patterns as they came: principal_new judges them */
	struct rights publish;
};

/* Types: absent, "JWT", "at+jwt". Algorithms, issuer and audiences are still the caller's. */
void jwt_rules_init(struct jwt_rules *rules);

/*
 * Checks `token` at the time `now_s` (Unix). On AUTH_OK all that *ret_claims points to lives in
 * `arena`; else it is not touched, and the arena may have been used.
 *
 * Faults: AUTH_NO_MEMORY, and those of the token's form and of its claims; never AUTH_REVOKED.
 */
enum auth_fault jwt_verify(struct slice token, const struct jwt_rules *rules,
			   const struct jwks *keys, uint64_t now_s, struct arena *arena,
			   struct jwt_claims *ret_claims);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwks.h - the keys that tokens are checked with (RFC 7517 5).
 *
 * A set never changes: a rotation is a new set, and the old one goes with its last user.
 */
#pragma once

#include "identity/jwk.h"

#define JWKS_MAX_KEYS 64u          /* entries of a document, the skipped ones too */
#define JWKS_MAX_TEXT (256u << 10) /* bytes of a document */

/* Read only. */
struct jwks {
	atomic_uint refs;
	size_t count;
	size_t skipped; /* entries of a kind that is not used here */
	struct jwk *keys[JWKS_MAX_KEYS];
};

/*
 * Reads a document. On JWK_OK *ret_set is the caller's: give it back with jwks_unref; it may
 * be empty. On a fault it is not touched: *ret_index is then the entry's, or 0.
 */
enum jwk_fault jwks_parse(struct slice json, enum jwk_mode mode, struct jwks **ret_set,
			  size_t *ret_index);
/*
 * A set of keys at hand, each of which it counts for itself.
 * Faults: JWK_TOO_MANY, JWK_DUPLICATE_KID, JWK_NO_MEMORY.
 */
enum jwk_fault jwks_of(struct jwk *const *keys, size_t count, struct jwks **ret_set);

struct jwks *jwks_ref(struct jwks *set);
/* NULL-safe. */
void jwks_unref(struct jwks *set);

/*
 * The key for a token with this kid and alg; NULL if there is none, or more than one.
 *
 * The key that has the kid is found whatever its algorithms: the caller checks jwk_allows. Where
 * no key has it, or kid is absent (ptr NULL), it is the only key that allows `alg`; a kid in the
 * token is then looked up only among the keys without one, such as those from PEM files.
 */
const struct jwk *jwks_find(const struct jwks *set, struct slice kid, enum jws_alg alg);

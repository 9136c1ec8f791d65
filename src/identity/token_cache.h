/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_cache.h - credentials that were validated a moment ago (SPEC 2.11).
 *
 * A hit saves a signature check or a call to the application; it never answers for longer than
 * TOKEN_CACHE_MAX_TTL, nor past the principal's expiry, and does not replace the check against
 * the revocations of now. Keys are hashes: the cache holds no credential. It forgets what it
 * likes: at the maximum the oldest entry that was not asked for of late. Times are Unix
 * milliseconds. All functions but token_cache_free may be called from any thread.
 */
#pragma once

#include "identity/digest.h"
#include "identity/revocation.h"

#define TOKEN_CACHE_MAX     65536u /* entries, unless told otherwise */
#define TOKEN_CACHE_MAX_TTL 30000u /* ms */

/* What a credential was checked against, and the whole of it. */
struct token_source {
	struct slice issuer; /* or the name of the validator */
	struct slice key_id; /* empty: none */
	struct slice token;
};

/* Errors: E_NOMEM: do without the cache then. */
enum err token_cache_key(const struct token_source *source, struct digest *ret_key);

struct token_cache;

/* `ttl_ms` is cut at TOKEN_CACHE_MAX_TTL; 0 keeps nothing. NULL when out of memory. */
struct token_cache *token_cache_new(size_t max, uint64_t ttl_ms, struct siphash_key key);
/* NULL-safe. */
void token_cache_free(struct token_cache *c);
/* A reference that the caller owns; NULL: not there, or no longer fresh. */
struct principal *token_cache_find(struct token_cache *c, const struct digest *key,
				   uint64_t now_ms);
/* Keeps a reference, in place of an older one. Without memory it does nothing. */
void token_cache_put(struct token_cache *c, const struct digest *key, struct principal *p,
		     uint64_t now_ms);
/* Drops all whose principal the revocation hits; returns how many. */
size_t token_cache_revoke(struct token_cache *c, const struct revocation *revocation);
size_t token_cache_count(struct token_cache *c);

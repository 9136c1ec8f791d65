/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - static keys: the shared secrets of publishers and of subscribers' back ends.
 *
 * Only SHA-256 digests are kept, and a lookup compares with all of them in constant time,
 * so that neither a core dump nor a stopwatch gives a key away.
 */
#pragma once

#include "base/err.h"
#include "base/siphash.h"
#include "base/slice.h"
#include "identity/digest.h"

#define KEYS_MAX      256u /* keys of a ring */
#define KEY_MIN_LEN   16u  /* bytes: shorter secrets can be guessed */
#define KEY_MAX_LEN   512u
#define KEYS_MAX_USER 128u /* bytes of a user id */

struct principal;

struct key {
	struct digest digest;
	char user[KEYS_MAX_USER];
	size_t user_len;
	struct principal *principal; /* counted; after keys_bind */
};

struct key_ring {
	struct key *keys; /* owned */
	size_t count;
	size_t cap;
};

void keys_init(struct key_ring *ring);
void keys_fini(struct key_ring *ring);
/*
 * Adds a key; `user` may be empty. Errors: E_SYNTAX (the key holds a byte that is not visible
 * ASCII, the user one that is no visible ASCII), E_RANGE (too short or too long), E_FULL, E_EXISTS
 * (it is another user's: nobody could tell the two apart), E_NOMEM.
 */
enum err keys_add(struct key_ring *ring, struct slice user, struct slice key);
/*
 * Reads lines "key" or "user key"; empty lines and lines with '#' first are skipped. On an error
 * *ret_line is the line. Errors: those of keys_add; E_NOT_FOUND if there is no key at all.
 */
enum err keys_read(struct key_ring *ring, struct slice text, size_t *ret_line);
/*
 * Keys that stand in `older` too, for the same user, take over its principals: who is known by
 * them stays known. Before keys_bind, which leaves them as they are.
 */
void keys_carry(struct key_ring *ring, const struct key_ring *older);
/* True if one of the keys has this principal. */
bool keys_have(const struct key_ring *ring, const struct principal *p);
/*
 * Gives each key its principal, with the right to all topics: to publish, or to subscribe.
 * `hash` as for principal_new. Errors: E_NOMEM, and those of principal_new for a user id.
 */
enum err keys_bind(struct key_ring *ring, bool may_publish, struct siphash_key hash);
/* The entry whose key this is; NULL if none. */
const struct key *keys_find(const struct key_ring *ring, struct slice key);

/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/keys.h"

#include "identity/principal.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

void keys_init(struct key_ring *ring)
{
	*ring = (struct key_ring){0};
}

void keys_fini(struct key_ring *ring)
{
	for (size_t i = 0; i < ring->count; i++)
		principal_unref(ring->keys[i].principal);
	free(ring->keys);
	keys_init(ring);
}

static bool is_visible(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < 0x21 || s.ptr[i] > 0x7e)
			return false;
	}
	return true;
}

static enum err grow(struct key_ring *ring)
{
	size_t cap = ring->cap ? ring->cap * 2 : 4;
	struct key *keys = calloc(cap, sizeof(*keys));

	if (!keys)
		return E_NOMEM;
	if (ring->count > 0)
		memcpy(keys, ring->keys, ring->count * sizeof(*keys));
	free(ring->keys);
	ring->keys = keys;
	ring->cap = cap;
	return OK;
}

static bool is_anothers(const struct key_ring *ring, const struct digest *digest, struct slice user)
{
	for (size_t i = 0; i < ring->count; i++) {
		const struct key *k = &ring->keys[i];

		if (CRYPTO_memcmp(&k->digest, digest, sizeof(*digest)) == 0 &&
		    !slice_eq((struct slice){k->user, k->user_len}, user))
			return true;
	}
	return false;
}

enum err keys_add(struct key_ring *ring, struct slice user, struct slice key)
{
	if (!is_visible(key) || !is_visible(user))
		return E_SYNTAX;
	if (key.len < KEY_MIN_LEN || key.len > KEY_MAX_LEN || user.len > KEYS_MAX_USER)
		return E_RANGE;
	if (ring->count == KEYS_MAX)
		return E_FULL;
	if (ring->count == ring->cap && grow(ring))
		return E_NOMEM;
	struct key *k = &ring->keys[ring->count];
	if (digest_parts(&key, 1, &k->digest))
		return E_NOMEM;
	if (is_anothers(ring, &k->digest, user))
		return E_EXISTS;
	if (user.len > 0)
		memcpy(k->user, user.ptr, user.len);
	k->user_len = user.len;
	ring->count++;
	return OK;
}

static enum err read_line(struct key_ring *ring, struct slice line)
{
	struct slice rest = line;
	struct slice first = slice_cut(&rest, ' ');

	return rest.ptr ? keys_add(ring, first, slice_trim(rest))
			: keys_add(ring, SLICE(""), first);
}

enum err keys_read(struct key_ring *ring, struct slice text, size_t *ret_line)
{
	size_t before = ring->count;
	size_t number = 0;

	while (text.ptr) {
		struct slice line = slice_cut(&text, '\n');

		number++;
		if (line.len > 0 && line.ptr[line.len - 1] == '\r')
			line.len--;
		line = slice_trim(line);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		enum err err = read_line(ring, line);
		if (err) {
			*ret_line = number;
			return err;
		}
	}
	*ret_line = number;
	return ring->count > before ? OK : E_NOT_FOUND;
}

static bool same_key(const struct key *a, const struct key *b)
{
	return CRYPTO_memcmp(&a->digest, &b->digest, sizeof(a->digest)) == 0 &&
	       slice_eq((struct slice){a->user, a->user_len}, (struct slice){b->user, b->user_len});
}

void keys_carry(struct key_ring *ring, const struct key_ring *older)
{
	for (size_t i = 0; i < ring->count; i++) {
		struct key *k = &ring->keys[i];

		for (size_t j = 0; !k->principal && j < older->count; j++) {
			if (same_key(k, &older->keys[j]))
				k->principal = principal_ref(older->keys[j].principal);
		}
	}
}

bool keys_have(const struct key_ring *ring, const struct principal *p)
{
	for (size_t i = 0; i < ring->count; i++) {
		if (ring->keys[i].principal == p)
			return true;
	}
	return false;
}

enum err keys_bind(struct key_ring *ring, bool may_publish, struct siphash_key hash)
{
	static const struct slice all[] = {SLICE_INIT("**")};
	const struct rights rights = {all, 1};

	for (size_t i = 0; i < ring->count; i++) {
		struct key *k = &ring->keys[i];
		struct principal_facts facts = {
			.method = METHOD_KEY,
			.subject = {k->user, k->user_len},
			.subscribe = may_publish ? (struct rights){NULL, 0} : rights,
			.publish = may_publish ? rights : (struct rights){NULL, 0},
		};
		enum err err = k->principal ? OK : principal_new(&facts, hash, &k->principal);

		if (err)
			return err;
	}
	return OK;
}

const struct key *keys_find(const struct key_ring *ring, struct slice key)
{
	struct digest want;
	const struct key *found = NULL;

	if (key.len < KEY_MIN_LEN || key.len > KEY_MAX_LEN || digest_parts(&key, 1, &want))
		return NULL;
	for (size_t i = 0; i < ring->count; i++) {
		if (CRYPTO_memcmp(&want, &ring->keys[i].digest, sizeof(want)) == 0)
			found = &ring->keys[i];
	}
	return found;
}

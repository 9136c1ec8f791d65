/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/jwks.h"

#include "identity/json_strict.h"

#include <stdlib.h>

struct jwks *jwks_ref(struct jwks *set)
{
	atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
	return set;
}

void jwks_unref(struct jwks *set)
{
	if (!set || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < set->count; i++)
		jwk_unref(set->keys[i]);
	free(set);
}

static struct jwks *set_new(void)
{
	struct jwks *set = calloc(1, sizeof(*set));

	if (set)
		atomic_init(&set->refs, 1);
	return set;
}

static const struct jwk *find_kid(const struct jwks *set, struct slice kid)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->keys[i]->kid_len > 0 && slice_eq(jwk_kid(set->keys[i]), kid))
			return set->keys[i];
	}
	return NULL;
}

/* Takes `key`, also on a fault. */
static enum jwk_fault add(struct jwks *set, struct jwk *key)
{
	enum jwk_fault fault = JWK_OK;

	if (set->count == JWKS_MAX_KEYS)
		fault = JWK_TOO_MANY;
	else if (find_kid(set, jwk_kid(key)))
		fault = JWK_DUPLICATE_KID;
	if (fault)
		jwk_unref(key);
	else
		set->keys[set->count++] = key;
	return fault;
}

static enum jwk_fault add_entry(struct jwks *set, const json_t *entry, enum jwk_mode mode)
{
	struct jwk *key;

	if (!json_is_object(entry))
		return JWK_NO_KEYS;
	enum jwk_fault fault = jwk_from_json(entry, mode, &key);
	if (!fault)
		return add(set, key);
	if (!jwk_fault_is_foreign(fault))
		return fault;
	set->skipped++;
	return JWK_OK;
}

static enum jwk_fault add_all(struct jwks *set, const json_t *document, enum jwk_mode mode,
			      size_t *ret_index)
{
	const json_t *entries = json_object_get(document, "keys");

	*ret_index = 0;
	if (!json_is_array(entries))
		return JWK_NO_KEYS;
	if (json_array_size(entries) > JWKS_MAX_KEYS)
		return JWK_TOO_MANY;
	for (size_t i = 0; i < json_array_size(entries); i++) {
		enum jwk_fault fault = add_entry(set, json_array_get(entries, i), mode);

		if (fault) {
			*ret_index = i;
			return fault;
		}
	}
	return JWK_OK;
}

enum jwk_fault jwks_parse(struct slice json, enum jwk_mode mode, struct jwks **ret_set,
			  size_t *ret_index)
{
	*ret_index = 0;
	if (json.len > JWKS_MAX_TEXT)
		return JWK_TOO_LARGE;

	json_t *document = json_strict_object(json);
	if (!document)
		return JWK_NOT_JSON;
	struct jwks *set = set_new();
	enum jwk_fault fault = set ? add_all(set, document, mode, ret_index) : JWK_NO_MEMORY;
	json_decref(document);
	if (fault) {
		jwks_unref(set);
		return fault;
	}
	*ret_set = set;
	return JWK_OK;
}

enum jwk_fault jwks_of(struct jwk *const *keys, size_t count, struct jwks **ret_set)
{
	struct jwks *set = set_new();
	enum jwk_fault fault = set ? JWK_OK : JWK_NO_MEMORY;

	for (size_t i = 0; i < count && !fault; i++)
		fault = add(set, jwk_ref(keys[i]));
	if (fault) {
		jwks_unref(set);
		return fault;
	}
	*ret_set = set;
	return JWK_OK;
}

const struct jwk *jwks_find(const struct jwks *set, struct slice kid, enum jws_alg alg)
{
	const struct jwk *found = kid.ptr ? find_kid(set, kid) : NULL;

	if (found)
		return found;
	for (size_t i = 0; i < set->count; i++) {
		const struct jwk *key = set->keys[i];

		if (!jwk_allows(key, alg) || (kid.ptr && key->kid_len > 0))
			continue;
		if (found)
			return NULL;
		found = key;
	}
	return found;
}

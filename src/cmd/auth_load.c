/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/auth_load.h"

#include "http/location.h"
#include "os/file.h"
#include "os/monotonic.h"

#include <openssl/crypto.h>

void auth_put_url(struct writer *w, const struct url *url)
{
	location_put_origin(w, url);
	put(w, slice_upto(url->target, slice_find(url->target, '?')));
}

void auth_put_source(struct writer *w, const struct auth_source *source)
{
	if (source->url) {
		auth_put_url(w, source->url);
		return;
	}
	for (size_t i = 0; i < source->file_count; i++) {
		put(w, i > 0 ? SLICE(", ") : SLICE(""));
		put(w, source->files[i]);
	}
}

/* From a URL. */

static bool is_key_type(struct slice type)
{
	return slice_eq(type, SLICE("application/json")) ||
	       slice_eq(type, SLICE("application/jwk-set+json"));
}

static bool judge(const struct fetch_response *response, struct writer *why)
{
	if (response->status != 200) {
		put(why, SLICE("the answer has status "));
		put_u64(why, response->status);
		return false;
	}
	if (!is_key_type(fetch_response_type(response))) {
		put(why, SLICE("the answer is neither application/json nor "
			       "application/jwk-set+json"));
		return false;
	}
	return true;
}

static void complain_of_set(struct writer *why, enum jwk_fault fault, size_t index)
{
	put(why, SLICE("entry "));
	put_u64(why, index);
	put(why, SLICE(" of the key set: "));
	put(why, slice_of(jwk_fault_text(fault)));
}

static bool is_usable(const struct jwks *set, struct writer *why)
{
	if (set->count > 0)
		return true;
	put(why, SLICE("it holds no key that can be used here"));
	return false;
}

static bool read_document(struct slice text, struct auth_loaded *ret, struct writer *why)
{
	struct jwks *set;
	size_t index = 0;
	enum jwk_fault fault = jwks_parse(text, JWK_PUBLIC, &set, &index);

	if (fault) {
		complain_of_set(why, fault, index);
		return false;
	}
	if (!is_usable(set, why) || digest_parts(&text, 1, &ret->digest)) {
		jwks_unref(set);
		return false;
	}
	ret->set = set;
	return true;
}

static uint64_t max_age_ms(const struct fetch_response *response)
{
	uint64_t longest_s = UINT64_MAX / 1000;
	uint64_t s = response->max_age_s < longest_s ? response->max_age_s : longest_s;

	/* 0 means that none was named; 1 is shorter than every minimum. */
	return !response->has_max_age ? 0 : s > 0 ? s * 1000 : 1;
}

static bool load_url(const struct auth_source *source, struct auth_loaded *ret, struct writer *why)
{
	const struct http_field accept = {SLICE("Accept"),
					  SLICE("application/jwk-set+json, application/json")};
	const struct fetch_request request = {
		.url = source->url,
		.method = SLICE("GET"),
		.fields = &accept,
		.field_count = 1,
		.trust = source->trust,
		.servers = source->servers,
		.patience = {monotonic_ns() / 1000000 + source->timeout_ms, source->stop_fd},
	};
	struct fetch_response response;

	fetch_response_init(&response, JWKS_MAX_TEXT);
	struct fetch_why failure = fetch(&request, &response);
	if (failure.fault)
		fetch_put_why(why, failure);
	bool done = !failure.fault && judge(&response, why) &&
		    read_document(buf_slice(&response.body), ret, why);
	if (done)
		ret->max_age_ms = max_age_ms(&response);
	fetch_response_fini(&response);
	return done;
}

/* From files. */

struct collection {
	struct jwk *keys[JWKS_MAX_KEYS]; /* a reference each */
	size_t count;
};

static enum jwk_fault collect_set(struct collection *all, const struct jwks *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (all->count == JWKS_MAX_KEYS)
			return JWK_TOO_MANY;
		all->keys[all->count++] = jwk_ref(set->keys[i]);
	}
	return JWK_OK;
}

static enum jwk_fault collect_one(struct collection *all, struct slice text, bool pem)
{
	struct jwk *key;

	if (all->count == JWKS_MAX_KEYS)
		return JWK_TOO_MANY;
	enum jwk_fault fault =
		pem ? jwk_from_pem(text, JWK_SHARED, &key) : jwk_parse(text, JWK_SHARED, &key);
	if (!fault)
		all->keys[all->count++] = key;
	return fault;
}

/* What is no set may be one key. */
static enum jwk_fault collect(struct collection *all, struct slice text)
{
	struct jwks *set;
	size_t index = 0;

	if (slice_starts(slice_trim(text), SLICE("-----BEGIN ")))
		return collect_one(all, text, true);
	enum jwk_fault fault = jwks_parse(text, JWK_SHARED, &set, &index);
	if (fault == JWK_NO_KEYS)
		return collect_one(all, text, false);
	if (fault)
		return fault;
	fault = collect_set(all, set);
	jwks_unref(set);
	return fault;
}

static bool load_file(struct slice path, struct collection *all, struct digest *digest,
		      struct writer *why)
{
	struct buf text;
	const char *fault_text = NULL;

	buf_init(&text, JWKS_MAX_TEXT);
	enum err err = file_read(path.ptr, &text);
	if (err)
		fault_text = file_why(err, NULL);
	enum jwk_fault fault = err ? JWK_OK : collect(all, buf_slice(&text));
	if (fault)
		fault_text = jwk_fault_text(fault);
	const struct slice parts[] = {digest_slice(digest), buf_slice(&text)};
	if (!fault_text && digest_parts(parts, 2, digest))
		fault_text = err_text(E_NOMEM);
	/* It may be a shared secret. */
	if (text.ptr)
		OPENSSL_cleanse(text.ptr, text.cap);
	buf_free(&text);
	if (fault_text) {
		put(why, path);
		put(why, SLICE(": "));
		put(why, slice_of(fault_text));
	}
	return !fault_text;
}

static bool make_set(const struct collection *all, struct auth_loaded *ret, struct writer *why)
{
	enum jwk_fault fault = jwks_of(all->keys, all->count, &ret->set);

	if (fault) {
		put(why, slice_of(jwk_fault_text(fault)));
		return false;
	}
	if (is_usable(ret->set, why))
		return true;
	jwks_unref(ret->set);
	return false;
}

static bool load_files(const struct auth_source *source, struct auth_loaded *ret,
		       struct writer *why)
{
	struct collection all = {.count = 0};
	bool good = true;

	for (size_t i = 0; good && i < source->file_count; i++)
		good = load_file(source->files[i], &all, &ret->digest, why);
	good = good && make_set(&all, ret, why);
	for (size_t i = 0; i < all.count; i++)
		jwk_unref(all.keys[i]);
	return good;
}

bool auth_load(const struct auth_source *source, struct auth_loaded *ret, struct writer *why)
{
	struct auth_loaded loaded = {0};
	bool good = source->url ? load_url(source, &loaded, why) : load_files(source, &loaded, why);

	if (good)
		*ret = loaded;
	return good;
}

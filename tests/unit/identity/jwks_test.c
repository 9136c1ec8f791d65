/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "../edge.h"
#include "identity/jwk_generate.h"
#include "identity/jwks.h"
#include "identity/jws.h"
#include "rfc_keys.h"

#include <string.h>

#define EC(kid) "{" RFC_EC ",\"kid\":\"" kid "\"}"
#define ED(kid) "{" RFC_ED ",\"kid\":\"" kid "\"}"

static const struct {
	const char *name;
	enum jwk_mode mode;
	const char *json;
	enum jwk_fault fault;
	size_t index; /* of the faulty entry */
	size_t count;
	size_t skipped;
} cases[] = {
	{"an empty set", JWK_PUBLIC, "{\"keys\":[]}", JWK_OK, 0, 0, 0},
	{"two keys", JWK_PUBLIC, "{\"keys\":[" EC("a") "," ED("b") "]}", JWK_OK, 0, 2, 0},
	{"members that mean nothing here", JWK_PUBLIC, "{\"x\":1,\"keys\":[" EC("a") "]}", JWK_OK,
	 0, 1, 0},
	{"foreign keys are skipped and counted", JWK_PUBLIC,
	 "{\"keys\":[{\"kty\":\"AKP\"},{\"kty\":\"EC\",\"crv\":\"P-521\"}," EC(
		 "a") ",{" RFC_RSA ",\"use\":\"enc\",\"alg\":\"RSA-OAEP\"},{" RFC_RSA
		      ",\"alg\":\"RS384\"}]}",
	 JWK_OK, 0, 1, 4},
	{"keys without a kid", JWK_PUBLIC, "{\"keys\":[{" RFC_EC "},{" RFC_ED "}]}", JWK_OK, 0, 2,
	 0},
	{"one kid for two keys", JWK_PUBLIC, "{\"keys\":[" EC("a") "," ED("b") "," ED("a") "]}",
	 JWK_DUPLICATE_KID, 2, 0, 0},
	{"a kid that a foreign key has too", JWK_PUBLIC,
	 "{\"keys\":[" EC("a") ",{\"kty\":\"AKP\",\"kid\":\"a\"}]}", JWK_OK, 0, 1, 1},
	{"a private key", JWK_PUBLIC, "{\"keys\":[" EC("a") ",{" RFC_ED RFC_ED_D "}]}",
	 JWK_IS_PRIVATE, 1, 0, 0},
	{"a secret of the operator", JWK_SHARED, "{\"keys\":[{" RFC_OCT "}]}", JWK_OK, 0, 1, 0},
	{"a secret of an issuer", JWK_PUBLIC, "{\"keys\":[{" RFC_OCT "}]}", JWK_IS_SECRET, 0, 0, 0},
	{"a broken key refuses all", JWK_PUBLIC, "{\"keys\":[" EC("a") ",{\"kty\":\"RSA\"}]}",
	 JWK_BAD_MEMBER, 1, 0, 0},
	{"an entry that is no object", JWK_PUBLIC, "{\"keys\":[" EC("a") ",1]}", JWK_NO_KEYS, 1, 0,
	 0},
	{"no list", JWK_PUBLIC, "{}", JWK_NO_KEYS, 0, 0, 0},
	{"a key instead of a set", JWK_PUBLIC, EC("a"), JWK_NO_KEYS, 0, 0, 0},
	{"an object instead of a list", JWK_PUBLIC, "{\"keys\":{}}", JWK_NO_KEYS, 0, 0, 0},
	{"a list instead of a set", JWK_PUBLIC, "[]", JWK_NOT_JSON, 0, 0, 0},
	{"keys twice", JWK_PUBLIC, "{\"keys\":[],\"keys\":[]}", JWK_NOT_JSON, 0, 0, 0},
	{"no JSON", JWK_PUBLIC, "<html>", JWK_NOT_JSON, 0, 0, 0},
	{"nothing", JWK_PUBLIC, "", JWK_NOT_JSON, 0, 0, 0},
	{"nested past the maximum", JWK_PUBLIC, "{\"keys\":[],\"x\":[[[[[[[[]]]]]]]]}",
	 JWK_NOT_JSON, 0, 0, 0},
};

static void judges_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct jwks *set = NULL;
		size_t index = SIZE_MAX;
		struct slice json = place_at_edge(slice_of(cases[i].json));
		enum jwk_fault fault = jwks_parse(json, cases[i].mode, &set, &index);

		if (fault != cases[i].fault)
			fail_msg("%s: %s", cases[i].name, jwk_fault_text(fault));
		check(cases[i].name, index == cases[i].index);
		check(cases[i].name, (fault == JWK_OK) == (set != NULL));
		check(cases[i].name, !set || set->count == cases[i].count);
		check(cases[i].name, !set || set->skipped == cases[i].skipped);
		jwks_unref(set);
	}
}

static struct jwks *set_of(const char *json)
{
	struct jwks *set = NULL;
	size_t index;

	assert_int_equal(jwks_parse(slice_of(json), JWK_SHARED, &set, &index), JWK_OK);
	return set;
}

static void finds_by_kid_and_alg(void **state)
{
	struct jwks *set = set_of("{\"keys\":[" EC("a") "," ED(
		"b") ",{" RFC_RSA ",\"kid\":\"c\"},{" RFC_BILBO "},{" RFC_OCT "}]}");

	(void)state;
	assert_ptr_equal(jwks_find(set, SLICE("a"), JWS_ES256), set->keys[0]);
	/* The caller says what is wrong with it. */
	assert_ptr_equal(jwks_find(set, SLICE("a"), JWS_RS256), set->keys[0]);
	assert_ptr_equal(jwks_find(set, SLICE_NONE, JWS_ES256), set->keys[0]);
	assert_ptr_equal(jwks_find(set, SLICE_NONE, JWS_EDDSA), set->keys[1]);
	assert_ptr_equal(jwks_find(set, SLICE("c"), JWS_PS256), set->keys[2]);
	/* Two RSA keys: which one is meant would be a guess. */
	assert_null(jwks_find(set, SLICE_NONE, JWS_RS256));
	assert_null(jwks_find(set, SLICE("d"), JWS_ES256));
	/* A key without a kid serves any kid; one that has a kid does not. */
	assert_ptr_equal(jwks_find(set, SLICE("d"), JWS_HS256), set->keys[4]);
	jwks_unref(jwks_ref(set));
	jwks_unref(set);
	jwks_unref(NULL);
}

static void keys_at_hand_make_a_set(void **state)
{
	struct jwk *keys[2] = {NULL, NULL};
	struct jwks *set = NULL;

	(void)state;
	assert_int_equal(jwk_parse(SLICE(EC("a")), JWK_PUBLIC, &keys[0]), JWK_OK);
	assert_int_equal(jwk_parse(SLICE(ED("a")), JWK_PUBLIC, &keys[1]), JWK_OK);
	assert_int_equal(jwks_of(keys, 1, &set), JWK_OK);
	jwk_unref(keys[0]);
	assert_ptr_equal(jwks_find(set, SLICE("a"), JWS_ES256), keys[0]);
	assert_null(jwks_find(set, SLICE_NONE, JWS_EDDSA));
	jwk_ref(keys[0]);
	jwks_unref(set);
	assert_int_equal(jwks_of(keys, 2, &set), JWK_DUPLICATE_KID);
	jwk_unref(keys[0]);
	jwk_unref(keys[1]);
}

static enum jwk_fault parse_entries(size_t count, const char *format, size_t *ret_count)
{
	static char json[JWKS_MAX_TEXT];
	struct jwks *set = NULL;
	struct writer w;
	size_t index;

	writer_init(&w, json, sizeof(json));
	put(&w, SLICE("{\"keys\":["));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			put_char(&w, ',');
		put(&w, slice_of(format));
		put_u64(&w, i);
		put(&w, SLICE("\"}"));
	}
	put(&w, SLICE("]}"));
	enum jwk_fault fault = jwks_parse(writer_slice(&w), JWK_PUBLIC, &set, &index);
	*ret_count = set ? set->count : 0;
	jwks_unref(set);
	return fault;
}

static void sets_have_a_maximum(void **state)
{
	size_t count;

	(void)state;
	assert_int_equal(parse_entries(JWKS_MAX_KEYS, "{" RFC_ED ",\"kid\":\"", &count), JWK_OK);
	assert_int_equal(count, JWKS_MAX_KEYS);
	assert_int_equal(parse_entries(JWKS_MAX_KEYS + 1, "{" RFC_ED ",\"kid\":\"", &count),
			 JWK_TOO_MANY);
	/* Skipped entries count: they are work. */
	assert_int_equal(parse_entries(JWKS_MAX_KEYS + 1, "{\"kty\":\"", &count), JWK_TOO_MANY);
}

static void documents_have_a_maximum(void **state)
{
	static char json[JWKS_MAX_TEXT + 1];
	struct jwks *set = NULL;
	size_t index;

	(void)state;
	memset(json, ' ', sizeof(json));
	memcpy(json, "{\"keys\":[]}", 11);
	assert_int_equal(jwks_parse((struct slice){json, JWKS_MAX_TEXT}, JWK_PUBLIC, &set, &index),
			 JWK_OK);
	jwks_unref(set);
	assert_int_equal(
		jwks_parse((struct slice){json, JWKS_MAX_TEXT + 1}, JWK_PUBLIC, &set, &index),
		JWK_TOO_LARGE);
}

/* What keygen writes is what serve reads: alg by alg, and a signature goes from one to the other.
 */
static void generated_keys_come_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < JWS_ALG_COUNT; i++) {
		enum jws_alg alg = (enum jws_alg)i;
		char secret[JWK_PRIVATE_SPACE], public[JWK_PUBLIC_SPACE];
		uint8_t signature[JWS_MAX_SIGNATURE];
		struct jwk *made = NULL, *read = NULL;
		struct jwks *set = NULL;
		struct writer w, p;
		size_t len, index;

		assert_int_equal(jwk_generate(alg, SLICE_NONE, &made), OK);
		writer_init(&w, secret, sizeof(secret));
		assert_int_equal(put_jwk_private(&w, made), OK);
		assert_int_equal(jwk_parse(writer_slice(&w), JWK_PRIVATE, &read), JWK_OK);
		writer_init(&p, public, sizeof(public));
		assert_int_equal(put_jwks_public(&p, made), OK);
		assert_int_equal(jwks_parse(writer_slice(&p), JWK_PUBLIC, &set, &index), JWK_OK);
		assert_int_equal(set->count, alg == JWS_HS256 ? 0 : 1);
		check_slice("kid", jwk_kid(read), jwk_kid(made));
		assert_int_equal(jwk_kid(made).len, 16);
		assert_int_equal(read->algs, JWS_ALG_BIT(alg));
		const struct jwk *key = set->count > 0 ? jwks_find(set, jwk_kid(read), alg) : made;
		assert_int_equal(jws_sign(read, alg, SLICE("x"), signature, &len), OK);
		assert_true(jws_verify(key, alg, SLICE("x"),
				       (struct slice){(const char *)signature, len}));
		jwks_unref(set);
		jwk_unref(read);
		jwk_unref(made);
	}
}

static void generated_keys_keep_their_kid(void **state)
{
	char kid[JWK_MAX_KID + 1], small[100];
	struct jwk *key = NULL, *public = NULL;
	struct writer w;

	(void)state;
	memset(kid, 'k', sizeof(kid));
	assert_int_equal(jwk_generate(JWS_EDDSA, (struct slice){kid, sizeof(kid)}, &key), E_RANGE);
	assert_int_equal(jwk_generate(JWS_EDDSA, SLICE(""), &key), E_RANGE);
	assert_int_equal(jwk_generate(JWS_EDDSA, (struct slice){kid, JWK_MAX_KID}, &key), OK);
	assert_int_equal(jwk_kid(key).len, JWK_MAX_KID);
	writer_init(&w, small, sizeof(small));
	assert_int_equal(put_jwk_private(&w, key), E_NO_SPACE);
	writer_init(&w, small, sizeof(small));
	assert_int_equal(put_jwks_public(&w, key), E_NO_SPACE);
	jwk_unref(key);
	assert_int_equal(jwk_parse(SLICE(ED("a")), JWK_PUBLIC, &public), JWK_OK);
	writer_init(&w, small, sizeof(small));
	assert_int_equal(put_jwk_private(&w, public), E_RANGE);
	jwk_unref(public);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_documents),
		cmocka_unit_test(finds_by_kid_and_alg),
		cmocka_unit_test(keys_at_hand_make_a_set),
		cmocka_unit_test(sets_have_a_maximum),
		cmocka_unit_test(documents_have_a_maximum),
		cmocka_unit_test(generated_keys_come_back),
		cmocka_unit_test(generated_keys_keep_their_kid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

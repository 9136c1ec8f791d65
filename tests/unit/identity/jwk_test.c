/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "../edge.h"
#include "base/base64url.h"
#include "identity/jwk.h"
#include "identity/jws.h"
#include "rfc_keys.h"

#include <openssl/err.h>
#include <string.h>

#define OCT_31 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg"
#define OCT_32 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define X      "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y      "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define KID_16 "0123456789abcdef"
#define KID_256                                                                                    \
	KID_16 KID_16 KID_16 KID_16 KID_16 KID_16 KID_16 KID_16 KID_16 KID_16 KID_16 KID_16 KID_16 \
		KID_16 KID_16 KID_16

static const struct {
	const char *name;
	enum jwk_mode mode;
	const char *json;
	enum jwk_fault fault;
} cases[] = {
	{"RSA", JWK_PUBLIC, "{" RFC_RSA "}", JWK_OK},
	{"EC", JWK_PUBLIC, "{" RFC_EC "}", JWK_OK},
	{"Ed25519", JWK_PUBLIC, "{" RFC_ED "}", JWK_OK},
	{"a secret where the operator keeps it", JWK_SHARED, "{" RFC_OCT "}", JWK_OK},
	{"all about it", JWK_PUBLIC,
	 "{" RFC_EC ",\"alg\":\"ES256\",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"kid\":\"1\"}",
	 JWK_OK},
	{"private RSA", JWK_PRIVATE, "{" RFC_RSA RFC_RSA_PRIVATE "}", JWK_OK},
	{"private EC", JWK_PRIVATE, "{" RFC_EC RFC_EC_D ",\"key_ops\":[\"sign\"]}", JWK_OK},
	{"private Ed25519", JWK_PRIVATE, "{" RFC_ED RFC_ED_D "}", JWK_OK},
	{"a secret that signs", JWK_PRIVATE, "{" RFC_OCT "}", JWK_OK},
	/* what belongs where */
	{"a private RSA key that was published", JWK_PUBLIC, "{" RFC_RSA RFC_RSA_PRIVATE "}",
	 JWK_IS_PRIVATE},
	{"one private number is enough", JWK_PUBLIC, "{" RFC_RSA ",\"qi\":\"AA\"}", JWK_IS_PRIVATE},
	{"a private EC key that was published", JWK_PUBLIC, "{" RFC_EC RFC_EC_D "}",
	 JWK_IS_PRIVATE},
	{"a private Ed25519 key among the operator's", JWK_SHARED, "{" RFC_ED RFC_ED_D "}",
	 JWK_IS_PRIVATE},
	{"a private key of a foreign type", JWK_PUBLIC, "{\"kty\":\"X\",\"d\":\"AA\"}",
	 JWK_IS_PRIVATE},
	{"a private key for encryption", JWK_PUBLIC, "{" RFC_EC RFC_EC_D ",\"use\":\"enc\"}",
	 JWK_IS_PRIVATE},
	{"a secret that was published", JWK_PUBLIC, "{" RFC_OCT "}", JWK_IS_SECRET},
	{"a secret inside an RSA key", JWK_SHARED, "{" RFC_RSA ",\"k\":\"" OCT_32 "\"}",
	 JWK_IS_PRIVATE},
	{"a public key that should sign", JWK_PRIVATE, "{" RFC_EC "}", JWK_NOT_PRIVATE},
	/* foreign ones */
	{"another type", JWK_PUBLIC, "{\"kty\":\"AKP\",\"pub\":\"AA\"}", JWK_UNKNOWN_TYPE},
	{"type in lower case", JWK_PUBLIC, "{\"kty\":\"rsa\"}", JWK_UNKNOWN_TYPE},
	{"P-384", JWK_PUBLIC, "{\"kty\":\"EC\",\"crv\":\"P-384\"}", JWK_UNKNOWN_TYPE},
	{"secp256k1", JWK_PUBLIC,
	 "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" X "\",\"y\":\"" Y "\"}",
	 JWK_UNKNOWN_TYPE},
	{"Ed25519's curve under EC", JWK_PUBLIC, "{\"kty\":\"EC\",\"crv\":\"Ed25519\"}",
	 JWK_UNKNOWN_TYPE},
	{"X25519", JWK_PUBLIC, "{\"kty\":\"OKP\",\"crv\":\"X25519\"}", JWK_UNKNOWN_TYPE},
	{"no curve", JWK_PUBLIC, "{\"kty\":\"EC\",\"x\":\"" X "\",\"y\":\"" Y "\"}",
	 JWK_UNKNOWN_TYPE},
	{"another alg", JWK_PUBLIC, "{" RFC_RSA ",\"alg\":\"RS512\"}", JWK_UNKNOWN_ALG},
	{"alg none", JWK_PUBLIC, "{" RFC_RSA ",\"alg\":\"none\"}", JWK_UNKNOWN_ALG},
	{"for encryption", JWK_PUBLIC, "{" RFC_RSA ",\"use\":\"enc\"}", JWK_OTHER_USE},
	{"operations without verify", JWK_PUBLIC, "{" RFC_RSA ",\"key_ops\":[\"encrypt\"]}",
	 JWK_OTHER_USE},
	{"no operations", JWK_PUBLIC, "{" RFC_RSA ",\"key_ops\":[]}", JWK_OTHER_USE},
	{"verify alone does not sign", JWK_PRIVATE,
	 "{" RFC_EC RFC_EC_D ",\"key_ops\":[\"verify\"]}", JWK_OTHER_USE},
	/* broken ones */
	{"no JSON", JWK_PUBLIC, "RSA", JWK_NOT_JSON},
	{"a list", JWK_PUBLIC, "[{" RFC_RSA "}]", JWK_NOT_JSON},
	{"kty twice", JWK_PUBLIC, "{" RFC_RSA ",\"kty\":\"RSA\"}", JWK_NOT_JSON},
	{"no type", JWK_PUBLIC, "{}", JWK_BAD_MEMBER},
	{"a type that is a number", JWK_PUBLIC, "{\"kty\":1}", JWK_BAD_MEMBER},
	{"alg a number", JWK_PUBLIC, "{" RFC_RSA ",\"alg\":1}", JWK_BAD_MEMBER},
	{"alg of another type", JWK_PUBLIC, "{" RFC_RSA ",\"alg\":\"HS256\"}", JWK_ALG_MISMATCH},
	{"alg of another curve", JWK_PUBLIC, "{" RFC_ED ",\"alg\":\"ES256\"}", JWK_ALG_MISMATCH},
	{"use a list", JWK_PUBLIC, "{" RFC_RSA ",\"use\":[\"sig\"]}", JWK_BAD_MEMBER},
	{"key_ops a text", JWK_PUBLIC, "{" RFC_RSA ",\"key_ops\":\"verify\"}", JWK_BAD_MEMBER},
	{"key_ops with a number", JWK_PUBLIC, "{" RFC_RSA ",\"key_ops\":[1]}", JWK_BAD_MEMBER},
	{"kid of 256 bytes", JWK_PUBLIC, "{" RFC_ED ",\"kid\":\"" KID_256 "\"}", JWK_OK},
	{"kid of 257 bytes", JWK_PUBLIC, "{" RFC_ED ",\"kid\":\"" KID_256 "x\"}", JWK_BAD_KID},
	{"kid empty", JWK_PUBLIC, "{" RFC_ED ",\"kid\":\"\"}", JWK_BAD_KID},
	{"kid a number", JWK_PUBLIC, "{" RFC_ED ",\"kid\":1}", JWK_BAD_KID},
	{"RSA without e", JWK_PUBLIC, "{\"kty\":\"RSA\",\"n\":\"" RFC_RSA_N "\"}", JWK_BAD_MEMBER},
	{"RSA without n", JWK_PUBLIC, "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", JWK_BAD_MEMBER},
	{"RSA with padding", JWK_PUBLIC,
	 "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RFC_RSA_N "==\"}", JWK_BAD_MEMBER},
	{"RSA with e 1", JWK_PUBLIC, "{\"kty\":\"RSA\",\"e\":\"AQ\",\"n\":\"" RFC_RSA_N "\"}",
	 JWK_BAD_KEY},
	{"RSA with an even e", JWK_PUBLIC,
	 "{\"kty\":\"RSA\",\"e\":\"AQAA\",\"n\":\"" RFC_RSA_N "\"}", JWK_BAD_KEY},
	{"RSA with e 0", JWK_PUBLIC, "{\"kty\":\"RSA\",\"e\":\"\",\"n\":\"" RFC_RSA_N "\"}",
	 JWK_BAD_KEY},
	{"RSA with e of 64 bits", JWK_PUBLIC,
	 "{\"kty\":\"RSA\",\"e\":\"__________8\",\"n\":\"" RFC_RSA_N "\"}", JWK_OK},
	{"RSA with e of 65 bits", JWK_PUBLIC,
	 "{\"kty\":\"RSA\",\"e\":\"Af__________\",\"n\":\"" RFC_RSA_N "\"}", JWK_OVERSIZED},
	{"RSA of few bits", JWK_PUBLIC, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" OCT_32 "\"}",
	 JWK_WEAK},
	{"private RSA with a number missing", JWK_PRIVATE,
	 "{" RFC_RSA ",\"d\":\"" RFC_RSA_D "\",\"p\":\"" RFC_RSA_P "\"}", JWK_BAD_MEMBER},
	{"EC off the curve", JWK_PUBLIC,
	 "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" X "\"}", JWK_BAD_KEY},
	{"EC at infinity", JWK_PUBLIC,
	 "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	 "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
	 JWK_BAD_KEY},
	{"EC with a short x", JWK_PUBLIC,
	 "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" OCT_31 "\",\"y\":\"" Y "\"}", JWK_BAD_MEMBER},
	{"EC with a zero in front of x", JWK_PUBLIC,
	 "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AH_NzidwH8RdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF\","
	 "\"y\":\"" Y "\"}",
	 JWK_BAD_MEMBER},
	{"EC without y", JWK_PUBLIC, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\"}",
	 JWK_BAD_MEMBER},
	{"EC whose private part is another's", JWK_PRIVATE, "{" RFC_EC ",\"d\":\"" OCT_32 "\"}",
	 JWK_BAD_KEY},
	{"Ed25519 with a short x", JWK_PUBLIC,
	 "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" OCT_31 "\"}", JWK_BAD_MEMBER},
	{"Ed25519 whose private part is another's", JWK_PRIVATE,
	 "{" RFC_ED ",\"d\":\"" OCT_32 "\"}", JWK_BAD_KEY},
	{"a secret of 32 bytes", JWK_SHARED, "{\"kty\":\"oct\",\"k\":\"" OCT_32 "\"}", JWK_OK},
	{"a secret of 31 bytes", JWK_SHARED, "{\"kty\":\"oct\",\"k\":\"" OCT_31 "\"}", JWK_WEAK},
	{"an empty secret", JWK_SHARED, "{\"kty\":\"oct\",\"k\":\"\"}", JWK_WEAK},
	{"no secret", JWK_SHARED, "{\"kty\":\"oct\"}", JWK_BAD_MEMBER},
	{"a secret that is no base64url", JWK_SHARED, "{\"kty\":\"oct\",\"k\":\"secret!\"}",
	 JWK_BAD_MEMBER},
};

static void judges_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct jwk *key = NULL;
		struct slice json = place_at_edge(slice_of(cases[i].json));
		enum jwk_fault fault = jwk_parse(json, cases[i].mode, &key);

		if (fault != cases[i].fault)
			fail_msg("%s: %s", cases[i].name, jwk_fault_text(fault));
		check(cases[i].name, (fault == JWK_OK) == (key != NULL));
		check(cases[i].name, ERR_peek_error() == 0);
		jwk_unref(key);
	}
}

static void no_prefix_is_a_key(void **state)
{
	struct slice json = SLICE("{" RFC_EC ",\"kid\":\"1\"}");
	struct jwk *key = NULL;

	(void)state;
	for (size_t n = 0; n < json.len; n++)
		assert_int_equal(jwk_parse(place_at_edge(slice_upto(json, n)), JWK_PUBLIC, &key),
				 JWK_NOT_JSON);
	assert_null(key);
}

/* An RSA modulus of ones: nobody asks here whether it is one. */
static enum jwk_fault parse_bits(size_t bits)
{
	char json[8192], n[2048];
	struct writer w;
	struct jwk *key = NULL;
	size_t len = (bits + 7) / 8;

	memset(n, 0xff, len);
	n[0] = (char)(0xff >> (len * 8 - bits));
	writer_init(&w, json, sizeof(json));
	put(&w, SLICE("{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""));
	put_base64url(&w, (struct slice){n, len});
	put(&w, SLICE("\"}"));
	enum jwk_fault fault = jwk_parse(writer_slice(&w), JWK_PUBLIC, &key);
	jwk_unref(key);
	return fault;
}

static void rsa_has_a_least_and_a_largest_size(void **state)
{
	(void)state;
	assert_int_equal(parse_bits(1024), JWK_WEAK);
	assert_int_equal(parse_bits(2047), JWK_WEAK);
	assert_int_equal(parse_bits(2048), JWK_OK);
	assert_int_equal(parse_bits(8192), JWK_OK);
	assert_int_equal(parse_bits(8193), JWK_OVERSIZED);
	assert_int_equal(parse_bits(16384), JWK_OVERSIZED);
}

static void secrets_have_a_least_and_a_largest_size(void **state)
{
	char bytes[JWK_OCT_MAX + 1] = {0};
	struct jwk *key;

	(void)state;
	assert_int_equal(jwk_from_secret((struct slice){bytes, JWK_OCT_MIN - 1}, &key), JWK_WEAK);
	assert_int_equal(jwk_from_secret((struct slice){bytes, JWK_OCT_MIN}, &key), JWK_OK);
	jwk_unref(key);
	assert_int_equal(jwk_from_secret((struct slice){bytes, JWK_OCT_MAX}, &key), JWK_OK);
	jwk_unref(key);
	assert_int_equal(jwk_from_secret((struct slice){bytes, JWK_OCT_MAX + 1}, &key),
			 JWK_OVERSIZED);
}

static void texts_have_a_maximum(void **state)
{
	static char text[JWK_MAX_TEXT + 1];
	struct slice json = SLICE("{" RFC_ED "}");
	struct jwk *key;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, json.ptr, json.len);
	assert_int_equal(jwk_parse((struct slice){text, JWK_MAX_TEXT}, JWK_PUBLIC, &key), JWK_OK);
	jwk_unref(key);
	assert_int_equal(jwk_parse((struct slice){text, JWK_MAX_TEXT + 1}, JWK_PUBLIC, &key),
			 JWK_TOO_LARGE);
	assert_int_equal(jwk_from_pem((struct slice){text, JWK_MAX_TEXT + 1}, JWK_PUBLIC, &key),
			 JWK_TOO_LARGE);
}

static void alg_narrows_the_key(void **state)
{
	struct jwk *key = NULL;

	(void)state;
	assert_int_equal(jwk_parse(SLICE("{" RFC_RSA "}"), JWK_PUBLIC, &key), JWK_OK);
	assert_true(jwk_allows(key, JWS_RS256) && jwk_allows(key, JWS_PS256));
	assert_false(jwk_allows(key, JWS_HS256) || jwk_allows(key, JWS_ES256));
	jwk_unref(key);
	assert_int_equal(
		jwk_parse(SLICE("{" RFC_RSA ",\"alg\":\"PS256\",\"kid\":\"k\"}"), JWK_PUBLIC, &key),
		JWK_OK);
	assert_true(jwk_allows(key, JWS_PS256));
	assert_false(jwk_allows(key, JWS_RS256));
	check_slice("kid", jwk_kid(key), SLICE("k"));
	jwk_unref(jwk_ref(key));
	jwk_unref(key);
	jwk_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_keys),
		cmocka_unit_test(no_prefix_is_a_key),
		cmocka_unit_test(rsa_has_a_least_and_a_largest_size),
		cmocka_unit_test(secrets_have_a_least_and_a_largest_size),
		cmocka_unit_test(texts_have_a_maximum),
		cmocka_unit_test(alg_narrows_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

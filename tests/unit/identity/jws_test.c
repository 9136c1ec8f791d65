/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/base64url.h"
#include "identity/jws.h"
#include "rfc_keys.h"

#define JOE                                                                                        \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0" \
	"cnVlfQ"
#define FRODO                                                                                      \
	"SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAg" \
	"b250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dp" \
	"bmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"

static const struct {
	const char *name;
	const char *key;
	enum jws_alg alg;
	const char *message;
	const char *signature;
	const char *private_key; /* NULL: signatures have a random part, or it is not at hand */
} vectors[] = {
	{"RFC 7515 A.1: HS256", "{" RFC_OCT "}", JWS_HS256,
	 "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE,
	 "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "{" RFC_OCT "}"},
	{"RFC 7515 A.2: RS256", "{" RFC_RSA "}", JWS_RS256, "eyJhbGciOiJSUzI1NiJ9." JOE,
	 "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
	 "O8W2Fp5"
	 "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
	 "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
	 "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
	 "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
	 "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
	 "{" RFC_RSA RFC_RSA_PRIVATE "}"},
	{"RFC 7515 A.3: ES256", "{" RFC_EC "}", JWS_ES256, "eyJhbGciOiJFUzI1NiJ9." JOE,
	 "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
	 NULL},
	{"RFC 7520 4.1: RS256", "{" RFC_BILBO "}", JWS_RS256,
	 "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." FRODO,
	 "MRjdkly7_-"
	 "oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xugl"
	 "II7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_"
	 "qHRD68BNt1uSNCrUCTJDt5aAE6x"
	 "8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_"
	 "de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE"
	 "_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg",
	 NULL},
	{"RFC 7520 4.4: HS256", "{" RFC_OCT_32 "}", JWS_HS256,
	 "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9." FRODO,
	 "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0", "{" RFC_OCT_32 "}"},
	{"RFC 8037 A.4: Ed25519", "{" RFC_ED "}", JWS_EDDSA,
	 "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
	 "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
	 "{" RFC_ED RFC_ED_D "}"},
};

static struct slice decoded(const char *text, uint8_t bytes[JWS_MAX_SIGNATURE])
{
	size_t len = 0;

	assert_int_equal(base64url_decode(slice_of(text), bytes, JWS_MAX_SIGNATURE, &len), OK);
	return (struct slice){(const char *)bytes, len};
}

static struct jwk *key_of(const char *json, enum jwk_mode mode)
{
	struct jwk *key = NULL;

	assert_int_equal(jwk_parse(slice_of(json), mode, &key), JWK_OK);
	return key;
}

static void verifies_what_the_rfcs_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		uint8_t bytes[JWS_MAX_SIGNATURE];
		struct slice message = slice_of(vectors[i].message);
		struct slice signature = decoded(vectors[i].signature, bytes);
		struct jwk *key = key_of(vectors[i].key, JWK_SHARED);

		check(vectors[i].name, jws_verify(key, vectors[i].alg, message, signature));
		check(vectors[i].name,
		      !jws_verify(key, vectors[i].alg, slice_from(message, 1), signature));
		for (size_t n = 0; n < signature.len; n++)
			check(vectors[i].name,
			      !jws_verify(key, vectors[i].alg, message, slice_upto(signature, n)));
		jwk_unref(key);
	}
}

static void no_bit_of_a_signature_may_differ(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		uint8_t bytes[JWS_MAX_SIGNATURE];
		struct slice signature = decoded(vectors[i].signature, bytes);
		struct jwk *key = key_of(vectors[i].key, JWK_SHARED);

		for (size_t n = 0; n < signature.len; n++) {
			bytes[n] ^= (uint8_t)(1u << n % 8);
			check(vectors[i].name,
			      !jws_verify(key, vectors[i].alg, slice_of(vectors[i].message),
					  signature));
			bytes[n] ^= (uint8_t)(1u << n % 8);
		}
		jwk_unref(key);
	}
}

static void signs_as_the_rfcs_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		uint8_t want[JWS_MAX_SIGNATURE], got[JWS_MAX_SIGNATURE];
		size_t len = 0;

		if (!vectors[i].private_key)
			continue;
		struct jwk *key = key_of(vectors[i].private_key, JWK_PRIVATE);
		enum err err =
			jws_sign(key, vectors[i].alg, slice_of(vectors[i].message), got, &len);
		check(vectors[i].name, err == OK);
		check(vectors[i].name, slice_eq((struct slice){(const char *)got, len},
						decoded(vectors[i].signature, want)));
		jwk_unref(key);
	}
}

#define ZERO "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ONE  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
#define ORDER                                                                                      \
	"\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84" \
	"\xf3\xb9\xca\xc2\xfc\x63\x25\x51"
#define ONES                                                                                       \
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" \
	"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

static const struct {
	const char *name;
	struct slice signature;
} bad_es256[] = {
	{"r and s are 0 (CVE-2022-21449)", SLICE_INIT(ZERO ZERO)},
	{"r is 0", SLICE_INIT(ZERO ONE)},
	{"s is 0", SLICE_INIT(ONE ZERO)},
	{"r is the order", SLICE_INIT(ORDER ONE)},
	{"s is the order", SLICE_INIT(ONE ORDER)},
	{"both are the order", SLICE_INIT(ORDER ORDER)},
	{"both are larger than the field", SLICE_INIT(ONES ONES)},
	{"both are 1", SLICE_INIT(ONE ONE)},
	{"empty", SLICE_INIT("")},
	{"one byte longer", SLICE_INIT(ONE ONE "\1")},
};

static void refuses_bad_points(void **state)
{
	struct jwk *key = key_of("{" RFC_EC "}", JWK_PUBLIC);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad_es256); i++)
		check(bad_es256[i].name,
		      !jws_verify(key, JWS_ES256, SLICE("x"), bad_es256[i].signature));
	jwk_unref(key);
}

static void es256_is_raw_and_never_der(void **state)
{
	struct jwk *key = key_of("{" RFC_EC RFC_EC_D "}", JWK_PRIVATE);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[JWS_MAX_SIGNATURE];
	size_t len = sizeof(der);

	(void)state;
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, (const uint8_t *)"x", 1), 1);
	assert_false(
		jws_verify(key, JWS_ES256, SLICE("x"), (struct slice){(const char *)der, len}));
	EVP_MD_CTX_free(ctx);
	assert_int_equal(jws_sign(key, JWS_ES256, SLICE("x"), der, &len), OK);
	assert_int_equal(len, 64);
	assert_true(jws_verify(key, JWS_ES256, SLICE("x"), (struct slice){(const char *)der, len}));
	jwk_unref(key);
}

static void the_paddings_of_rsa_differ(void **state)
{
	static const enum jws_alg algs[] = {JWS_RS256, JWS_PS256};
	struct jwk *key = key_of("{" RFC_RSA RFC_RSA_PRIVATE "}", JWK_PRIVATE);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(algs); i++) {
		uint8_t bytes[JWS_MAX_SIGNATURE];
		size_t len = 0;

		assert_int_equal(jws_sign(key, algs[i], SLICE("x"), bytes, &len), OK);
		struct slice signature = {(const char *)bytes, len};
		assert_true(jws_verify(key, algs[i], SLICE("x"), signature));
		assert_false(jws_verify(key, algs[1 - i], SLICE("x"), signature));
	}
	jwk_unref(key);
}

static void a_key_serves_its_own_algorithms_only(void **state)
{
	static const char *const keys[] = {
		"{" RFC_OCT "}",
		"{" RFC_RSA RFC_RSA_PRIVATE ",\"alg\":\"RS256\"}",
		"{" RFC_EC RFC_EC_D "}",
		"{" RFC_ED RFC_ED_D "}",
	};
	static const enum jws_alg own[] = {JWS_HS256, JWS_RS256, JWS_ES256, JWS_EDDSA};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct jwk *key = key_of(keys[i], JWK_PRIVATE);

		for (unsigned alg = 0; alg < JWS_ALG_COUNT; alg++) {
			uint8_t bytes[JWS_MAX_SIGNATURE];
			size_t len = SIZE_MAX;
			enum err err = jws_sign(key, (enum jws_alg)alg, SLICE("x"), bytes, &len);

			check(keys[i], err == (own[i] == alg ? OK : E_RANGE));
			check(keys[i], (err == OK) == (len != SIZE_MAX));
		}
		jwk_unref(key);
	}
}

static void a_public_key_signs_nothing(void **state)
{
	struct jwk *key = key_of("{" RFC_EC "}", JWK_PUBLIC);
	uint8_t bytes[JWS_MAX_SIGNATURE];
	size_t len;

	(void)state;
	assert_int_equal(jws_sign(key, JWS_ES256, SLICE("x"), bytes, &len), E_RANGE);
	jwk_unref(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies_what_the_rfcs_print),
		cmocka_unit_test(no_bit_of_a_signature_may_differ),
		cmocka_unit_test(signs_as_the_rfcs_print),
		cmocka_unit_test(refuses_bad_points),
		cmocka_unit_test(es256_is_raw_and_never_der),
		cmocka_unit_test(the_paddings_of_rsa_differ),
		cmocka_unit_test(a_key_serves_its_own_algorithms_only),
		cmocka_unit_test(a_public_key_signs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

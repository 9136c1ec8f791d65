/* SPDX-License-Identifier: Apache-2.0 */
/* The tricks that tokens were broken with: form, header, key and signature. */
#include "../test.h"

#include "../edge.h"
#include "base/base64url.h"
#include "identity/jwt.h"
#include "identity/jwt_sign.h"
#include "mint.h"

#include <string.h>

#define ALL ((1u << JWS_ALG_COUNT) - 1)

/* Well signed, so that only the header decides. */
static const struct {
	const char *name;
	const char *header;
	enum mint_signer signer;
	enum jws_alg alg;
	enum auth_fault fault;
} headers[] = {
	{"HS256", "{\"alg\":\"HS256\",\"kid\":\"hs\"}", MINT_HS, JWS_HS256, AUTH_OK},
	{"RS256", "{\"alg\":\"RS256\",\"kid\":\"rs\"}", MINT_RS, JWS_RS256, AUTH_OK},
	{"PS256", "{\"alg\":\"PS256\",\"kid\":\"rs\"}", MINT_RS, JWS_PS256, AUTH_OK},
	{"ES256", "{\"alg\":\"ES256\",\"kid\":\"es\"}", MINT_ES, JWS_ES256, AUTH_OK},
	{"EdDSA", "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", MINT_ED, JWS_EDDSA, AUTH_OK},
	{"without a kid the only key of that alg", "{\"alg\":\"ES256\"}", MINT_ES, JWS_ES256,
	 AUTH_OK},
	{"typ JWT", "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", MINT_ES, JWS_ES256, AUTH_OK},
	{"typ in lower case", "{\"alg\":\"ES256\",\"typ\":\"jwt\"}", MINT_ES, JWS_ES256, AUTH_OK},
	{"an access token (RFC 9068)", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", MINT_ES, JWS_ES256,
	 AUTH_OK},
	{"typ as a full media type", "{\"alg\":\"ES256\",\"typ\":\"application/at+jwt\"}", MINT_ES,
	 JWS_ES256, AUTH_OK},
	{"white space in the JSON", " { \"alg\" :\r\n\"ES256\" } ", MINT_ES, JWS_ES256, AUTH_OK},
	{"members that mean nothing here", "{\"alg\":\"ES256\",\"x5t\":\"AA\",\"cty\":\"JWT\"}",
	 MINT_ES, JWS_ES256, AUTH_OK},
	{"alg none", "{\"alg\":\"none\"}", MINT_ES, JWS_ES256, AUTH_BAD_ALG},
	{"alg None", "{\"alg\":\"None\"}", MINT_ES, JWS_ES256, AUTH_BAD_ALG},
	{"alg NONE", "{\"alg\":\"NONE\"}", MINT_ES, JWS_ES256, AUTH_BAD_ALG},
	{"alg nOnE", "{\"alg\":\"nOnE\"}", MINT_ES, JWS_ES256, AUTH_BAD_ALG},
	{"alg in lower case", "{\"alg\":\"es256\"}", MINT_ES, JWS_ES256, AUTH_BAD_ALG},
	{"alg with a space", "{\"alg\":\"ES256 \"}", MINT_ES, JWS_ES256, AUTH_BAD_ALG},
	{"alg of another strength", "{\"alg\":\"ES512\"}", MINT_ES, JWS_ES256, AUTH_BAD_ALG},
	{"alg empty", "{\"alg\":\"\"}", MINT_ES, JWS_ES256, AUTH_BAD_ALG},
	{"alg missing", "{}", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"alg null", "{\"alg\":null}", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"alg is a list", "{\"alg\":[\"ES256\"]}", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"alg twice", "{\"alg\":\"none\",\"alg\":\"ES256\"}", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"alg twice, once with an escape", "{\"alg\":\"ES256\",\"\\u0061lg\":\"none\"}", MINT_ES,
	 JWS_ES256, AUTH_MALFORMED},
	{"kid of a key for another alg", "{\"alg\":\"ES256\",\"kid\":\"rs\"}", MINT_ES, JWS_ES256,
	 AUTH_BAD_ALG},
	{"the RSA key as secret of HS256", "{\"alg\":\"HS256\",\"kid\":\"rs\"}", MINT_HS, JWS_HS256,
	 AUTH_BAD_ALG},
	{"a signature of PS256 as RS256", "{\"alg\":\"RS256\",\"kid\":\"rs\"}", MINT_RS, JWS_PS256,
	 AUTH_BAD_SIGNATURE},
	{"a signature of RS256 as PS256", "{\"alg\":\"PS256\",\"kid\":\"rs\"}", MINT_RS, JWS_RS256,
	 AUTH_BAD_SIGNATURE},
	{"a signature of another type", "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", MINT_ES, JWS_ES256,
	 AUTH_BAD_SIGNATURE},
	{"kid that nobody has", "{\"alg\":\"ES256\",\"kid\":\"zz\"}", MINT_ES, JWS_ES256,
	 AUTH_UNKNOWN_KEY},
	{"kid as a path", "{\"alg\":\"ES256\",\"kid\":\"../../dev/null\"}", MINT_ES, JWS_ES256,
	 AUTH_UNKNOWN_KEY},
	{"kid of another case", "{\"alg\":\"ES256\",\"kid\":\"ES\"}", MINT_ES, JWS_ES256,
	 AUTH_UNKNOWN_KEY},
	{"kid empty", "{\"alg\":\"ES256\",\"kid\":\"\"}", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"kid is a number", "{\"alg\":\"ES256\",\"kid\":1}", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"kid with a NUL", "{\"alg\":\"ES256\",\"kid\":\"es\\u0000\"}", MINT_ES, JWS_ES256,
	 AUTH_MALFORMED},
	{"kid with a line end", "{\"alg\":\"ES256\",\"kid\":\"es\\n\"}", MINT_ES, JWS_ES256,
	 AUTH_MALFORMED},
	{"crit", "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}", MINT_ES, JWS_ES256,
	 AUTH_CRITICAL},
	{"crit empty", "{\"alg\":\"ES256\",\"crit\":[]}", MINT_ES, JWS_ES256, AUTH_CRITICAL},
	{"an unencoded payload", "{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}", MINT_ES,
	 JWS_ES256, AUTH_CRITICAL},
	{"its own key", "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"}}", MINT_ES, JWS_ES256,
	 AUTH_EMBEDDED_KEY},
	{"its own key, null", "{\"alg\":\"ES256\",\"jwk\":null}", MINT_ES, JWS_ES256,
	 AUTH_EMBEDDED_KEY},
	{"its own key set", "{\"alg\":\"ES256\",\"jku\":\"https://evil.test/\"}", MINT_ES,
	 JWS_ES256, AUTH_EMBEDDED_KEY},
	{"its own certificate address", "{\"alg\":\"ES256\",\"x5u\":\"https://evil.test/\"}",
	 MINT_ES, JWS_ES256, AUTH_EMBEDDED_KEY},
	{"its own certificate", "{\"alg\":\"ES256\",\"x5c\":[\"AA==\"]}", MINT_ES, JWS_ES256,
	 AUTH_EMBEDDED_KEY},
	{"a logout token", "{\"alg\":\"ES256\",\"typ\":\"logout+jwt\"}", MINT_ES, JWS_ES256,
	 AUTH_WRONG_TYPE},
	{"typ with more behind", "{\"alg\":\"ES256\",\"typ\":\"JWTX\"}", MINT_ES, JWS_ES256,
	 AUTH_WRONG_TYPE},
	{"typ null", "{\"alg\":\"ES256\",\"typ\":null}", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"a list as header", "[\"alg\",\"ES256\"]", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"no JSON", "alg=ES256", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"more behind the header", "{\"alg\":\"ES256\"}{}", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"not UTF-8", "{\"alg\":\"ES256\",\"x\":\"\xff\"}", MINT_ES, JWS_ES256, AUTH_MALFORMED},
	{"a byte order mark", "\xef\xbb\xbf{\"alg\":\"ES256\"}", MINT_ES, JWS_ES256,
	 AUTH_MALFORMED},
	{"eight levels", "{\"alg\":\"ES256\",\"a\":[[[[[[[]]]]]]]}", MINT_ES, JWS_ES256, AUTH_OK},
	{"nine levels", "{\"alg\":\"ES256\",\"a\":[[[[[[[[]]]]]]]]}", MINT_ES, JWS_ES256,
	 AUTH_MALFORMED},
	{"brackets in a text are no levels", "{\"alg\":\"ES256\",\"a\":\"\\\"[[[[[[[[[[[[\"}",
	 MINT_ES, JWS_ES256, AUTH_OK},
};

static void judges_headers(void **state)
{
	struct mint *m = *state;
	struct jwt_rules rules = mint_rules(ALL);

	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		struct slice token = mint_token(m, headers[i].header, SLICE(MINT_CLAIMS),
						headers[i].signer, headers[i].alg);
		enum auth_fault fault = mint_verify(token, &rules, m->set);

		if (fault != headers[i].fault)
			fail_msg("%s: %s", headers[i].name, auth_fault_reason(fault));
	}
}

static void the_rules_pin_the_algorithm(void **state)
{
	static const char *const names[MINT_SIGNERS] = {
		"{\"alg\":\"HS256\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"ES256\"}",
		"{\"alg\":\"EdDSA\"}"};
	static const enum jws_alg algs[MINT_SIGNERS] = {JWS_HS256, JWS_RS256, JWS_ES256, JWS_EDDSA};
	struct mint *m = *state;

	for (unsigned i = 0; i < MINT_SIGNERS; i++) {
		struct jwt_rules all_but = mint_rules(ALL & ~JWS_ALG_BIT(algs[i]));
		struct jwt_rules only = mint_rules(JWS_ALG_BIT(algs[i]));
		struct slice token =
			mint_token(m, names[i], SLICE(MINT_CLAIMS), (enum mint_signer)i, algs[i]);

		check(names[i], mint_verify(token, &all_but, m->set) == AUTH_BAD_ALG);
		check(names[i], mint_verify(token, &only, m->set) == AUTH_OK);
	}
}

/* What is done to a good ES256 token; PARTS: all of it is replaced. */
static const struct {
	const char *name;
	enum { WHOLE, NO_SIGNATURE, PREFIX, SUFFIX, PARTS } how;
	struct slice text;
	enum auth_fault fault;
} forms[] = {
	{"untouched", WHOLE, {0}, AUTH_OK},
	{"a space in front", PREFIX, SLICE_INIT(" "), AUTH_MALFORMED},
	{"a space behind", SUFFIX, SLICE_INIT(" "), AUTH_MALFORMED},
	{"a line end behind", SUFFIX, SLICE_INIT("\n"), AUTH_MALFORMED},
	{"a NUL behind", SUFFIX, SLICE_INIT("\0"), AUTH_MALFORMED},
	{"padding behind", SUFFIX, SLICE_INIT("=="), AUTH_MALFORMED},
	{"a trailing dot", SUFFIX, SLICE_INIT("."), AUTH_MALFORMED},
	{"a leading dot", PREFIX, SLICE_INIT("."), AUTH_MALFORMED},
	{"four parts", SUFFIX, SLICE_INIT(".AAAA"), AUTH_MALFORMED},
	{"five parts, as if encrypted", SUFFIX, SLICE_INIT(".AAAA.AAAA"), AUTH_MALFORMED},
	{"the scheme in front", PREFIX, SLICE_INIT("Bearer "), AUTH_MALFORMED},
	{"the signature left out", NO_SIGNATURE, SLICE_INIT("."), AUTH_BAD_SIGNATURE},
	{"two parts", NO_SIGNATURE, SLICE_INIT(""), AUTH_MALFORMED},
	{"a signature of zeroes", NO_SIGNATURE, SLICE_INIT(".AAAA"), AUTH_BAD_SIGNATURE},
	{"nothing", PARTS, SLICE_INIT(""), AUTH_MALFORMED},
	{"dots alone", PARTS, SLICE_INIT(".."), AUTH_MALFORMED},
	{"one part", PARTS, SLICE_INIT("eyJhbGciOiJFUzI1NiJ9"), AUTH_MALFORMED},
	{"none, unsigned", PARTS, SLICE_INIT("eyJhbGciOiJub25lIn0.e30."), AUTH_BAD_ALG},
	{"unused bits in the header", PARTS, SLICE_INIT("eyJhbGciOiJub25lIn1.e30."),
	 AUTH_MALFORMED},
	{"plain base64", PARTS, SLICE_INIT("eyJhbGci+/.e30."), AUTH_MALFORMED},
};

static struct slice reform(struct writer *w, size_t at, struct slice token)
{
	size_t signature = token.len;

	while (signature > 0 && token.ptr[signature - 1] != '.')
		signature--;
	if (forms[at].how == PREFIX)
		put(w, forms[at].text);
	if (forms[at].how == NO_SIGNATURE)
		token = slice_upto(token, signature - 1);
	if (forms[at].how != PARTS)
		put(w, token);
	if (forms[at].how != PREFIX)
		put(w, forms[at].text);
	return writer_slice(w);
}

static void judges_forms(void **state)
{
	struct mint *m = *state;
	struct jwt_rules rules = mint_rules(ALL);
	struct slice token =
		mint_token(m, "{\"alg\":\"ES256\"}", SLICE(MINT_CLAIMS), MINT_ES, JWS_ES256);

	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		char space[1024];
		struct writer w;

		writer_init(&w, space, sizeof(space));
		struct slice form = place_at_edge(reform(&w, i, token));
		enum auth_fault fault = mint_verify(form, &rules, m->set);
		if (fault != forms[i].fault)
			fail_msg("%s: %s", forms[i].name, auth_fault_reason(fault));
	}
}

static void no_prefix_and_no_change_passes(void **state)
{
	struct mint *m = *state;
	struct jwt_rules rules = mint_rules(ALL);
	struct slice token =
		mint_token(m, "{\"alg\":\"EdDSA\"}", SLICE(MINT_CLAIMS), MINT_ED, JWS_EDDSA);
	char changed[1024];

	for (size_t n = 0; n < token.len; n++) {
		assert_int_not_equal(
			mint_verify(place_at_edge(slice_upto(token, n)), &rules, m->set), AUTH_OK);
		memcpy(changed, token.ptr, token.len);
		changed[n] = changed[n] == 'A' ? 'B' : 'A';
		assert_int_not_equal(
			mint_verify((struct slice){changed, token.len}, &rules, m->set), AUTH_OK);
	}
}

/* A good token of exactly `len` bytes; header and signature of HS256 have fixed sizes. */
static struct slice token_of(struct mint *m, size_t len)
{
	static char payload[JWT_MAX_TOKEN];
	const char *header = "{\"alg\":\"HS256\"}";
	size_t around = BASE64URL_CHARS(strlen(header)) + BASE64URL_CHARS(32) + 2;
	size_t size = BASE64URL_BYTES(len - around);

	memset(payload, ' ', sizeof(payload));
	memcpy(payload, MINT_CLAIMS, strlen(MINT_CLAIMS));
	return mint_token(m, header, (struct slice){payload, size}, MINT_HS, JWS_HS256);
}

static void tokens_have_a_maximum(void **state)
{
	struct mint *m = *state;
	struct jwt_rules rules = mint_rules(ALL);

	struct slice token = token_of(m, JWT_MAX_TOKEN);
	assert_int_equal(token.len, JWT_MAX_TOKEN);
	assert_int_equal(mint_verify(token, &rules, m->set), AUTH_OK);
	rules.max_token = JWT_MAX_TOKEN - 1;
	assert_int_equal(mint_verify(token, &rules, m->set), AUTH_TOO_LARGE);
	rules.max_token = JWT_MAX_TOKEN;
	assert_int_equal(mint_verify((struct slice){m->space, JWT_MAX_TOKEN + 1}, &rules, m->set),
			 AUTH_TOO_LARGE);
}

static void headers_and_signatures_have_a_maximum(void **state)
{
	struct mint *m = *state;
	struct jwt_rules rules = mint_rules(ALL);
	char header[JWT_MAX_HEADER + 2], dots[4096];
	size_t len = strlen("{\"alg\":\"ES256\"}");

	memset(header, ' ', sizeof(header));
	memcpy(header, "{\"alg\":\"ES256\"}", len);
	header[JWT_MAX_HEADER] = '\0';
	assert_int_equal(mint_verify(mint_token(m, header, SLICE(MINT_CLAIMS), MINT_ES, JWS_ES256),
				     &rules, m->set),
			 AUTH_OK);
	header[JWT_MAX_HEADER] = ' ';
	header[JWT_MAX_HEADER + 1] = '\0';
	assert_int_equal(mint_verify(mint_token(m, header, SLICE(MINT_CLAIMS), MINT_ES, JWS_ES256),
				     &rules, m->set),
			 AUTH_TOO_LARGE);
	memset(dots, 'A', sizeof(dots));
	memcpy(dots, "eyJhbGciOiJFUzI1NiJ9.e30.", 25);
	assert_int_equal(mint_verify((struct slice){dots, sizeof(dots)}, &rules, m->set),
			 AUTH_TOO_LARGE);
}

static void types_are_the_callers_choice(void **state)
{
	static const struct slice types[] = {SLICE_INIT("sluice+jwt")};
	struct mint *m = *state;
	struct jwt_rules rules = mint_rules(ALL);

	rules.types = types;
	rules.type_count = COUNT_OF(types);
	assert_int_equal(mint_verify(mint_token(m, "{\"alg\":\"ES256\",\"typ\":\"sluice+jwt\"}",
						SLICE(MINT_CLAIMS), MINT_ES, JWS_ES256),
				     &rules, m->set),
			 AUTH_OK);
	assert_int_equal(mint_verify(mint_token(m, "{\"alg\":\"ES256\"}", SLICE(MINT_CLAIMS),
						MINT_ES, JWS_ES256),
				     &rules, m->set),
			 AUTH_WRONG_TYPE);
}

static void memory_that_ends_is_a_fault(void **state)
{
	struct mint *m = *state;
	struct jwt_rules rules = mint_rules(ALL);
	struct slice token = mint_token(
		m, "{\"alg\":\"ES256\"}",
		SLICE("{\"iss\":\"https://id.test/\",\"aud\":\"stream\",\"sub\":\"ada\",\"sid\":"
		      "\"s\",\"jti\":\"j\",\"exp\":1800000060,\"sluice\":{\"subscribe\":[\"a\","
		      "\"b\"],\"publish\":[]}}"),
		MINT_ES, JWS_ES256);
	enum auth_fault fault = AUTH_NO_MEMORY;

	for (size_t max = 0; fault == AUTH_NO_MEMORY; max++) {
		struct arena arena;
		struct jwt_claims claims = {.expires_s = 1};

		arena_init(&arena, max);
		fault = jwt_verify(token, &rules, m->set, MINT_NOW, &arena, &claims);
		assert_true(fault == AUTH_OK || claims.expires_s == 1);
		arena_free(&arena);
	}
	assert_int_equal(fault, AUTH_OK);
}

static void takes_what_jwt_sign_makes(void **state)
{
	struct mint *m = *state;
	struct jwt_rules rules = mint_rules(ALL);

	for (unsigned alg = 0; alg < JWS_ALG_COUNT; alg++) {
		struct jwt_sign_options options = {(enum jws_alg)alg, SLICE("JWT")};
		const struct jwk *key = jwks_find(m->set, SLICE_NONE, options.alg);
		size_t at = 0;
		char space[2048];
		struct writer w;

		while (!slice_eq(jwk_kid(m->keys[at]), jwk_kid(key)))
			at++;
		writer_init(&w, space, sizeof(space));
		assert_int_equal(jwt_sign(m->keys[at], &options, SLICE(MINT_CLAIMS), &w), OK);
		assert_int_equal(mint_verify(writer_slice(&w), &rules, m->set), AUTH_OK);
		size_t need = w.len;
		for (size_t cap = 0; cap < need; cap += 7) {
			writer_init(&w, space, cap);
			assert_int_equal(jwt_sign(m->keys[at], &options, SLICE(MINT_CLAIMS), &w),
					 E_NO_SPACE);
		}
		writer_init(&w, space, sizeof(space));
		assert_int_equal(jwt_sign(m->keys[at], &options, SLICE("[]"), &w), E_SYNTAX);
		options.alg = alg == JWS_ES256 ? JWS_EDDSA : JWS_ES256;
		assert_int_equal(jwt_sign(m->keys[at], &options, SLICE(MINT_CLAIMS), &w), E_RANGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_headers),
		cmocka_unit_test(the_rules_pin_the_algorithm),
		cmocka_unit_test(judges_forms),
		cmocka_unit_test(no_prefix_and_no_change_passes),
		cmocka_unit_test(tokens_have_a_maximum),
		cmocka_unit_test(headers_and_signatures_have_a_maximum),
		cmocka_unit_test(types_are_the_callers_choice),
		cmocka_unit_test(memory_that_ends_is_a_fault),
		cmocka_unit_test(takes_what_jwt_sign_makes),
	};

	return cmocka_run_group_tests(tests, mint_set_up, mint_tear_down);
}

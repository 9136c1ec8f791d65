/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/writer.h"
#include "identity/jwt.h"
#include "mint.h"

#include <string.h>

#define ARENA (1u << 20)
/* Members that most rows share. */
#define ISS   "\"iss\":\"https://id.test/\""
#define AUD   "\"aud\":\"stream\""
#define SUB   "\"sub\":\"ada\""
#define EXP   "\"exp\":1800000060"
#define BASE  "{" ISS "," AUD "," SUB "," EXP
#define TIMES "{" ISS "," AUD "," SUB ","

static const struct slice audiences[] = {SLICE_INIT("stream"), SLICE_INIT("https://api.test/")};

static struct jwt_rules rules_new(void)
{
	struct jwt_rules rules = mint_rules(JWS_ALG_BIT(JWS_HS256));

	rules.audiences = audiences;
	rules.audience_count = COUNT_OF(audiences);
	return rules;
}

static enum auth_fault verify(struct mint *m, struct slice payload, const struct jwt_rules *rules,
			      struct arena *arena, struct jwt_claims *claims)
{
	struct slice token = mint_token(m, "{\"alg\":\"HS256\"}", payload, MINT_HS, JWS_HS256);

	arena_init(arena, ARENA);
	return jwt_verify(token, rules, m->set, MINT_NOW, arena, claims);
}

#define CHARS_16  "0123456789abcdef"
#define CHARS_128 CHARS_16 CHARS_16 CHARS_16 CHARS_16 CHARS_16 CHARS_16 CHARS_16 CHARS_16
#define CHARS_256 CHARS_128 CHARS_128

static const struct {
	const char *name;
	const char *claims;
	enum auth_fault fault;
} cases[] = {
	{"the least that is needed", BASE "}", AUTH_OK},
	{"members that mean nothing here", BASE ",\"scope\":\"x\",\"a\":{\"b\":[1,null]}}",
	 AUTH_OK},
	/* form */
	{"nothing", "", AUTH_BAD_CLAIMS},
	{"a list", "[" BASE "}]", AUTH_BAD_CLAIMS},
	{"a text", "\"x\"", AUTH_BAD_CLAIMS},
	{"more behind", BASE "} x", AUTH_BAD_CLAIMS},
	{"a comma too many", BASE ",}", AUTH_BAD_CLAIMS},
	{"sub twice", BASE ",\"sub\":\"eve\"}", AUTH_BAD_CLAIMS},
	{"exp twice, alike", BASE "," EXP "}", AUTH_BAD_CLAIMS},
	{"a repeated member deep inside", BASE ",\"a\":{\"b\":1,\"b\":1}}", AUTH_BAD_CLAIMS},
	{"nine levels", BASE ",\"a\":[[[[[[[[]]]]]]]]}", AUTH_BAD_CLAIMS},
	{"not UTF-8", BASE ",\"a\":\"\xff\"}", AUTH_BAD_CLAIMS},
	{"half a surrogate", BASE ",\"a\":\"\\ud800\"}", AUTH_BAD_CLAIMS},
	{"a number that is none", BASE ",\"a\":NaN}", AUTH_BAD_CLAIMS},
	/* iss (RFC 7519 4.1.1) */
	{"no issuer", "{" AUD "," SUB "," EXP "}", AUTH_WRONG_ISSUER},
	{"another issuer", "{\"iss\":\"https://evil.test/\"," AUD "," SUB "," EXP "}",
	 AUTH_WRONG_ISSUER},
	{"the issuer as a suffix", "{\"iss\":\"https://evil-id.test/\"," AUD "," SUB "," EXP "}",
	 AUTH_WRONG_ISSUER},
	{"the issuer as a prefix", "{\"iss\":\"https://id.test/x\"," AUD "," SUB "," EXP "}",
	 AUTH_WRONG_ISSUER},
	{"the issuer without its slash", "{\"iss\":\"https://id.test\"," AUD "," SUB "," EXP "}",
	 AUTH_WRONG_ISSUER},
	{"the issuer in capitals", "{\"iss\":\"https://ID.test/\"," AUD "," SUB "," EXP "}",
	 AUTH_WRONG_ISSUER},
	{"a list of issuers", "{\"iss\":[\"https://id.test/\"]," AUD "," SUB "," EXP "}",
	 AUTH_BAD_CLAIMS},
	/* aud (RFC 7519 4.1.3) */
	{"no audience", "{" ISS "," SUB "," EXP "}", AUTH_WRONG_AUDIENCE},
	{"another audience", "{" ISS ",\"aud\":\"other\"," SUB "," EXP "}", AUTH_WRONG_AUDIENCE},
	{"the second of our audiences", "{" ISS ",\"aud\":\"https://api.test/\"," SUB "," EXP "}",
	 AUTH_OK},
	{"a list with ours", "{" ISS ",\"aud\":[\"other\",\"stream\"]," SUB "," EXP "}", AUTH_OK},
	{"a list without ours", "{" ISS ",\"aud\":[\"other\",\"streams\"]," SUB "," EXP "}",
	 AUTH_WRONG_AUDIENCE},
	{"an empty list", "{" ISS ",\"aud\":[]," SUB "," EXP "}", AUTH_WRONG_AUDIENCE},
	{"a list with a number", "{" ISS ",\"aud\":[\"stream\",1]," SUB "," EXP "}",
	 AUTH_BAD_CLAIMS},
	{"an audience that is null", "{" ISS ",\"aud\":null," SUB "," EXP "}", AUTH_BAD_CLAIMS},
	{"an audience that is an object", "{" ISS ",\"aud\":{\"stream\":1}," SUB "," EXP "}",
	 AUTH_BAD_CLAIMS},
	/* exp (RFC 7519 4.1.4): on or after it, with the skew */
	{"no exp", "{" ISS "," AUD "," SUB "}", AUTH_NO_EXPIRY},
	{"exp one second before the skew ends", TIMES "\"exp\":1799999971}", AUTH_OK},
	{"exp where the skew ends", TIMES "\"exp\":1799999970}", AUTH_EXPIRED},
	{"exp with a fraction", TIMES "\"exp\":1799999971.5}", AUTH_OK},
	{"a fraction does not save exp", TIMES "\"exp\":1799999970.9}", AUTH_EXPIRED},
	{"exp in scientific form", TIMES "\"exp\":1.8e9}", AUTH_OK},
	{"exp 0", TIMES "\"exp\":0}", AUTH_EXPIRED},
	{"exp negative", TIMES "\"exp\":-1}", AUTH_BAD_CLAIMS},
	{"exp negative with a fraction", TIMES "\"exp\":-0.5}", AUTH_BAD_CLAIMS},
	{"exp at the end of 9999", TIMES "\"exp\":253402300799}", AUTH_OK},
	{"exp past the end of 9999", TIMES "\"exp\":253402300800}", AUTH_BAD_CLAIMS},
	{"exp in milliseconds", TIMES "\"exp\":1800000060000}", AUTH_BAD_CLAIMS},
	{"exp 1e300", TIMES "\"exp\":1e300}", AUTH_BAD_CLAIMS},
	{"exp 1e400", TIMES "\"exp\":1e400}", AUTH_BAD_CLAIMS},
	{"exp past 64 bits", TIMES "\"exp\":18446744073709551616}", AUTH_BAD_CLAIMS},
	{"exp as a text", TIMES "\"exp\":\"1800000060\"}", AUTH_BAD_CLAIMS},
	{"exp true", TIMES "\"exp\":true}", AUTH_BAD_CLAIMS},
	{"exp null", TIMES "\"exp\":null}", AUTH_BAD_CLAIMS},
	/* nbf, iat (RFC 7519 4.1.5, 4.1.6) */
	{"nbf in the past", BASE ",\"nbf\":1}", AUTH_OK},
	{"nbf at the skew", BASE ",\"nbf\":1800000030}", AUTH_OK},
	{"nbf past the skew", BASE ",\"nbf\":1800000031}", AUTH_NOT_YET_VALID},
	{"nbf past the skew by a fraction", BASE ",\"nbf\":1800000030.1}", AUTH_NOT_YET_VALID},
	{"nbf as a text", BASE ",\"nbf\":\"1\"}", AUTH_BAD_CLAIMS},
	{"iat at the skew", BASE ",\"iat\":1800000030}", AUTH_OK},
	{"iat in the future", BASE ",\"iat\":1800000031}", AUTH_NOT_YET_VALID},
	{"iat negative", BASE ",\"iat\":-1}", AUTH_BAD_CLAIMS},
	{"iat a list", BASE ",\"iat\":[1]}", AUTH_BAD_CLAIMS},
	/* sub, sid, jti */
	{"no subject", "{" ISS "," AUD "," EXP "}", AUTH_NO_SUBJECT},
	{"an empty subject", "{" ISS "," AUD "," EXP ",\"sub\":\"\"}", AUTH_BAD_CLAIMS},
	{"a subject that is a number", "{" ISS "," AUD "," EXP ",\"sub\":7}", AUTH_BAD_CLAIMS},
	{"a subject of 256 bytes", "{" ISS "," AUD "," EXP ",\"sub\":\"" CHARS_256 "\"}", AUTH_OK},
	{"a subject of 257 bytes", "{" ISS "," AUD "," EXP ",\"sub\":\"" CHARS_256 "x\"}",
	 AUTH_BAD_CLAIMS},
	{"a subject with a line end", "{" ISS "," AUD "," EXP ",\"sub\":\"a\\nb\"}",
	 AUTH_BAD_CLAIMS},
	{"a subject with a NUL", "{" ISS "," AUD "," EXP ",\"sub\":\"ada\\u0000\"}",
	 AUTH_BAD_CLAIMS},
	{"a subject with an escape", "{" ISS "," AUD "," EXP ",\"sub\":\"\\u001b[2J\"}",
	 AUTH_BAD_CLAIMS},
	{"a subject with DEL", "{" ISS "," AUD "," EXP ",\"sub\":\"\\u007f\"}", AUTH_BAD_CLAIMS},
	{"a subject with a C1 control", "{" ISS "," AUD "," EXP ",\"sub\":\"\\u009b\"}",
	 AUTH_BAD_CLAIMS},
	{"a subject in another script",
	 "{" ISS "," AUD "," EXP ",\"sub\":\"\xd0\x90\xd0\xb4\xd0\xb0\"}", AUTH_OK},
	{"sid and jti of 128 bytes", BASE ",\"sid\":\"" CHARS_128 "\",\"jti\":\"" CHARS_128 "\"}",
	 AUTH_OK},
	{"sid of 129 bytes", BASE ",\"sid\":\"" CHARS_128 "x\"}", AUTH_BAD_CLAIMS},
	{"jti of 129 bytes", BASE ",\"jti\":\"" CHARS_128 "x\"}", AUTH_BAD_CLAIMS},
	{"jti a number", BASE ",\"jti\":1}", AUTH_BAD_CLAIMS},
	{"sid null", BASE ",\"sid\":null}", AUTH_BAD_CLAIMS},
	/* rights */
	{"no lists", BASE ",\"sluice\":{}}", AUTH_OK},
	{"empty lists", BASE ",\"sluice\":{\"subscribe\":[],\"publish\":[]}}", AUTH_OK},
	{"Mercure's name", BASE ",\"mercure\":{\"subscribe\":[\"a\"],\"payload\":{}}}", AUTH_OK},
	{"both names", BASE ",\"mercure\":{},\"sluice\":{}}", AUTH_BAD_CLAIMS},
	{"rights that are a list", BASE ",\"sluice\":[\"a\"]}", AUTH_BAD_CLAIMS},
	{"rights that are null", BASE ",\"sluice\":null}", AUTH_BAD_CLAIMS},
	{"a list that is a text", BASE ",\"sluice\":{\"subscribe\":\"a\"}}", AUTH_BAD_CLAIMS},
	{"a list that is an object", BASE ",\"sluice\":{\"publish\":{\"a\":1}}}", AUTH_BAD_CLAIMS},
	{"a pattern that is a number", BASE ",\"sluice\":{\"subscribe\":[\"a\",1]}}",
	 AUTH_BAD_CLAIMS},
	{"a pattern that is empty", BASE ",\"sluice\":{\"publish\":[\"\"]}}", AUTH_BAD_CLAIMS},
	{"a pattern with a line end", BASE ",\"sluice\":{\"publish\":[\"a\\r\"]}}",
	 AUTH_BAD_CLAIMS},
	{"a pattern of 256 bytes", BASE ",\"sluice\":{\"publish\":[\"" CHARS_256 "\"]}}", AUTH_OK},
	{"a pattern of 257 bytes", BASE ",\"sluice\":{\"publish\":[\"" CHARS_256 "x\"]}}",
	 AUTH_BAD_CLAIMS},
};

static void judges_claims(void **state)
{
	struct jwt_rules rules = rules_new();

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena;
		struct jwt_claims claims;
		enum auth_fault fault =
			verify(*state, slice_of(cases[i].claims), &rules, &arena, &claims);

		if (fault != cases[i].fault)
			fail_msg("%s: %s", cases[i].name, auth_fault_reason(fault));
		arena_free(&arena);
	}
}

static void hands_out_all_that_was_said(void **state)
{
	struct jwt_rules rules = rules_new();
	struct arena arena;
	struct jwt_claims c;
	struct slice payload =
		SLICE(BASE ",\"nbf\":1700000000.5,\"iat\":1700000001.5,\"sid\":\"s\",\"jti\":"
			   "\"j\",\"sluice\":{\"subscribe\":[\"a/*\",\"b\"],"
			   "\"publish\":[\"c\"]}}");

	assert_int_equal(verify(*state, payload, &rules, &arena, &c), AUTH_OK);
	assert_int_equal(c.alg, JWS_HS256);
	check_slice("sub", c.subject, SLICE("ada"));
	check_slice("sid", c.session, SLICE("s"));
	check_slice("jti", c.token_id, SLICE("j"));
	assert_int_equal(c.expires_s, 1800000060);
	assert_int_equal(c.not_before_s, 1700000001);
	assert_int_equal(c.issued_s, 1700000001);
	assert_true(c.has_rights);
	assert_int_equal(c.subscribe.count, 2);
	check_slice("first", c.subscribe.patterns[0], SLICE("a/*"));
	check_slice("second", c.subscribe.patterns[1], SLICE("b"));
	assert_int_equal(c.publish.count, 1);
	check_slice("publish", c.publish.patterns[0], SLICE("c"));
	arena_free(&arena);

	assert_int_equal(verify(*state, SLICE(BASE "}"), &rules, &arena, &c), AUTH_OK);
	assert_null(c.session.ptr);
	assert_null(c.token_id.ptr);
	assert_int_equal(c.issued_s, 0);
	assert_false(c.has_rights);
	assert_int_equal(c.subscribe.count + c.publish.count, 0);
	arena_free(&arena);
}

static const struct {
	const char *name;
	const char *claims;
	uint32_t max_s;
	uint32_t skew_s;
	enum auth_fault fault;
} lifetimes[] = {
	{"no maximum", TIMES "\"exp\":1900000000}", 0, 30, AUTH_OK},
	{"from now, at the maximum", TIMES "\"exp\":1800003600}", 3600, 30, AUTH_OK},
	{"from now, past the maximum", TIMES "\"exp\":1800003601}", 3600, 30, AUTH_TOO_LONG_LIVED},
	{"from iat, at the maximum", TIMES "\"iat\":1799999000,\"exp\":1800002600}", 3600, 30,
	 AUTH_OK},
	{"from iat, past the maximum", TIMES "\"iat\":1799999000,\"exp\":1800002601}", 3600, 30,
	 AUTH_TOO_LONG_LIVED},
	{"no skew: exp is the end", TIMES "\"exp\":1800000000}", 0, 0, AUTH_EXPIRED},
	{"no skew: one second left", TIMES "\"exp\":1800000001}", 0, 0, AUTH_OK},
	{"no skew: nbf is now", TIMES "\"exp\":1800000001,\"nbf\":1800000000}", 0, 0, AUTH_OK},
	{"no skew: nbf is a second ahead", TIMES "\"exp\":1800000009,\"nbf\":1800000001}", 0, 0,
	 AUTH_NOT_YET_VALID},
};

static void judges_lifetimes(void **state)
{
	for (size_t i = 0; i < COUNT_OF(lifetimes); i++) {
		struct jwt_rules rules = rules_new();
		struct arena arena;
		struct jwt_claims claims;

		rules.max_lifetime_s = lifetimes[i].max_s;
		rules.skew_s = lifetimes[i].skew_s;
		enum auth_fault fault =
			verify(*state, slice_of(lifetimes[i].claims), &rules, &arena, &claims);
		if (fault != lifetimes[i].fault)
			fail_msg("%s: %s", lifetimes[i].name, auth_fault_reason(fault));
		arena_free(&arena);
	}
}

/* BASE, then `open`, `count` times "a", and `close`. */
static enum auth_fault verify_list(struct mint *m, const char *open, size_t count,
				   const char *close)
{
	struct jwt_rules rules = rules_new();
	struct arena arena;
	struct jwt_claims claims;
	char space[4096];
	struct writer w;

	writer_init(&w, space, sizeof(space));
	put(&w, slice_of(open));
	for (size_t i = 0; i < count; i++)
		put(&w, i > 0 ? SLICE(",\"a\"") : SLICE("\"a\""));
	put(&w, slice_of(close));
	enum auth_fault fault = verify(m, writer_slice(&w), &rules, &arena, &claims);
	arena_free(&arena);
	return fault;
}

static void lists_have_a_maximum(void **state)
{
	struct mint *m = *state;
	const char *subscribe = BASE ",\"sluice\":{\"subscribe\":[";
	const char *publish = BASE ",\"mercure\":{\"publish\":[";
	const char *aud = "{" ISS "," SUB "," EXP ",\"aud\":[\"stream\",";

	assert_int_equal(verify_list(m, subscribe, PRINCIPAL_MAX_PATTERNS, "]}}"), AUTH_OK);
	assert_int_equal(verify_list(m, subscribe, PRINCIPAL_MAX_PATTERNS + 1, "]}}"),
			 AUTH_BAD_CLAIMS);
	assert_int_equal(verify_list(m, publish, PRINCIPAL_MAX_PATTERNS, "]}}"), AUTH_OK);
	assert_int_equal(verify_list(m, publish, PRINCIPAL_MAX_PATTERNS + 1, "]}}"),
			 AUTH_BAD_CLAIMS);
	assert_int_equal(verify_list(m, aud, JWT_MAX_AUDIENCES - 1, "]}"), AUTH_OK);
	assert_int_equal(verify_list(m, aud, JWT_MAX_AUDIENCES, "]}"), AUTH_BAD_CLAIMS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_claims),
		cmocka_unit_test(hands_out_all_that_was_said),
		cmocka_unit_test(judges_lifetimes),
		cmocka_unit_test(lists_have_a_maximum),
	};

	return cmocka_run_group_tests(tests, mint_set_up, mint_tear_down);
}

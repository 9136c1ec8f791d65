/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_mint.c - `sluice token mint`: signs a token. What is made is judged by the server's own
 * check before it is given out, so no list of rules stands here a second time.
 */
#include "base/base64url.h"
#include "cmd/auth_token.h"
#include "cmd/token.h"
#include "identity/jwt_sign.h"
#include "os/entropy.h"
#include "os/file.h"
#include "os/wallclock.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_TTL_MS 3600000u
#define RANDOM_ID      16u /* bytes */

/* ---- the key ---- */

static enum jwk_fault parse_key(struct slice text, struct jwk **ret_key)
{
	if (slice_starts(slice_trim(text), SLICE("-----BEGIN ")))
		return jwk_from_pem(text, JWK_PRIVATE, ret_key);
	return jwk_parse(text, JWK_PRIVATE, ret_key);
}

static int read_key(const struct args *args, struct jwk **ret_key)
{
	const char *path = args_get(args, TOKEN_KEY);
	const char *why = NULL;
	struct buf text;

	buf_init(&text, JWK_MAX_TEXT);
	enum err err = file_read(path, &text);
	if (err)
		why = file_why(err, NULL);
	enum jwk_fault fault = err ? JWK_OK : parse_key(buf_slice(&text), ret_key);
	if (fault)
		why = jwk_fault_text(fault);
	if (text.ptr)
		OPENSSL_cleanse(text.ptr, text.cap);
	buf_free(&text);
	if (why)
		return usage_error(args, "%s: %s", path, why);
	if (file_is_exposed(path))
		(void)fprintf(stderr, "sluice token: warning: others may read '%s': chmod 600\n",
			      path);
	return EXIT_OK;
}

static int choose_alg(const struct args *args, const struct jwk *key, enum jws_alg *ret_alg)
{
	struct slice name = token_text(args, TOKEN_ALG);
	enum jws_alg alg;

	if (!name.ptr) {
		for (unsigned i = 0; i < JWS_ALG_COUNT; i++) {
			if (key->algs != JWS_ALG_BIT(i))
				continue;
			*ret_alg = (enum jws_alg)i;
			return EXIT_OK;
		}
		return usage_error(args, "the key fits several algorithms: name one with --alg");
	}
	if (args_nth(args, TOKEN_ALG, 1) || !jws_alg_find(name, &alg) || !jwk_allows(key, alg))
		return usage_error(args, "--alg must be one algorithm, and one of the key's");
	*ret_alg = alg;
	return EXIT_OK;
}

/* ---- the claims ---- */

/* Where jansson has no memory, or a text is not UTF-8, the value is missing, and -1 says so. */
static int set_text(json_t *claims, const char *name, const char *text)
{
	return text ? json_object_set_new(claims, name, json_string(text)) : 0;
}

static json_t *text_list(const struct args *args, enum token_option option)
{
	json_t *list = json_array();

	for (size_t i = 0; list && args_nth(args, option, i); i++) {
		if (!json_array_append_new(list, json_string(args_nth(args, option, i))))
			continue;
		json_decref(list);
		list = NULL;
	}
	return list;
}

static int set_rights(const struct args *args, json_t *claims)
{
	json_t *rights = json_object();
	int bad = json_object_set_new(rights, "subscribe", text_list(args, TOKEN_SUBSCRIBE));

	if (args_has(args, TOKEN_PUBLISH))
		bad |= json_object_set_new(rights, "publish", text_list(args, TOKEN_PUBLISH));
	return bad | json_object_set_new(claims, "sluice", rights);
}

static int set_audience(const struct args *args, json_t *claims)
{
	if (args_nth(args, TOKEN_AUDIENCE, 1))
		return json_object_set_new(claims, "aud", text_list(args, TOKEN_AUDIENCE));
	return set_text(claims, "aud", args_get(args, TOKEN_AUDIENCE));
}

static int set_id(const struct args *args, json_t *claims)
{
	char random[RANDOM_ID], text[BASE64URL_CHARS(RANDOM_ID)];
	struct writer w;

	if (args_has(args, TOKEN_JTI))
		return set_text(claims, "jti", args_get(args, TOKEN_JTI));
	if (entropy_get(random, sizeof(random)))
		return -1;
	writer_init(&w, text, sizeof(text));
	put_base64url(&w, (struct slice){random, sizeof(random)});
	return json_object_set_new(claims, "jti", json_stringn(text, w.len));
}

static int set_times(json_t *claims, json_int_t now_s, json_int_t ttl_s)
{
	int bad = json_object_set_new(claims, "iat", json_integer(now_s));

	return bad | json_object_set_new(claims, "exp", json_integer(now_s + ttl_s));
}

/* False for no NAME=JSON, or a name that an option sets. */
static bool set_claim(json_t *claims, struct slice word)
{
	struct slice value = word;
	struct slice name = slice_cut(&value, '=');

	if (name.len == 0 || !value.ptr || json_object_getn(claims, name.ptr, name.len))
		return false;
	json_t *json =
		json_loadb(value.ptr, value.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	return json && json_object_setn_new(claims, name.ptr, name.len, json) == 0;
}

static int fill_claims(const struct args *args, uint64_t ttl_ms, json_t *claims)
{
	int bad = set_text(claims, "iss", args_get(args, TOKEN_ISSUER));

	bad |= set_audience(args, claims);
	bad |= set_text(claims, "sub", args_get(args, TOKEN_SUBJECT));
	bad |= set_times(claims, (json_int_t)(wallclock_ms() / 1000), (json_int_t)(ttl_ms / 1000));
	bad |= set_text(claims, "sid", args_get(args, TOKEN_SID));
	bad |= set_id(args, claims);
	bad |= set_rights(args, claims);
	if (bad)
		return usage_error(args, "a text is not UTF-8, or there is no memory");
	for (size_t i = 0; args_nth(args, TOKEN_CLAIM, i); i++) {
		if (!set_claim(claims, slice_of(args_nth(args, TOKEN_CLAIM, i))))
			return usage_error(args, "--claim must be NAME=JSON, each name once, and "
						 "none that another option sets");
	}
	return EXIT_OK;
}

static int make_claims(const struct args *args, char **ret_text)
{
	uint64_t ttl_ms = DEFAULT_TTL_MS;

	if (args_has(args, TOKEN_TTL) && !args_duration(args, TOKEN_TTL, &ttl_ms))
		return EXIT_USAGE;
	if (ttl_ms < 1000 || ttl_ms > TOKEN_MAX_TTL_MS)
		return usage_error(args, "--ttl must be from 1s to 720h");
	json_t *claims = json_object();
	int code = fill_claims(args, ttl_ms, claims);
	char *text = code ? NULL : json_dumps(claims, JSON_COMPACT);
	json_decref(claims);
	if (!code && !text)
		return token_complain(EXIT_UNREACHABLE, slice_of(err_text(E_NOMEM)));
	*ret_text = text;
	return code;
}

/* ---- the token ---- */

static enum auth_fault judge(const struct args *args, struct jwk *key, enum jws_alg alg,
			     struct slice token)
{
	const struct slice audience = token_text(args, TOKEN_AUDIENCE);
	struct principal *principal = NULL;
	struct auth_keys_view view = {.count = 1};
	struct jwt_rules rules;

	jwt_rules_init(&rules);
	rules.algs = JWS_ALG_BIT(alg);
	rules.issuer = token_text(args, TOKEN_ISSUER);
	rules.audiences = &audience;
	rules.audience_count = 1;
	if (jwks_of(&key, 1, &view.sets[0]))
		return AUTH_NO_MEMORY;
	enum auth_fault fault = auth_token_check(token, &rules, &view, wallclock_ms(),
						 (struct siphash_key){0}, &principal);
	principal_unref(principal);
	jwks_unref(view.sets[0]);
	return fault;
}

static int sign(const struct args *args, struct jwk *key, struct slice claims)
{
	struct jwt_sign_options options = {.type = SLICE("JWT")};
	char token[JWT_MAX_TOKEN];
	struct writer w;
	int code = choose_alg(args, key, &options.alg);

	if (code)
		return code;
	writer_init(&w, token, sizeof(token));
	enum err err = jwt_sign(key, &options, claims, &w);
	if (err == E_NO_SPACE)
		return usage_error(args, "the token is longer than %u bytes", JWT_MAX_TOKEN);
	if (err == E_SYNTAX)
		return usage_error(args, "the claims are nested too deeply, or hold a NUL");
	if (err)
		return token_complain(EXIT_UNREACHABLE, slice_of(err_text(err)));
	enum auth_fault fault = judge(args, key, options.alg, writer_slice(&w));
	if (fault)
		return usage_error(args, "the server would refuse this token: %s",
				   auth_fault_text(fault));
	(void)printf("%.*s\n", SLICE_ARG(writer_slice(&w)));
	OPENSSL_cleanse(token, sizeof(token));
	return EXIT_OK;
}

int token_mint(const struct args *args)
{
	struct jwk *key = NULL;
	char *claims = NULL;

	if (token_text(args, TOKEN_ISSUER).len == 0)
		return usage_error(args, "--issuer is empty");
	int code = read_key(args, &key);
	if (!code)
		code = make_claims(args, &claims);
	if (!code)
		code = sign(args, key, slice_of(claims));
	free(claims);
	jwk_unref(key);
	return code;
}

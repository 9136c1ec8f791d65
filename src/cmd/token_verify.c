/* SPDX-License-Identifier: Apache-2.0 */
/* token_verify.c - `sluice token verify`: what the server would say to a token, and why. */
#include "base/base64url.h"
#include "cmd/auth_token.h"
#include "cmd/secret.h"
#include "cmd/token.h"
#include "identity/json_strict.h"
#include "os/wallclock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_AUDIENCES 8u /* as auth.jwt.audience */

struct check {
	struct arena arena;
	struct slice token;
	struct auth_loaded keys;
	struct slice audiences[MAX_AUDIENCES];
	struct jwt_rules rules;
};

static int read_rules(const struct args *args, struct check *c)
{
	jwt_rules_init(&c->rules);
	for (size_t i = 0; args_nth(args, TOKEN_ALG, i); i++) {
		enum jws_alg alg;

		if (!jws_alg_find(slice_of(args_nth(args, TOKEN_ALG, i)), &alg))
			return usage_error(args, "--alg: HS256, RS256, PS256, ES256 or EdDSA");
		c->rules.algs |= JWS_ALG_BIT(alg);
	}
	c->rules.issuer = token_text(args, TOKEN_ISSUER);
	c->rules.audiences = c->audiences;
	c->rules.audience_count = token_list(args, TOKEN_AUDIENCE, c->audiences, MAX_AUDIENCES);
	if (c->rules.issuer.len == 0)
		return usage_error(args, "--issuer is empty");
	if (args_nth(args, TOKEN_AUDIENCE, MAX_AUDIENCES))
		return usage_error(args, "at most %u --audience", MAX_AUDIENCES);
	return EXIT_OK;
}

static int read_keys(const struct args *args, struct check *c)
{
	const struct slice file = token_text(args, TOKEN_KEYS);
	const struct auth_source source = {.files = &file, .file_count = 1};
	char text[TOKEN_MAX_FAULT];
	struct writer why;

	writer_init(&why, text, sizeof(text));
	if (!auth_load(&source, &c->keys, &why))
		return usage_error(args, "%.*s", SLICE_ARG(writer_slice(&why)));
	return EXIT_OK;
}

static int read_token(const struct args *args, struct check *c)
{
	const char *word = args->operands_len > 1 ? args->operands[1] : "-";
	char text[TOKEN_MAX_FAULT];
	struct writer fault;
	struct slice path = SLICE("/dev/stdin");

	if (word[0] == '@' && word[1])
		path = slice_of(word + 1);
	else if (strcmp(word, "-") != 0)
		return usage_error(args, "ps shows the command line to everybody: give the token "
					 "on standard input, or @FILE");
	writer_init(&fault, text, sizeof(text));
	if (secret_read(&c->arena, path, &c->token, &fault))
		return usage_error(args, "%.*s", SLICE_ARG(writer_slice(&fault)));
	return EXIT_OK;
}

/* On one line and in ASCII, whatever the issuer wrote: a terminal obeys nothing of it. */
static int print_claims(struct slice token)
{
	uint8_t bytes[BASE64URL_BYTES(JWT_MAX_TOKEN)];
	size_t len = 0;

	(void)slice_cut(&token, '.');
	/* It was decoded before, by the check. */
	(void)base64url_decode(slice_cut(&token, '.'), bytes, sizeof(bytes), &len);
	json_t *root = json_strict_object((struct slice){(const char *)bytes, len});
	char *text = root ? json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	json_decref(root);
	if (!text)
		return token_complain(EXIT_UNREACHABLE, slice_of(err_text(E_NOMEM)));
	(void)puts(text);
	free(text);
	return EXIT_OK;
}

static int judge(const struct check *c)
{
	const struct auth_keys_view view = {.sets = {c->keys.set}, .count = 1};
	struct principal *principal = NULL;
	enum auth_fault fault = auth_token_check(c->token, &c->rules, &view, wallclock_ms(),
						 (struct siphash_key){0}, &principal);

	principal_unref(principal);
	if (!fault)
		return print_claims(c->token);
	(void)fprintf(stderr, "sluice token: %s: %s\n", auth_fault_reason(fault),
		      auth_fault_text(fault));
	return EXIT_FINDINGS;
}

int token_verify(const struct args *args)
{
	struct check c = {0};

	arena_init(&c.arena, 2 * SECRET_MAX);
	int code = read_rules(args, &c);
	if (!code)
		code = read_keys(args, &c);
	if (!code)
		code = read_token(args, &c);
	if (!code)
		code = judge(&c);
	jwks_unref(c.keys.set);
	arena_free(&c.arena);
	return code;
}

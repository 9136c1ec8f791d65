/* SPDX-License-Identifier: Apache-2.0 */
/* token.c - `sluice token`: makes keys, tokens and tickets, and judges tokens as the server does.
 */
#include "cmd/token.h"
#include "cmd/trust.h"

#include <stdio.h>

const struct option_row token_options[] = {
	[TOKEN_ALG] = {"alg", 'a', "ALG", "HS256, RS256, PS256, ES256 or EdDSA; verify takes any",
		       .repeat = true},
	[TOKEN_KID] = {"kid", 0, "ID", "keygen: the key's id (default: a random one)"},
	[TOKEN_OUT] = {"out", 'o', "FILE", "keygen: where the private key goes; never overwritten"},
	[TOKEN_KEY] = {"key", 'k', "FILE", "mint: private key that signs (JWK or PEM)"},
	[TOKEN_KEYS] = {"keys", 0, "FILE", "verify: keys to check with (JWKS, JWK or PEM)"},
	[TOKEN_ISSUER] = {"issuer", 'i', "TEXT", "mint, verify: iss, who makes the tokens"},
	[TOKEN_AUDIENCE] = {"audience", 0, "TEXT", "mint, verify: aud, whom tokens are made for",
			    .repeat = true},
	[TOKEN_SUBJECT] = {"subject", 's', "TEXT", "mint: sub, the person"},
	[TOKEN_SUBSCRIBE] = {"subscribe", 0, "TOPIC", "mint: topic or pattern that may be read",
			     .repeat = true},
	[TOKEN_PUBLISH] = {"publish", 0, "TOPIC", "mint: topic or pattern that may be written",
			   .repeat = true},
	[TOKEN_TTL] = {"ttl", 0, "TIME", "mint: life of the token (default: 1h)"},
	[TOKEN_SID] = {"sid", 0, "ID", "mint: session, to revoke all of its tokens"},
	[TOKEN_JTI] = {"jti", 0, "ID", "mint: id of this token (default: a random one)"},
	[TOKEN_CLAIM] = {"claim", 0, "NAME=JSON", "mint: one more claim", .repeat = true},
	[TOKEN_URL] = {"url", 'u', "URL",
		       "ticket: whom to ask (default: http://127.0.0.1:8080/auth/stream-token)"},
	[TOKEN_KEY_FILE] = {"key-file", 0, "FILE",
			    "ticket: token or subscriber key (default: SLUICE_TOKEN of the "
			    "environment)"},
	[TOKEN_TOPIC] = {"topic", 't', "TOPIC", "ticket: topic or pattern that it is for",
			 .repeat = true},
	[TOKEN_ROUTE] = {"route", 0, "PATH", "ticket: path of the stream (default: the first)"},
	[TOKEN_CA] = {"ca", 0, "FILE", "ticket: " TRUST_HELP},
	{NULL},
};

_Static_assert(sizeof(token_options) / sizeof(token_options[0]) == TOKEN_OPTION_COUNT + 1,
	       "every option has a row");

#define BIT(option) (1u << (unsigned)(option))

static const struct word {
	const char *name;
	int (*run)(const struct args *args);
	unsigned needed;
	unsigned allowed; /* besides the needed ones */
} words[] = {
	{"keygen", token_keygen, BIT(TOKEN_ALG) | BIT(TOKEN_OUT), BIT(TOKEN_KID)},
	{"mint", token_mint,
	 BIT(TOKEN_KEY) | BIT(TOKEN_ISSUER) | BIT(TOKEN_AUDIENCE) | BIT(TOKEN_SUBJECT),
	 BIT(TOKEN_ALG) | BIT(TOKEN_SUBSCRIBE) | BIT(TOKEN_PUBLISH) | BIT(TOKEN_TTL) |
		 BIT(TOKEN_SID) | BIT(TOKEN_JTI) | BIT(TOKEN_CLAIM)},
	{"verify", token_verify,
	 BIT(TOKEN_KEYS) | BIT(TOKEN_ISSUER) | BIT(TOKEN_AUDIENCE) | BIT(TOKEN_ALG), 0},
	{"ticket", token_ticket, 0,
	 BIT(TOKEN_URL) | BIT(TOKEN_KEY_FILE) | BIT(TOKEN_TOPIC) | BIT(TOKEN_ROUTE) |
		 BIT(TOKEN_CA)},
};

int token_complain(enum exit_code code, struct slice what)
{
	(void)fprintf(stderr, "sluice token: %.*s\n", SLICE_ARG(what));
	return (int)code;
}

struct slice token_text(const struct args *args, enum token_option option)
{
	const char *text = args_get(args, option);

	return text ? slice_of(text) : SLICE_NONE;
}

size_t token_list(const struct args *args, enum token_option option, struct slice *ret, size_t max)
{
	size_t n = 0;

	for (; n < max && args_nth(args, option, n); n++)
		ret[n] = slice_of(args_nth(args, option, n));
	return n;
}

static int check_options(const struct args *args, const struct word *word)
{
	for (unsigned i = 0; i < TOKEN_OPTION_COUNT; i++) {
		bool given = args_has(args, i);

		if (!given && (word->needed & BIT(i)))
			return usage_error(args, "%s needs --%s", word->name,
					   token_options[i].name);
		if (given && !((word->needed | word->allowed) & BIT(i)))
			return usage_error(args, "%s has no option --%s", word->name,
					   token_options[i].name);
	}
	return EXIT_OK;
}

int token_run(const struct args *args)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!slice_eq(slice_of(args->operands[0]), slice_of(words[i].name)))
			continue;
		/* A second operand is verify's to judge, which must not repeat a token. */
		if (args->operands_len > 1 && words[i].run != token_verify)
			return usage_error(args, "%s takes no operand", words[i].name);
		int code = check_options(args, &words[i]);
		return code ? code : words[i].run(args);
	}
	return usage_error(args, "give one of keygen, mint, verify, ticket");
}

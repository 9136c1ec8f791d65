/* SPDX-License-Identifier: Apache-2.0 */
/* token_keygen.c - `sluice token keygen`: a private key into a file, its public one to the world.
 */
#include "cmd/token.h"
#include "identity/jwk_generate.h"
#include "os/file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

static int save_private(const struct args *args, const struct jwk *key)
{
	const char *path = args_get(args, TOKEN_OUT);
	char text[JWK_PRIVATE_SPACE + 1];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	enum err err = put_jwk_private(&w, key);
	put_char(&w, '\n');
	bool made = !err;
	if (made)
		err = file_create_private(path, writer_slice(&w));
	OPENSSL_cleanse(text, sizeof(text));
	if (made && err)
		return usage_error(args, "%s: %s", path, strerror(errno));
	return err ? token_complain(EXIT_UNREACHABLE, slice_of(err_text(err))) : EXIT_OK;
}

static int print_public(const struct jwk *key)
{
	char text[JWK_PUBLIC_SPACE];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	enum err err = put_jwks_public(&w, key);
	if (err)
		return token_complain(EXIT_UNREACHABLE, slice_of(err_text(err)));
	(void)printf("%.*s\n", SLICE_ARG(writer_slice(&w)));
	return EXIT_OK;
}

int token_keygen(const struct args *args)
{
	enum jws_alg alg;
	struct jwk *key;

	if (args_nth(args, TOKEN_ALG, 1) || !jws_alg_find(token_text(args, TOKEN_ALG), &alg))
		return usage_error(args, "give one --alg: HS256, RS256, PS256, ES256 or EdDSA");
	enum err err = jwk_generate(alg, token_text(args, TOKEN_KID), &key);
	if (err == E_RANGE)
		return usage_error(args, "--kid must have 1 to %u bytes", JWK_MAX_KID);
	if (err)
		return token_complain(EXIT_UNREACHABLE, slice_of(err_text(err)));
	int code = save_private(args, key);
	if (!code)
		code = print_public(key);
	jwk_unref(key);
	return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/jwt_sign.h"

#include "base/base64url.h"
#include "identity/json_strict.h"
#include "identity/jws.h"
#include "identity/jwt.h"

static void put_header(struct writer *w, const struct jwk *key,
		       const struct jwt_sign_options *options)
{
	put(w, SLICE("{\"alg\":"));
	put_json(w, jws_alg_name(options->alg));
	if (options->type.ptr) {
		put(w, SLICE(",\"typ\":"));
		put_json(w, options->type);
	}
	if (key->kid_len > 0) {
		put(w, SLICE(",\"kid\":"));
		put_json(w, jwk_kid(key));
	}
	put_char(w, '}');
}

static bool is_object(struct slice claims)
{
	json_t *root = json_strict_object(claims);

	json_decref(root);
	return root != NULL;
}

enum err jwt_sign(const struct jwk *key, const struct jwt_sign_options *options,
		  struct slice claims, struct writer *w)
{
	char bytes[JWT_MAX_HEADER];
	uint8_t signature[JWS_MAX_SIGNATURE];
	size_t start = w->len, len;
	struct writer header;

	if (!is_object(claims))
		return E_SYNTAX;
	writer_init(&header, bytes, sizeof(bytes));
	put_header(&header, key, options);
	put_base64url(w, writer_slice(&header));
	put_char(w, '.');
	put_base64url(w, claims);
	if (header.overflow || w->overflow)
		return E_NO_SPACE;
	enum err err =
		jws_sign(key, options->alg, slice_from(writer_slice(w), start), signature, &len);
	if (err)
		return err;
	put_char(w, '.');
	put_base64url(w, (struct slice){(const char *)signature, len});
	return w->overflow ? E_NO_SPACE : OK;
}

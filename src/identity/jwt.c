/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/jwt.h"

#include "base/base64url.h"
#include "base/require.h"
#include "identity/json_strict.h"
#include "identity/jws.h"
#include "identity/jwt_claims.h"

static const struct slice default_types[] = {
	{NULL, 0},
	SLICE_INIT("JWT"),
	SLICE_INIT("at+jwt"),
};

void jwt_rules_init(struct jwt_rules *rules)
{
	*rules = (struct jwt_rules){
		.types = default_types,
		.type_count = sizeof(default_types) / sizeof(default_types[0]),
		.skew_s = JWT_SKEW_S,
		.max_token = JWT_MAX_TOKEN,
	};
}

/* The three parts (RFC 7515 3.1), decoded; `message` is what the signature is over. */
struct parts {
	struct slice message;
	struct slice header;
	struct slice payload;
	struct slice signature;
	uint8_t header_bytes[JWT_MAX_HEADER];
	uint8_t payload_bytes[BASE64URL_BYTES(JWT_MAX_TOKEN)];
	uint8_t signature_bytes[JWS_MAX_SIGNATURE];
};

static enum auth_fault decode(struct slice text, uint8_t *bytes, size_t cap, struct slice *ret)
{
	size_t len;
	enum err err = base64url_decode(text, bytes, cap, &len);

	if (err)
		return err == E_NO_SPACE ? AUTH_TOO_LARGE : AUTH_MALFORMED;
	*ret = (struct slice){(const char *)bytes, len};
	return AUTH_OK;
}

static enum auth_fault split(struct slice token, struct parts *p)
{
	struct slice rest = token;
	struct slice header = slice_cut(&rest, '.');
	struct slice payload = rest.ptr ? slice_cut(&rest, '.') : SLICE_NONE;

	if (!rest.ptr)
		return AUTH_MALFORMED;
	p->message = slice_upto(token, header.len + 1 + payload.len);
	enum auth_fault fault =
		decode(header, p->header_bytes, sizeof(p->header_bytes), &p->header);
	if (!fault)
		fault = decode(payload, p->payload_bytes, sizeof(p->payload_bytes), &p->payload);
	/* A fourth part fails here: its dot is no base64url. */
	if (!fault)
		fault = decode(rest, p->signature_bytes, sizeof(p->signature_bytes), &p->signature);
	return fault;
}

static enum auth_fault check_alg(const json_t *header, const struct jwt_rules *rules,
				 enum jws_alg *ret_alg)
{
	const json_t *value = json_object_get(header, "alg");
	enum jws_alg alg;

	if (!json_is_string(value))
		return AUTH_MALFORMED;
	if (!jws_alg_find((struct slice){json_string_value(value), json_string_length(value)},
			  &alg) ||
	    !(rules->algs & JWS_ALG_BIT(alg)))
		return AUTH_BAD_ALG;
	*ret_alg = alg;
	return AUTH_OK;
}

/* Refused, not ignored: who sends them hopes that somebody on the way obeys (RFC 8725 3.10). */
static enum auth_fault check_extras(const json_t *header)
{
	static const char *const embedded[] = {"jwk", "jku", "x5u", "x5c"};

	if (json_object_get(header, "crit"))
		return AUTH_CRITICAL;
	for (size_t i = 0; i < sizeof(embedded) / sizeof(embedded[0]); i++) {
		if (json_object_get(header, embedded[i]))
			return AUTH_EMBEDDED_KEY;
	}
	return AUTH_OK;
}

static bool type_is(struct slice typ, struct slice want)
{
	struct slice prefix = SLICE("application/");

	if (!typ.ptr || !want.ptr)
		return !typ.ptr && !want.ptr;
	if (slice_starts_nocase(typ, prefix))
		typ = slice_from(typ, prefix.len);
	return slice_eq_nocase(typ, want);
}

static enum auth_fault check_type(const json_t *header, const struct jwt_rules *rules)
{
	struct slice typ = SLICE_NONE;

	if (json_text(header, "typ", JWT_MAX_HEADER, &typ) == JSON_BAD)
		return AUTH_MALFORMED;
	for (size_t i = 0; i < rules->type_count; i++) {
		if (type_is(typ, rules->types[i]))
			return AUTH_OK;
	}
	return AUTH_WRONG_TYPE;
}

static enum auth_fault find_key(const json_t *header, const struct jwks *keys, enum jws_alg alg,
				const struct jwk **ret_key)
{
	struct slice kid = SLICE_NONE;

	if (json_text(header, "kid", JWK_MAX_KID, &kid) == JSON_BAD)
		return AUTH_MALFORMED;
	const struct jwk *key = jwks_find(keys, kid, alg);
	if (!key)
		return AUTH_UNKNOWN_KEY;
	if (!jwk_allows(key, alg))
		return AUTH_BAD_ALG;
	*ret_key = key;
	return AUTH_OK;
}

static enum auth_fault check_header(const json_t *header, const struct jwt_rules *rules,
				    const struct jwks *keys, enum jws_alg *ret_alg,
				    const struct jwk **ret_key)
{
	enum auth_fault fault = check_alg(header, rules, ret_alg);

	if (!fault)
		fault = check_extras(header);
	if (!fault)
		fault = check_type(header, rules);
	if (!fault)
		fault = find_key(header, keys, *ret_alg, ret_key);
	return fault;
}

static enum auth_fault check_signature(const struct parts *p, const struct jwt_rules *rules,
				       const struct jwks *keys, enum jws_alg *ret_alg)
{
	const struct jwk *key;
	json_t *header = json_strict_object(p->header);

	if (!header)
		return AUTH_MALFORMED;
	enum auth_fault fault = check_header(header, rules, keys, ret_alg, &key);
	json_decref(header);
	if (fault)
		return fault;
	return jws_verify(key, *ret_alg, p->message, p->signature) ? AUTH_OK : AUTH_BAD_SIGNATURE;
}

enum auth_fault jwt_verify(struct slice token, const struct jwt_rules *rules,
			   const struct jwks *keys, uint64_t now_s, struct arena *arena,
			   struct jwt_claims *ret_claims)
{
	struct parts parts;
	enum jws_alg alg;

	require(rules->issuer.len > 0 && rules->audience_count > 0);
	require(rules->max_token <= JWT_MAX_TOKEN);
	if (token.len > rules->max_token)
		return AUTH_TOO_LARGE;
	enum auth_fault fault = split(token, &parts);
	if (!fault)
		fault = check_signature(&parts, rules, keys, &alg);
	if (fault)
		return fault;
	json_t *root = json_strict_object(parts.payload);
	if (!root)
		return AUTH_BAD_CLAIMS;
	fault = jwt_claims_read(root, rules, now_s, arena, ret_claims);
	json_decref(root);
	if (!fault)
		ret_claims->alg = alg;
	return fault;
}

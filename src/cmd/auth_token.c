/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/auth_token.h"

bool auth_token_is_one(struct slice credential)
{
	size_t dots = 0;

	for (size_t i = 0; i < credential.len; i++)
		dots += credential.ptr[i] == '.';
	return dots == 2;
}

static enum auth_fault make(const struct jwt_claims *claims, uint64_t now_ms,
			    struct siphash_key log_key, struct principal **ret_principal)
{
	const struct principal_facts facts = {
		.method = METHOD_JWT,
		.subject = claims->subject,
		.sid = claims->session,
		.jti = claims->token_id,
		.issued_ms = claims->issued_s * 1000,
		.expires_ms = claims->expires_s * 1000,
		.subscribe = claims->subscribe,
		.publish = claims->publish,
	};

	if (facts.expires_ms <= now_ms)
		return AUTH_EXPIRED;
	enum err err = principal_new(&facts, log_key, ret_principal);
	if (err == E_NOMEM)
		return AUTH_NO_MEMORY;
	return err ? AUTH_BAD_CLAIMS : AUTH_OK;
}

static enum auth_fault verify(struct slice token, const struct jwt_rules *rules,
			      const struct auth_keys_view *view, uint64_t now_ms,
			      struct arena *arena, struct jwt_claims *ret_claims)
{
	enum auth_fault first = AUTH_KEYS_UNAVAILABLE;

	for (size_t i = 0; i < view->count; i++) {
		enum auth_fault fault =
			jwt_verify(token, rules, view->sets[i], now_ms / 1000, arena, ret_claims);

		if (fault != AUTH_UNKNOWN_KEY && fault != AUTH_BAD_SIGNATURE)
			return fault;
		/* What the newest set says is what the log says. */
		if (i == 0)
			first = fault;
	}
	return first;
}

enum auth_fault auth_token_check(struct slice token, const struct jwt_rules *rules,
				 const struct auth_keys_view *view, uint64_t now_ms,
				 struct siphash_key log_key, struct principal **ret_principal)
{
	struct jwt_claims claims;
	struct arena arena;

	arena_init(&arena, AUTH_TOKEN_MEMORY);
	enum auth_fault fault = verify(token, rules, view, now_ms, &arena, &claims);
	if (!fault)
		fault = make(&claims, now_ms, log_key, ret_principal);
	arena_free(&arena);
	return fault;
}

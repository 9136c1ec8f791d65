/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/jwt_claims.h"

#include "identity/json_strict.h"

static enum auth_fault check_issuer(const json_t *root, const struct jwt_rules *rules)
{
	struct slice issuer;

	switch (json_text(root, "iss", JWT_MAX_ISSUER, &issuer)) {
	case JSON_BAD:
		return AUTH_BAD_CLAIMS;
	case JSON_ABSENT:
		return AUTH_WRONG_ISSUER;
	case JSON_GOOD:
		break;
	}
	return slice_eq(issuer, rules->issuer) ? AUTH_OK : AUTH_WRONG_ISSUER;
}

static bool is_audience(const struct jwt_rules *rules, const json_t *value)
{
	struct slice audience = {json_string_value(value), json_string_length(value)};

	for (size_t i = 0; i < rules->audience_count; i++) {
		if (slice_eq(audience, rules->audiences[i]))
			return true;
	}
	return false;
}

/* One text or a list of them (RFC 7519 4.1.3). */
static enum auth_fault check_audience(const json_t *root, const struct jwt_rules *rules)
{
	const json_t *value = json_object_get(root, "aud");
	bool found = false;

	if (!value)
		return AUTH_WRONG_AUDIENCE;
	if (json_is_string(value))
		return is_audience(rules, value) ? AUTH_OK : AUTH_WRONG_AUDIENCE;
	if (!json_is_array(value) || json_array_size(value) > JWT_MAX_AUDIENCES)
		return AUTH_BAD_CLAIMS;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);

		if (!json_is_string(item))
			return AUTH_BAD_CLAIMS;
		found |= is_audience(rules, item);
	}
	return found ? AUTH_OK : AUTH_WRONG_AUDIENCE;
}

enum rounding {
	DOWN,
	UP,
};

/* A NumericDate may have a fraction (RFC 7519 2): it is rounded to the stricter side. */
static bool time_of(const json_t *value, enum rounding rounding, uint64_t *ret_s)
{
	if (json_is_integer(value)) {
		json_int_t n = json_integer_value(value);

		if (n < 0 || (uint64_t)n > JWT_MAX_TIME_S)
			return false;
		*ret_s = (uint64_t)n;
		return true;
	}
	double real = json_real_value(value);
	if (!json_is_real(value) || !(real >= 0 && real <= (double)JWT_MAX_TIME_S))
		return false;
	*ret_s = (uint64_t)real;
	if (rounding == UP && (double)*ret_s < real)
		(*ret_s)++;
	return true;
}

static enum json_member read_time(const json_t *root, const char *name, enum rounding rounding,
				  uint64_t *ret_s)
{
	const json_t *value = json_object_get(root, name);

	if (!value)
		return JSON_ABSENT;
	return time_of(value, rounding, ret_s) ? JSON_GOOD : JSON_BAD;
}

static bool is_too_long_lived(const struct jwt_rules *rules, uint64_t now_s, bool has_issued,
			      const struct jwt_claims *claims)
{
	uint64_t start_s = has_issued ? claims->issued_s : now_s;

	return rules->max_lifetime_s > 0 && claims->expires_s > start_s &&
	       claims->expires_s - start_s > rules->max_lifetime_s;
}

static enum auth_fault check_times(const json_t *root, const struct jwt_rules *rules,
				   uint64_t now_s, struct jwt_claims *claims)
{
	enum json_member exp = read_time(root, "exp", DOWN, &claims->expires_s);
	enum json_member nbf = read_time(root, "nbf", UP, &claims->not_before_s);
	enum json_member iat = read_time(root, "iat", DOWN, &claims->issued_s);

	if (exp == JSON_BAD || nbf == JSON_BAD || iat == JSON_BAD)
		return AUTH_BAD_CLAIMS;
	if (exp == JSON_ABSENT)
		return AUTH_NO_EXPIRY;
	if (now_s >= claims->expires_s + rules->skew_s)
		return AUTH_EXPIRED;
	if (claims->not_before_s > now_s + rules->skew_s ||
	    claims->issued_s > now_s + rules->skew_s)
		return AUTH_NOT_YET_VALID;
	if (is_too_long_lived(rules, now_s, iat == JSON_GOOD, claims))
		return AUTH_TOO_LONG_LIVED;
	return AUTH_OK;
}

static bool keep(struct arena *arena, struct slice text, struct slice *ret)
{
	*ret = arena_copy(arena, text);
	return ret->ptr != NULL;
}

/* `if_absent` is AUTH_OK where the claim is optional; *ret is then absent. */
static enum auth_fault take_text(const json_t *root, const char *name, size_t max,
				 enum auth_fault if_absent, struct arena *arena, struct slice *ret)
{
	struct slice text;

	switch (json_text(root, name, max, &text)) {
	case JSON_BAD:
		return AUTH_BAD_CLAIMS;
	case JSON_ABSENT:
		return if_absent;
	case JSON_GOOD:
		break;
	}
	return keep(arena, text, ret) ? AUTH_OK : AUTH_NO_MEMORY;
}

static enum auth_fault take_who(const json_t *root, struct arena *arena, struct jwt_claims *claims)
{
	enum auth_fault fault = take_text(root, "sub", PRINCIPAL_MAX_SUBJECT, AUTH_NO_SUBJECT,
					  arena, &claims->subject);

	if (!fault)
		fault = take_text(root, "sid", PRINCIPAL_MAX_ID, AUTH_OK, arena, &claims->session);
	if (!fault)
		fault = take_text(root, "jti", PRINCIPAL_MAX_ID, AUTH_OK, arena, &claims->token_id);
	return fault;
}

/* One bad pattern refuses the token: what is left could be read as more, or as less, than meant. */
static enum auth_fault take_patterns(const json_t *rights, const char *name, struct arena *arena,
				     struct rights *ret)
{
	const json_t *list = json_object_get(rights, name);
	size_t count = json_array_size(list);

	if (!list)
		return AUTH_OK;
	if (!json_is_array(list) || count > PRINCIPAL_MAX_PATTERNS)
		return AUTH_BAD_CLAIMS;
	struct slice *items = arena_alloc(arena, count * sizeof(*items));
	if (!items)
		return AUTH_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		struct slice text;

		if (!json_is_text(json_array_get(list, i), JWT_MAX_PATTERN, &text))
			return AUTH_BAD_CLAIMS;
		if (!keep(arena, text, &items[i]))
			return AUTH_NO_MEMORY;
	}
	*ret = (struct rights){items, count};
	return AUTH_OK;
}

static enum auth_fault take_rights(const json_t *root, struct arena *arena,
				   struct jwt_claims *claims)
{
	const json_t *own = json_object_get(root, "sluice");
	const json_t *mercure = json_object_get(root, "mercure");
	const json_t *rights = own ? own : mercure;

	if (!rights)
		return AUTH_OK;
	/* Both: no silent choice. */
	if ((own && mercure) || !json_is_object(rights))
		return AUTH_BAD_CLAIMS;
	enum auth_fault fault = take_patterns(rights, "subscribe", arena, &claims->subscribe);
	if (!fault)
		fault = take_patterns(rights, "publish", arena, &claims->publish);
	claims->has_rights = true;
	return fault;
}

enum auth_fault jwt_claims_read(const json_t *root, const struct jwt_rules *rules, uint64_t now_s,
				struct arena *arena, struct jwt_claims *ret_claims)
{
	struct jwt_claims claims = {0};
	enum auth_fault fault = check_issuer(root, rules);

	if (!fault)
		fault = check_audience(root, rules);
	if (!fault)
		fault = check_times(root, rules, now_s, &claims);
	if (!fault)
		fault = take_who(root, arena, &claims);
	if (!fault)
		fault = take_rights(root, arena, &claims);
	if (!fault)
		*ret_claims = claims;
	return fault;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rules_cors.c - A4xx and A5xx: CORS, Vary, refusals. */
#include "http/origin.h"
#include "policy/checks.h"

#define ALLOW_ORIGIN      SLICE("Access-Control-Allow-Origin")
#define ALLOW_CREDENTIALS SLICE("Access-Control-Allow-Credentials")

static struct slice allow_origin(const struct observation *o)
{
	return observation_field(o, ALLOW_ORIGIN);
}

static bool allows_any(const struct observation *o)
{
	return slice_eq(allow_origin(o), SLICE("*"));
}

enum verdict check_no_wildcard_credentials(const struct observation *o)
{
	if (!is_present(allow_origin(o)))
		return VERDICT_NA;
	return fails_if(allows_any(o) &&
			slice_eq_nocase(observation_field(o, ALLOW_CREDENTIALS), SLICE("true")));
}

enum verdict check_no_wildcard_private(const struct observation *o)
{
	if (!o->credentials || !is_present(allow_origin(o)))
		return VERDICT_NA;
	return fails_if(allows_any(o));
}

enum verdict check_no_null_origin(const struct observation *o)
{
	if (!is_present(allow_origin(o)) && !slice_eq(o->origin, SLICE("null")))
		return VERDICT_NA;
	return fails_if(slice_eq(allow_origin(o), SLICE("null")));
}

enum verdict check_origin_allowed(const struct observation *o)
{
	if (!o->origin_expected || o->status != 200)
		return VERDICT_NA;
	return fails_if(!allows_any(o) && !slice_eq(allow_origin(o), o->origin));
}

enum verdict check_credentials_true(const struct observation *o)
{
	struct slice value = observation_field(o, ALLOW_CREDENTIALS);
	bool wanted = o->origin_expected && o->credentials && !allows_any(o);

	if (!is_present(value) && !wanted)
		return VERDICT_NA;
	return fails_if(!slice_eq(value, SLICE("true")));
}

enum verdict check_one_allow_origin(const struct observation *o)
{
	struct slice value = allow_origin(o);

	if (!is_present(value))
		return VERDICT_NA;
	return fails_if(observation_count(o, ALLOW_ORIGIN) > 1 ||
			slice_find(value, ',') < value.len);
}

/* A list is A420's to judge; a strange Origin that is sent back, whoever looks for those. */
enum verdict check_allow_origin_syntax(const struct observation *o)
{
	struct slice value = allow_origin(o);
	struct origin origin;

	if (!is_present(value) || slice_find(value, ',') < value.len)
		return VERDICT_NA;
	if (allows_any(o) || slice_eq(value, SLICE("null")))
		return VERDICT_PASS;
	if (origin_parse(value, &origin) == OK)
		return VERDICT_PASS;
	return is_present(o->origin) && slice_eq(value, o->origin) ? VERDICT_NA : VERDICT_FAIL;
}

enum verdict check_cors_on_errors(const struct observation *o)
{
	if (!is_error(o) || !o->origin_expected)
		return VERDICT_NA;
	return fails_if(!is_present(allow_origin(o)));
}

enum verdict check_no_preflight_fields(const struct observation *o)
{
	if (!observation_is_stream(o))
		return VERDICT_NA;
	return fails_if(observation_count(o, SLICE("Access-Control-Allow-Methods")) > 0 ||
			observation_count(o, SLICE("Access-Control-Allow-Headers")) > 0 ||
			observation_count(o, SLICE("Access-Control-Max-Age")) > 0);
}

/* Without an exact origin one answer alone does not tell; two probes do. */
enum verdict check_vary_origin(const struct observation *o)
{
	if (!is_present(allow_origin(o)) || allows_any(o))
		return VERDICT_NA;
	return fails_if(!observation_has_member(o, SLICE("Vary"), SLICE("Origin")) &&
			!observation_has_member(o, SLICE("Vary"), SLICE("*")));
}

enum verdict check_no_vary_any(const struct observation *o)
{
	if (observation_count(o, SLICE("Vary")) == 0)
		return VERDICT_NA;
	return fails_if(observation_has_member(o, SLICE("Vary"), SLICE("*")));
}

enum verdict check_no_needless_vary(const struct observation *o)
{
	if (!allows_any(o))
		return VERDICT_NA;
	return fails_if(observation_has_member(o, SLICE("Vary"), SLICE("Origin")));
}

enum verdict check_challenge(const struct observation *o)
{
	if (o->status != 401)
		return VERDICT_NA;
	return fails_if(observation_field(o, SLICE("WWW-Authenticate")).len == 0);
}

enum verdict check_retry_after(const struct observation *o)
{
	if (o->status != 429 && o->status != 503)
		return VERDICT_NA;
	return fails_if(observation_field(o, SLICE("Retry-After")).len == 0);
}

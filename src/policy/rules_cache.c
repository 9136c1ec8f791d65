/* SPDX-License-Identifier: Apache-2.0 */
/* rules_cache.c - A2xx: caching. */
#include "base/text.h"
#include "policy/checks.h"

#define CACHE_CONTROL SLICE("Cache-Control")

static bool says(const struct observation *o, struct slice directive)
{
	return observation_has_directive(o, CACHE_CONTROL, directive);
}

/* A life above zero; a number that is none counts, for caches guess at it differently. */
static bool has_life(const struct observation *o, struct slice directive)
{
	struct slice value;
	uint64_t seconds;

	if (!observation_directive(o, CACHE_CONTROL, directive, &value))
		return false;
	return parse_u64(value, &seconds) != OK || seconds > 0;
}

enum verdict check_not_cacheable(const struct observation *o)
{
	if (!observation_is_stream(o))
		return VERDICT_NA;
	return fails_if(!says(o, SLICE("no-store")) && !says(o, SLICE("no-cache")));
}

enum verdict check_no_store(const struct observation *o)
{
	if (!observation_is_stream(o) || !says(o, SLICE("no-cache")))
		return VERDICT_NA;
	return fails_if(!says(o, SLICE("no-store")));
}

enum verdict check_no_contradiction(const struct observation *o)
{
	if (!says(o, SLICE("no-store")) && !says(o, SLICE("no-cache")))
		return VERDICT_NA;
	return fails_if(says(o, SLICE("public")) || has_life(o, SLICE("max-age")) ||
			has_life(o, SLICE("s-maxage")));
}

/* "HIT", "Hit from cloudfront", "MISS, HIT": no standard, so the word anywhere counts. */
static bool names_hit(struct slice value)
{
	for (; value.len > 0; value = slice_from(value, 1))
		if (slice_starts_nocase(value, SLICE("hit")))
			return true;
	return false;
}

/* RFC 9211: each member is a cache with parameters, of which `hit` is one. */
static bool cache_status_hit(const struct observation *o)
{
	struct member_walk walk = {.o = o, .name = SLICE("Cache-Status")};
	struct slice member;

	while (member_next(&walk, &member)) {
		(void)quoted_cut(&member, ';'); /* the name of the cache */
		while (is_present(member))
			if (slice_eq_nocase(quoted_cut(&member, ';'), SLICE("hit")))
				return true;
	}
	return false;
}

enum verdict check_not_from_cache(const struct observation *o)
{
	struct slice age = observation_field(o, SLICE("Age"));
	uint64_t seconds;

	if (is_present(age) && (parse_u64(age, &seconds) != OK || seconds > 0))
		return VERDICT_FAIL;
	return fails_if(cache_status_hit(o) || names_hit(observation_field(o, SLICE("X-Cache"))) ||
			names_hit(observation_field(o, SLICE("CF-Cache-Status"))));
}

enum verdict check_no_transform(const struct observation *o)
{
	if (!observation_is_stream(o))
		return VERDICT_NA;
	return fails_if(!says(o, SLICE("no-transform")));
}

enum verdict check_no_validators(const struct observation *o)
{
	if (!observation_is_stream(o))
		return VERDICT_NA;
	return fails_if(observation_count(o, SLICE("ETag")) > 0 ||
			observation_count(o, SLICE("Last-Modified")) > 0);
}

enum verdict check_private_no_store(const struct observation *o)
{
	if (!observation_is_stream(o) || !o->credentials)
		return VERDICT_NA;
	return fails_if(!says(o, SLICE("no-store")));
}

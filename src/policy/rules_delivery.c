/* SPDX-License-Identifier: Apache-2.0 */
/* rules_delivery.c - A3xx and A9xx: what hops are told, and what they tell. */
#include "policy/checks.h"

/* nginx and what is built on it swallow X-Accel-* on the way to the client. */
static bool is_behind_nginx(const struct observation *o)
{
	struct slice server = observation_field(o, SLICE("Server"));

	return slice_starts_nocase(server, SLICE("nginx")) ||
	       slice_starts_nocase(server, SLICE("openresty"));
}

enum verdict check_not_compressed(const struct observation *o)
{
	struct slice coding = observation_field(o, SLICE("Content-Encoding"));

	if (!observation_is_stream(o))
		return VERDICT_NA;
	return fails_if(is_present(coding) && !slice_eq_nocase(coding, SLICE("identity")));
}

enum verdict check_accel_buffering(const struct observation *o)
{
	if (!observation_is_stream(o) || is_behind_nginx(o))
		return VERDICT_NA;
	return fails_if(observation_count(o, SLICE("X-Accel-Buffering")) == 0);
}

enum verdict check_accel_buffering_value(const struct observation *o)
{
	struct slice value = observation_field(o, SLICE("X-Accel-Buffering"));

	if (!observation_is_stream(o) || !is_present(value))
		return VERDICT_NA;
	return fails_if(!slice_eq_nocase(value, SLICE("no")));
}

enum verdict check_incremental(const struct observation *o)
{
	if (!observation_is_stream(o))
		return VERDICT_NA;
	return fails_if(!slice_eq(observation_field(o, SLICE("Incremental")), SLICE("?1")));
}

/* RFC 9209: each member is a hop with parameters, of which error=… may be one. */
enum verdict check_proxy_status(const struct observation *o)
{
	struct member_walk walk = {.o = o, .name = SLICE("Proxy-Status")};
	struct slice member;
	enum verdict verdict = VERDICT_NA;

	while (member_next(&walk, &member)) {
		(void)quoted_cut(&member, ';'); /* the name of the hop */
		verdict = VERDICT_PASS;
		while (is_present(member))
			if (slice_starts_nocase(quoted_cut(&member, ';'), SLICE("error=")))
				return VERDICT_FAIL;
	}
	return verdict;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rules_protocol.c - A7xx: framing and connection. */
#include "policy/checks.h"

static bool has(const struct observation *o, struct slice name)
{
	return observation_count(o, name) > 0;
}

static bool is_http_1_0(const struct observation *o)
{
	return !o->request_h2 && o->request_minor == 0;
}

enum verdict check_one_framing(const struct observation *o)
{
	return fails_if(has(o, SLICE("Content-Length")) && has(o, SLICE("Transfer-Encoding")));
}

enum verdict check_no_chunks_to_1_0(const struct observation *o)
{
	if (!is_http_1_0(o))
		return VERDICT_NA;
	return fails_if(has(o, SLICE("Transfer-Encoding")));
}

enum verdict check_closes_1_0(const struct observation *o)
{
	if (!is_http_1_0(o) || has(o, SLICE("Content-Length")))
		return VERDICT_NA;
	return fails_if(observation_has_member(o, SLICE("Connection"), SLICE("keep-alive")));
}

enum verdict check_no_connection_in_h2(const struct observation *o)
{
	if (!o->request_h2)
		return VERDICT_NA;
	return fails_if(has(o, SLICE("Connection")) || has(o, SLICE("Keep-Alive")) ||
			has(o, SLICE("Transfer-Encoding")) || has(o, SLICE("Upgrade")) ||
			has(o, SLICE("Proxy-Connection")));
}

enum verdict check_plain_connection(const struct observation *o)
{
	if (o->request_h2 || is_http_1_0(o))
		return VERDICT_NA;
	return fails_if(has(o, SLICE("Keep-Alive")) || has(o, SLICE("Proxy-Connection")) ||
			observation_count(o, SLICE("Connection")) > 1);
}

enum verdict check_singletons(const struct observation *o)
{
	static const struct slice names[] = {
		SLICE_INIT("Content-Type"),
		SLICE_INIT("Strict-Transport-Security"),
		SLICE_INIT("Access-Control-Allow-Origin"),
		SLICE_INIT("X-Accel-Buffering"),
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (observation_count(o, names[i]) > 1)
			return VERDICT_FAIL;
	return VERDICT_PASS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* routes.h - where the names of the probes lead: each is looked up once. */
#pragma once

#include "audit/exchange.h"
#include "audit/settings.h"
#include "os/patience.h"

#define ROUTES_MAX          16u
#define ROUTES_LOOKUP       5000u /* ms for one name, or for all at the start */
#define ROUTES_QUICK_LOOKUP 1500u /* the same with --quick */

struct routes {
	const struct audit_settings *settings;
	struct {
		struct slice host;
		uint16_t port;
		bool https;
		struct route route;
	} of[ROUTES_MAX];
	size_t count;
};

/*
 * Finds the routes of all URLs of the settings, the target first, before anything is timed: a
 * lookup blocks, and what a stream brought meanwhile would be stamped too late. All of it by
 * `deadline_ms` (monotonic); whose turn does not come has no route.
 */
void routes_prepare(struct routes *routes, uint64_t deadline_ms);
/*
 * The route of `url`, by the socket, a proxy, --resolve, --connect-to or the resolver; its count is
 * 0 where there is none. Blocks for at most ROUTES_LOOKUP at a name that is new. Hosts are the
 * caller's and stay.
 */
const struct route *routes_find(struct routes *routes, const struct url *url, uint64_t now_ms);

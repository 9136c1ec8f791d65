/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_cookie.h - the cookie that carries a resume grant (RFC 6265bis 4.1).
 *
 * Its prefix binds it as tightly as the path lets it: __Host- to this host for path "/",
 * __Secure- to TLS for any other path, none without TLS, which is for loopback alone.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "base/writer.h"

#include <stdint.h>

#define RESUME_COOKIE_NAME "sluice-resume"

struct resume_cookie {
	struct slice value; /* empty, with a max_age_s of 0: takes the cookie away */
	struct slice path;  /* of the route */
	uint64_t max_age_s;
	bool secure;     /* the answer goes over TLS */
	bool cross_site; /* an origin of another site is allowed to read the stream */
};

/* The name to look for in a request. */
struct slice resume_cookie_name(struct slice path, bool secure);
/*
 * The value of Set-Cookie. Without TLS a cookie cannot be cross-site: it is Lax then. Errors:
 * E_BAD_FIELD (a value or path that would end its attribute), E_NO_SPACE.
 */
enum err resume_cookie_put(struct writer *w, const struct resume_cookie *cookie);

/* SPDX-License-Identifier: Apache-2.0 */
/* page_policy.h - what the Content-Security-Policy of a page says of connections (CSP Level 3). */
#pragma once

#include "http/url.h"

/*
 * True if one serialised policy lets `page` connect to `stream`: connect-src decides, default-src
 * in its place, and without either everything is allowed (CSP 6.1.2 and 6.8.1).
 */
bool page_policy_allows(struct slice policy, const struct url *page, const struct url *stream);
/* The first source of connect-src that names nobody: *, https: and their like; ptr NULL: none. */
struct slice page_policy_wide_source(struct slice policy);

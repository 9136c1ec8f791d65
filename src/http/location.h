/* SPDX-License-Identifier: Apache-2.0 */
/* location.h - where a redirect leads, and whether secrets may go there too. */
#pragma once

#include "http/url.h"

#define LOCATION_MAX 8192u /* bytes of a URL that is followed */

/*
 * Resolves the value of a Location field against the URL that answered, into `w`: absolute,
 * //host, /path, ?query and relative forms. Dot segments stay for the server to resolve.
 * Errors: E_SYNTAX, E_NO_SPACE.
 */
enum err location_resolve(struct writer *w, const struct url *base, struct slice location);
/* Equal scheme, host and port: what a credential was given for. */
bool location_same_origin(const struct url *a, const struct url *b);
/* scheme://host, with the port where it is not the default, as browsers serialise it. */
void location_put_origin(struct writer *w, const struct url *url);

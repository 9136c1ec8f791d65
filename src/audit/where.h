/* SPDX-License-Identifier: Apache-2.0 */
/* where.h - where a Location leads, and origins as browsers write them. */
#pragma once

#include "base/arena.h"
#include "base/writer.h"
#include "http/url.h"

/* Absolute, //host, /path, ?query and relative forms; empty where it is none. */
struct slice where_resolve(struct arena *arena, const struct url *base, struct slice location);
bool where_same_origin(const struct url *a, const struct url *b);
/* scheme://host, with the port where it is not the default. */
void where_put_origin(struct writer *w, const struct url *url);

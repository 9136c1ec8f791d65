/* SPDX-License-Identifier: Apache-2.0 */
/* site.h - which hosts are one site to a browser: below one registrable domain (HTML 7.1.1). */
#pragma once

#include "base/slice.h"

/*
 * True where both hosts are the same, or share the domain that somebody could register, by the
 * list of public suffixes that libpsl was built with. Hosts as in a URL: without a port, in ASCII,
 * an IPv6 address with or without its brackets; upper and lower case are one; past HOST_MAX
 * it is a site of its own. The scheme, which browsers compare too, is the caller's. Any thread.
 */
bool site_is_same(struct slice a, struct slice b);

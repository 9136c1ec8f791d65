/* SPDX-License-Identifier: Apache-2.0 */
/* proxy.h - the HTTP proxy that an audit goes through, and which names it does not go to. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "http/url.h"

/* host.ptr NULL: none. */
struct audit_proxy {
	struct slice host; /* without brackets */
	uint16_t port;
	struct slice authorization; /* of Proxy-Authorization, secret; ptr NULL: none */
};

/*
 * "[http://][USER[:PASSWORD]@]HOST:PORT[/]"; user and password may have escapes (%XX). Texts are
 * those of `text` or of `arena`. Errors: E_SYNTAX (another scheme among it), E_RANGE (port),
 * E_NOMEM.
 */
enum err proxy_parse(struct slice text, struct arena *arena, struct audit_proxy *ret);
/*
 * True where the target is asked directly: this machine, always; and what the list names, as
 * NO_PROXY does: entries parted by ',' or ' '. A name means those below it too; an address, or a
 * block of addresses, is compared with literals; ":PORT" behind either means that port alone; '*'
 * is everything. An entry that is none of these means nothing.
 */
bool proxy_is_bypassed(struct slice no_proxy, const struct url *url);

/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel.h - CONNECT through an HTTP proxy (RFC 9110 9.3.6): what is asked, and what came of it. */
#pragma once

#include "base/slice.h"
#include "base/writer.h"

#include <stdbool.h>
#include <stdint.h>

#define TUNNEL_MAX_HEAD 8192u /* bytes of the proxy's answer */

enum tunnel_state {
	TUNNEL_WAITS,   /* the head is not whole */
	TUNNEL_OPEN,    /* what follows is the target's */
	TUNNEL_REFUSED, /* the status says why */
	TUNNEL_BROKEN,  /* no HTTP, no end, or bytes of a peer that was not asked yet */
};

/*
 * `host` without brackets. `authorization` is the value of Proxy-Authorization, or ptr NULL. No
 * byte of either may end a line.
 */
void put_tunnel_request(struct writer *w, struct slice host, uint16_t port,
			struct slice authorization);
/* Judges all bytes so far. *ret_status is set where the head is whole. */
enum tunnel_state tunnel_read(struct slice answer, unsigned *ret_status);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy_protocol.h - the header with which a proxy begins a TCP connection: PROXY protocol
 * version 2, the binary one (HAProxy, "The PROXY protocol", 2.2). Version 1, a line of text, is
 * refused.
 */
#pragma once

#include "base/addr.h"

#define PROXY_PROTOCOL_MIN 16u   /* bytes that say how long the header is */
#define PROXY_PROTOCOL_MAX 2048u /* bytes of a header with all its TLVs; one beyond is refused */

enum proxy_step {
	PROXY_MORE, /* a header so far */
	PROXY_DONE,
	PROXY_REFUSED,
};

struct proxy_header {
	size_t len;    /* bytes; what the client sent comes behind them */
	bool has_addr; /* false: LOCAL (a health check of the proxy), or no IP client */
	struct addr addr;
};

/*
 * Looks at the first bytes of a connection. PROXY_MORE: *ret_need is how many there must be
 * before it is worth looking again. PROXY_DONE: *ret. TLVs are skipped unread. Refused as soon as
 * it shows: a wrong signature, another version, an unknown command or family, datagrams, an
 * address block that is cut short, or more than PROXY_PROTOCOL_MAX bytes.
 */
enum proxy_step proxy_protocol_parse(struct slice in, size_t *ret_need, struct proxy_header *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h - a connection of a service thread, plain or TLS: blocks, but never past its patience.
 */
#pragma once

#include "os/dial.h"
#include "os/patience.h"
#include "os/wire.h"

#define LINK_FAULT_MAP(X)                                                                          \
	X(LINK_LATE, "no answer in time")                                                          \
	X(LINK_STOPPED, "stopped")                                                                 \
	X(LINK_UNREACHABLE, "cannot connect")                                                      \
	X(LINK_UNTRUSTED, "TLS failed")                                                            \
	X(LINK_BROKEN, "the connection broke")

enum link_fault {
	LINK_OK = 0,
#define X(name, text) name,
	LINK_FAULT_MAP(X)
#undef X
};

struct link {
	struct dial dial;
	struct wire wire;
	const struct patience *patience;
	const char *why; /* more about the fault; NULL: nothing; static text */
};

/*
 * Connects to the first of `targets` (at most DIAL_MAX_ADDRESSES) that answers; the time is shared
 * out among them. With `trust` it speaks TLS to `host`. `link` must not move, and `patience` must
 * stay, until link_close, which is due after a fault too.
 */
enum link_fault link_open(struct link *link, const struct tcp_target *targets, size_t n,
			  const struct tls_trust *trust, struct slice host,
			  const struct patience *patience);
/* All of `bytes`. */
enum link_fault link_send(struct link *link, struct slice bytes);
/* At least one byte, or *ret_n 0 at the end that the peer announced. */
enum link_fault link_receive(struct link *link, char *room, size_t cap, size_t *ret_n);
/* Harmless twice. */
void link_close(struct link *link);

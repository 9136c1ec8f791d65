/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h - a TCP connection of a client, plain or TLS: one way to send and to receive. Never
 * blocks.
 */
#pragma once

#include "os/tls_client.h"

#define WIRE_WANT_READ  TLS_WANT_READ  /* wait until the descriptor is readable */
#define WIRE_WANT_WRITE TLS_WANT_WRITE /* wait until it is writable */
#define WIRE_FAILED     TLS_FAILED     /* `why` says why; only wire_close remains */

struct wire {
	int fd;                /* -1: none */
	struct tls_client tls; /* ssl NULL: plain */
	const char *why;       /* of WIRE_FAILED; static text */
};

/* Takes over the connected non-blocking socket `fd`; -1: the wire is not open yet. */
void wire_init(struct wire *w, int fd);
/*
 * Speaks TLS from now on, with `host`, and offers `protocol` alone (ALPN, RFC 7301; empty: none).
 * `w` must then not move until wire_close. Errors: E_TOO_BIG, E_NOMEM.
 */
enum err wire_secure(struct wire *w, const struct tls_trust *trust, struct slice host,
		     struct slice protocol);
/* 1 when bytes may go, else a negative result; without TLS at once. */
long wire_greet(struct wire *w);
/* Bytes received, 0 at the end that the peer announced, else a negative result. */
long wire_receive(struct wire *w, char *room, size_t cap);
/*
 * Bytes taken, else a negative result; with TLS the same bytes must then be offered again. 0 where
 * the peer has said goodbye: nobody will read them.
 */
long wire_send(struct wire *w, struct slice bytes);
/* Says goodbye where that does not block, and closes. Harmless twice. */
void wire_close(struct wire *w);

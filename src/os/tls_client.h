/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_client.h - TLS 1.2 or 1.3 over a connected socket (OpenSSL): chain and host name are always
 * verified, but where os/tls_survey.h begins it; no renegotiation, no compression. Never blocks.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <openssl/types.h>

#define TLS_MAX_HOST     255u /* bytes (RFC 1035 2.3.4) */
#define TLS_MAX_PROTOCOL 32u  /* bytes of a name of ALPN */

/* Which authorities are believed. Immutable: all threads may share one. */
struct tls_trust;

/*
 * The authorities in the PEM file `ca_file`; NULL: the system's. NULL on failure, and *ret_why
 * says what is wrong, static text.
 */
struct tls_trust *tls_trust_new(const char *ca_file, const char **ret_why);
/* NULL-safe. After the last client of it. */
void tls_trust_free(struct tls_trust *trust);

struct tls_client {
	SSL *ssl;
	int fd;          /* the caller's to close */
	const char *why; /* of TLS_FAILED; static text, never a secret */
	bool untrusted;  /* of TLS_FAILED: the certificate is not one that we believe */
};

#define TLS_WANT_READ  (-1) /* wait until the socket is readable */
#define TLS_WANT_WRITE (-2) /* wait until the socket is writable */
#define TLS_FAILED     (-3) /* `why` says why; only tls_client_fini remains */

/*
 * Begins on the non-blocking socket `fd`, for `host`: a name, or an address literal without
 * brackets. `c` must not move until tls_client_fini. Errors: E_TOO_BIG (host), E_NOMEM.
 */
enum err tls_client_init(struct tls_client *c, const struct tls_trust *trust, int fd,
			 struct slice host);
/*
 * Before the handshake: offers `protocol` alone (ALPN, RFC 7301), such as "h2". Errors: E_TOO_BIG
 * (past TLS_MAX_PROTOCOL), E_NOMEM.
 */
enum err tls_client_offer(struct tls_client *c, struct slice protocol);
/* After the handshake: the peer has agreed to the offer. Without ALPN it says nothing: false. */
bool tls_client_agreed(const struct tls_client *c);
/* 1 when bytes may go: the peer is verified. Else one of the negative results. */
long tls_client_handshake(struct tls_client *c);
/* Bytes received, 0 at the end that the peer announced, else one of the negative results. */
long tls_client_receive(struct tls_client *c, char *room, size_t cap);
/* Bytes taken, else a negative result; then the same bytes must be offered again. */
long tls_client_send(struct tls_client *c, struct slice bytes);
/* Says goodbye where that does not block, and frees. Harmless on a zeroed or ended client. */
void tls_client_fini(struct tls_client *c);

/* SPDX-License-Identifier: Apache-2.0 */
/* tls_context.h - what is inside a tls_server: for the files of it alone. */
#pragma once

#include "os/tls_server.h"

#include <openssl/bio.h>
#include <openssl/types.h>
#include <stdatomic.h>

/* An OCSP response that is sent with a certificate, while it lasts. */
struct tls_staple {
	struct slice der; /* ptr NULL: none; owned */
	int64_t expires;  /* Unix seconds; INT64_MAX: it does not say */
};

/* One certificate with its key, as a context that a connection can be switched to. */
struct tls_site {
	SSL_CTX *ctx;
	struct tls_staple staple;
	int64_t expires; /* Unix seconds */
};

struct tls_server {
	atomic_size_t refs;
	struct tls_site sites[TLS_MAX_CERTIFICATES];
	size_t site_count;
	struct tls_tickets *tickets;
	BIO_METHOD *socket;
	bool http2;
};

/* The server that a connection began with. */
struct tls_server *tls_server_of(SSL *ssl);

/*
 * Puts the certificate, its key and its staple into `site`, whose context is made. On failure
 * `why` has what is wrong, without the number.
 */
bool tls_site_fill(struct tls_site *site, const struct tls_identity *identity, struct writer *why);
void tls_site_fini(struct tls_site *site);

/* Makes tickets of `ctx` from the shared keys. False: no memory. */
bool tls_tickets_use(SSL_CTX *ctx);

/* The way of a connection to its socket (tls_socket.c). NULL: no memory. */
BIO_METHOD *tls_socket_method(void);

/* The certificate of a client that was verified; the peer's. NULL: none. */
X509 *tls_peer_certificate(const struct tls_peer *p);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_socket.h - what is between OpenSSL and the socket of one connection: a record that is once
 * encrypted must go out as it is, so what a full socket leaves of it waits here.
 */
#pragma once

#include "base/buf.h"

#include <openssl/bio.h>
#include <stddef.h>

/*
 * Bytes of one record with its overhead (RFC 8446 5.2), and of the answers to key updates behind
 * it. A peer that asks for more of them without reading is ended.
 */
#define TLS_MAX_REST (16384u + 256u + 5u + 4096u)

enum tls_duty {
	TLS_DUTY_TELL, /* a full socket is OpenSSL's matter: the handshake */
	TLS_DUTY_KEEP, /* all is taken, the rest is kept */
	TLS_DUTY_LAST, /* all is taken, the socket's buffer grows for it */
};

struct tls_socket {
	int fd;
	enum tls_duty duty;
	struct buf rest;
};

/* `s` must not move while the BIO lives. NULL: no memory. */
BIO *tls_socket_bio(struct tls_socket *s, const BIO_METHOD *method);
/* 0: nothing is left; PEER_BLOCKED, PEER_GONE. */
ptrdiff_t tls_socket_flush(struct tls_socket *s);
/* Gives all that waits to the kernel, as peer_send_last does; the duty is TLS_DUTY_LAST then. */
void tls_socket_push(struct tls_socket *s);

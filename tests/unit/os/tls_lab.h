/* SPDX-License-Identifier: Apache-2.0 */
/* tls_lab.h - certificates made for a test, and a connection whose two ends are in one thread. */
#pragma once

#include "os/tls_server.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#define LAB_DAY (24 * 60 * 60)

struct lab_spec {
	const char *name;   /* common name; NULL: none */
	const char *second; /* another common name; NULL: none */
	const char *unit;   /* organization; NULL: none */
	const char *san;    /* as in openssl.cnf; NULL: none */
	int from_s;         /* relative to now; both 0: yesterday to tomorrow */
	int until_s;
	unsigned rsa_bits; /* 0: ECDSA P-256 */
	bool authority;
};

struct lab_cert {
	X509 *cert;
	EVP_PKEY *key;
	struct slice cert_pem; /* with its issuer's behind */
	struct slice key_pem;
};

/* Signed by `issuer`; NULL: by itself. */
struct lab_cert lab_make(const struct lab_spec *spec, const struct lab_cert *issuer);
void lab_free(struct lab_cert *c);
/* The key in PEM under a passphrase. Freed by lab_free_bytes. */
struct slice lab_locked_key(const struct lab_cert *c);
/* The OCSP response of `issuer` about `c`. Freed by lab_free_bytes. */
struct slice lab_ocsp(const struct lab_cert *c, const struct lab_cert *issuer, int status,
		      int from_s, int until_s);
void lab_free_bytes(struct slice bytes);

struct lab_client {
	const char *server_name; /* NULL: says none */
	struct slice alpn;       /* in wire form; ptr NULL: says none */
	int minimum, maximum;    /* 0: what the library has */
	const char *ciphers;     /* of TLS 1.2; NULL: what the library has */
	const struct lab_cert *identity;
	SSL_SESSION *session;
	bool ask_status;
};

struct lab_pair {
	int fds[2]; /* the server's, the client's */
	struct tls_peer *peer;
	SSL *client;
	SSL_CTX *client_ctx;
	enum tls_step step; /* the server's last */
	bool client_open;
	SSL_SESSION *session; /* the last ticket that the client got */
};

/* Both ends, not a byte sent yet. */
void lab_begin(struct lab_pair *p, struct tls_server *server, const struct lab_client *client);
/* The handshake until neither end can go on. True if both are open. */
bool lab_shake(struct lab_pair *p);
/* lab_begin and lab_shake. */
bool lab_connect(struct lab_pair *p, struct tls_server *server, const struct lab_client *client);
void lab_end(struct lab_pair *p);

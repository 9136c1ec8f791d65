/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_server.h - TLS 1.2 and 1.3 for accepted sockets (OpenSSL 3): certificates by server name,
 * ALPN, shared tickets, OCSP stapling, client certificates. Never blocks, never logs.
 *
 * What is spoken: TLS 1.3 with AES-GCM and ChaCha20-Poly1305; TLS 1.2 with the same behind ECDHE
 * and nothing else; groups X25519, P-256, P-384 (and X25519MLKEM768 where OpenSSL has it). No
 * renegotiation, no compression, no early data, no session cache: resumption is by ticket alone.
 *
 * A context is immutable once made: a reload makes a new one, and connections keep the one that
 * they began with (it is counted). One connection belongs to one thread.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "base/writer.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_MAX_CERTIFICATES 16u
#define TLS_MAX_SUBJECT      256u         /* bytes of a client's name that are taken */
#define TLS_RECORD_MAX       16384u       /* bytes of plain text in one record */
#define TLS_MAX_FILE         (256u << 10) /* bytes of a certificate chain, a key, a response */
#define TLS_MAX_CHAIN        16u          /* certificates in one chain */
#define TLS_MAX_CLIENT_CHAIN 16384u       /* bytes of the certificates that a client sends */
#define TLS_TICKET_S         3600u        /* life of a ticket; rotate the keys as often */

/* What encrypts session tickets: shared by all workers and contexts, rotated by who has a clock. */
struct tls_tickets;

/* Random keys. NULL: no memory, no entropy. */
struct tls_tickets *tls_tickets_new(void);
struct tls_tickets *tls_tickets_ref(struct tls_tickets *t);
/* NULL-safe; the last one wipes and frees. Any thread. */
void tls_tickets_unref(struct tls_tickets *t);
/* New tickets use a new key, those of the one before are still taken. Any thread. E_IO. */
enum err tls_tickets_rotate(struct tls_tickets *t);

/* The caller's, and needed only during tls_server_new: wipe `key` then. */
struct tls_identity {
	struct slice chain; /* PEM: the certificate, then its issuers */
	struct slice key;   /* PEM, without a passphrase */
	struct slice ocsp;  /* DER; ptr NULL: none */
};

struct tls_server_config {
	const struct tls_identity *identities; /* the first is for names that no other has */
	size_t identity_count;
	bool minimum_1_3;
	bool http2;             /* offer h2 */
	struct slice client_ca; /* PEM; ptr NULL: clients are not asked */
	bool client_required;
	struct tls_tickets *tickets; /* the server takes a reference */
};

struct tls_server;

/*
 * NULL on failure, and `why` has one line that names the fault and the number of the identity
 * ("certificate 2: the key does not fit"), never a secret. A certificate that has ended or not
 * begun, an RSA key below 2048 bits, a key that does not fit and an OCSP response of another
 * certificate are faults. Reads the time of day.
 */
struct tls_server *tls_server_new(const struct tls_server_config *config, struct writer *why);
struct tls_server *tls_server_ref(struct tls_server *s);
/* NULL-safe; the last one frees. Any thread. */
void tls_server_unref(struct tls_server *s);
/*
 * The first moment (Unix seconds) at which a certificate of it ends; *ret_index (or NULL) is the
 * identity whose it is.
 */
int64_t tls_server_expires(const struct tls_server *s, size_t *ret_index);

struct tls_peer;

/*
 * Room in which the parts of one record are joined: one for each thread, shared by its connections,
 * which use it only during a call.
 */
struct tls_scratch {
	char bytes[TLS_RECORD_MAX];
};

enum tls_step {
	TLS_STEP_DONE,
	TLS_STEP_READ,  /* wait until the socket is readable */
	TLS_STEP_WRITE, /* wait until it is writable */
	TLS_STEP_PLAIN, /* the peer speaks HTTP without TLS: nothing has been read */
	TLS_STEP_FAILED,
};

/*
 * Begins on an accepted non-blocking socket, which stays the caller's, as `scratch` does. Holds a
 * reference to `server`. NULL: no memory.
 */
struct tls_peer *tls_peer_new(struct tls_server *server, int fd, struct tls_scratch *scratch);
/* One step of the handshake. */
enum tls_step tls_peer_handshake(struct tls_peer *p);
/*
 * Why it failed: static text of ours or of OpenSSL, without what the peer sent. NULL: the peer
 * closed without a byte, as those do who only look whether the port is open.
 */
const char *tls_peer_why(const struct tls_peer *p);

/* After the handshake. */
bool tls_peer_is_h2(const struct tls_peer *p);
/* "TLSv1.3" */
const char *tls_peer_version(const struct tls_peer *p);
bool tls_peer_was_resumed(const struct tls_peer *p);
/* True where the kernel encrypts what we send. */
bool tls_peer_has_ktls(const struct tls_peer *p);
/*
 * The name in the client's verified certificate: the one common name of its subject, else the
 * subject in the form of RFC 4514. Empty: no certificate, or one without a subject. Errors:
 * E_TOO_BIG (past TLS_MAX_SUBJECT), E_BAD_FIELD (control bytes), E_NOMEM.
 */
enum err tls_peer_subject(const struct tls_peer *p, struct writer *ret);
/* When its certificate ends, Unix seconds; 0: no certificate. */
int64_t tls_peer_subject_expires(const struct tls_peer *p);

/* As peer_recv (os/peer.h): bytes, 0 at the end that the peer announced, PEER_BLOCKED, PEER_GONE.
 */
ptrdiff_t tls_peer_recv(struct tls_peer *p, char *room, size_t cap);
/*
 * As peer_send; `parts` are joined into records. Bytes once encrypted count as taken: where the
 * socket is full in the middle of a record, what is left of that one record waits here (at most
 * TLS_RECORD_MAX and its overhead), tls_peer_wants_write says so, and nothing is taken before it is
 * out. So the next call may bring other bytes.
 */
ptrdiff_t tls_peer_send(struct tls_peer *p, const struct slice *parts, size_t n);
/* Sends what waits of a record. 0: nothing is left; PEER_BLOCKED, PEER_GONE. */
ptrdiff_t tls_peer_flush(struct tls_peer *p);
/* As peer_send_last, behind what waits of a record. */
void tls_peer_send_last(struct tls_peer *p, struct slice bytes);
/* Call tls_peer_flush when the socket is writable, whatever else is wanted of it. */
bool tls_peer_wants_write(const struct tls_peer *p);
/* Decrypted bytes wait that the socket will not report again. */
bool tls_peer_has_pending(const struct tls_peer *p);
/* What waits, close_notify, then no more bytes from us. */
void tls_peer_shut(struct tls_peer *p);
/*
 * Frees it; what waits and close_notify go out as with tls_peer_send_last. The socket is the
 * caller's. NULL-safe.
 */
void tls_peer_free(struct tls_peer *p);

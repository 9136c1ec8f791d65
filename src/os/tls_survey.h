/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_survey.h - TLS of a client that looks instead of believing: a certificate that os/tls_client
 * would refuse is a fact to report here. Never blocks.
 *
 * Nothing that is secret may be sent unless the facts say `trusted`. SIGPIPE must be ignored.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <openssl/types.h>
#include <stdint.h>

enum tls_survey_versions {
	TLS_SURVEY_USUAL, /* 1.2 and 1.3 */
	TLS_SURVEY_OLD,   /* 1.0 and 1.1 alone, with the weak algorithms that they need */
	TLS_SURVEY_13,    /* 1.3 alone */
};

/* Whom a certificate is compared with. Immutable. */
struct tls_survey_trust;

/*
 * The authorities in the PEM file `ca_file`; NULL: the system's. NULL on failure, and *ret_why
 * says what is wrong, static text.
 */
struct tls_survey_trust *tls_survey_trust_new(const char *ca_file, const char **ret_why);
/* NULL-safe. After the last survey of it. */
void tls_survey_trust_free(struct tls_survey_trust *trust);

struct tls_survey {
	SSL *ssl;        /* NULL: none */
	const char *why; /* of TLS_SURVEY_FAILED; static text */
};

#define TLS_SURVEY_WANT_READ  (-1)
#define TLS_SURVEY_WANT_WRITE (-2)
#define TLS_SURVEY_FAILED     (-3)

/*
 * Begins on the connected socket `fd`, for `host` (a name, or an address without brackets), and
 * offers the one protocol `alpn` (empty: none). Errors: E_TOO_BIG, E_NOMEM.
 */
enum err tls_survey_init(struct tls_survey *s, const struct tls_survey_trust *trust, int fd,
			 struct slice host, struct slice alpn, enum tls_survey_versions versions);
/* 1 when the handshake is over, else a negative result. */
long tls_survey_handshake(struct tls_survey *s);
/* Bytes received, 0 at the end that the peer announced, else a negative result. */
long tls_survey_receive(struct tls_survey *s, char *room, size_t cap);
/* Bytes taken, else a negative result; then the same bytes must be offered again. */
long tls_survey_send(struct tls_survey *s, struct slice bytes);
/* Says goodbye where that does not block, and frees. Harmless twice. */
void tls_survey_fini(struct tls_survey *s);

/* After the handshake. Texts are cut where they are longer. */
struct tls_facts {
	char version[16];
	char cipher[64];
	char alpn[16]; /* empty: none was agreed */
	char subject[256];
	char issuer[256];
	int64_t not_before; /* Unix seconds; 0: unknown */
	int64_t not_after;
	bool trusted;    /* the chain and the name are good */
	bool name_wrong; /* the certificate is for other names */
	char reason[96]; /* why it is not trusted */
};
void tls_survey_facts(const struct tls_survey *s, struct slice host, struct tls_facts *ret);

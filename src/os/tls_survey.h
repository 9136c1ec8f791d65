/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_survey.h - a tls_client that looks instead of believing: a certificate that others would
 * refuse is a fact to report here.
 *
 * Nothing that is secret may be sent unless the facts say `trusted`. SIGPIPE must be ignored.
 */
#pragma once

#include "os/tls_client.h"

#include <stdint.h>

enum tls_survey_versions {
	TLS_SURVEY_USUAL, /* 1.2 and 1.3 */
	TLS_SURVEY_OLD,   /* 1.0 and 1.1 alone, with the weak algorithms that they need */
	TLS_SURVEY_13,    /* 1.3 alone */
};

/*
 * Begins a client on the connected socket `fd`, for `host` (a name, or an address without
 * brackets), that offers the one protocol `alpn`. The certificate is compared with `trust`, and
 * the handshake goes on whatever comes of it: 1 of tls_client_handshake does not mean that the
 * peer is verified. `c` must not move until tls_client_fini; bytes that are sent may. Errors:
 * E_TOO_BIG (host, alpn), E_NOMEM.
 */
enum err tls_survey_init(struct tls_client *c, const struct tls_trust *trust, int fd,
			 struct slice host, struct slice alpn, enum tls_survey_versions versions);

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
void tls_survey_facts(const struct tls_client *c, struct slice host, struct tls_facts *ret);

/* SPDX-License-Identifier: Apache-2.0 */
/* tls_self.h - a certificate that nobody vouches for, for development on this machine. */
#pragma once

#include "base/err.h"

#include <stddef.h>

#define TLS_SELF_DAYS 7
#define TLS_SELF_PEM  2048u /* bytes of the certificate, and of the key */
#define TLS_SELF_TEXT 96u   /* bytes of a fingerprint with its NUL */

struct tls_self {
	char chain[TLS_SELF_PEM]; /* PEM */
	size_t chain_len;         /* 0: none is made */
	char key[TLS_SELF_PEM];   /* PEM; wiped by tls_self_wipe */
	size_t key_len;
	char fingerprint[TLS_SELF_TEXT]; /* SHA-256 of the certificate: "AB:CD:..." */
	char pin[TLS_SELF_TEXT];         /* of its public key, as curl --pinnedpubkey takes it */
};

/*
 * A fresh ECDSA P-256 certificate for localhost, 127.0.0.1 and ::1, from now for TLS_SELF_DAYS
 * days. Errors: E_NOMEM (also: no entropy).
 */
enum err tls_self_make(struct tls_self *ret);
/* Harmless on a zeroed one. */
void tls_self_wipe(struct tls_self *s);

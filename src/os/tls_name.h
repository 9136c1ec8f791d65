/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_name.h - the host that a peer's certificate must be for: a name, whose wildcard stands for
 * one whole label, or an address literal without brackets. For the clients of TLS alone.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <openssl/types.h>

/*
 * The handshake of `ssl` asks for `host` (SNI, RFC 6066 3), and its verdict is for it. Errors:
 * E_TOO_BIG (empty, or past TLS_MAX_HOST), E_NOMEM.
 */
enum err tls_name_expect(SSL *ssl, struct slice host);
/* `cert` is for `host`, whoever has signed it. */
bool tls_name_fits(X509 *cert, struct slice host);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_tls.h - from the settings of the listeners to contexts of TLS, and what is told of them.
 *
 * One for each life of the configuration (cmd/serve_generation.h): a reload reads all files
 * again. The keys of tickets, and a certificate that was made for this run, go over to the next.
 */
#pragma once

#include "conf/settings.h"
#include "os/tls_self.h"
#include "os/tls_server.h"

#include <stdint.h>

#define TLS_ROTATE_MS (TLS_TICKET_S * 1000u) /* a ticket is taken for one to two of these */
#define TLS_WARN_DAYS 30                     /* a certificate's end is told so long before */

struct serve_tls {
	struct tls_server *servers[CONF_MAX_LISTENERS]; /* in the order of listen; NULL: clear */
	struct tls_tickets *tickets;                    /* NULL: no listener speaks TLS */
	struct tls_self self;
};

/*
 * Reads the files and makes the contexts. `self_signed`: listeners without certificates get one of
 * this run; all must be on loopback. `before` (or NULL) is what runs until now. Complaints go to
 * standard error; gives an exit code. `ret` is the caller's to end either way.
 */
int serve_tls_init(struct serve_tls *ret, const struct settings *conf, bool self_signed,
		   const struct serve_tls *before);
/* Harmless on a zeroed one. Connections keep their contexts. */
void serve_tls_fini(struct serve_tls *t);
/* New tickets get a new key. Harmless where nobody speaks TLS. */
void serve_tls_rotate(const struct serve_tls *t);
/* The first end of a certificate, Unix seconds; 0: there is none. */
uint64_t serve_tls_expires(const struct serve_tls *t);
/* Says on standard error which certificates end within TLS_WARN_DAYS. */
void serve_tls_warn(const struct serve_tls *t, const struct settings *conf, uint64_t unix_ms);

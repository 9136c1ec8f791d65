/* SPDX-License-Identifier: Apache-2.0 */
/* tls_case.h - what each case of a tls_server begins with: authorities, a certificate, tickets. */
#pragma once

#include "tls_lab.h"

extern struct lab_cert root, other_root;
extern struct lab_cert leaf; /* one.example, of `root` */
extern struct tls_tickets *tickets;

/* Fixtures of cmocka, for all of the above. */
int case_set_up(void **state);
int case_tear_down(void **state);

struct tls_identity identity_of(const struct lab_cert *c);
/* The server of `config`, or NULL with the reason in `text`. */
struct tls_server *case_try(const struct tls_server_config *config, char *text, size_t cap);
/* The same, where there must be one. */
struct tls_server *case_server(const struct tls_server_config *config);

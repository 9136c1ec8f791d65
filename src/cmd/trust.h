/* SPDX-License-Identifier: Apache-2.0 */
/* trust.h - whom a command believes over https. */
#pragma once

#include "cmd/command.h"
#include "os/tls_client.h"

#define TRUST_HELP "Believe the authorities in this PEM file, not the system's, over https"

/*
 * The authorities in the file that the `option` names, else the system's; tls_trust_free gives
 * them back. EXIT_USAGE: the complaint is printed.
 */
int trust_read(const struct args *args, size_t option, struct tls_trust **ret_trust);

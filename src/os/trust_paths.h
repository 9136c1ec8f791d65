/* SPDX-License-Identifier: Apache-2.0 */
/* trust_paths.h - where the system keeps its certificate authorities, for the sandbox. */
#pragma once

#include "os/sandbox.h"

#define TRUST_MAX_PATHS 16u
#define TRUST_TEXT      4096u /* bytes of SSL_CERT_DIR that are looked at */

struct trust_paths {
	struct sandbox_read reads[TRUST_MAX_PATHS];
	size_t count;
	char folders[TRUST_TEXT]; /* what some of them point to */
};

/*
 * What OpenSSL looks at, SSL_CERT_FILE and SSL_CERT_DIR included, and the folders that the usual
 * distributions link to from there. Views the environment.
 */
void trust_paths(struct trust_paths *ret);

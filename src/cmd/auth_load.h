/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_load.h - one attempt to get the keys of an issuer: from files, or from a JWKS URL.
 *
 * The address comes from the configuration and from nowhere else: no token, redirect or answer
 * can change it.
 */
#pragma once

#include "cmd/fetch.h"
#include "identity/digest.h"
#include "identity/jwks.h"

#define AUTH_LOAD_MS  5000u /* for a whole fetch */
#define AUTH_LOG_LINE 512u  /* bytes of what auth_* say to the log */

struct auth_source {
	const struct url *url;     /* NULL: files */
	const struct slice *files; /* NUL-terminated paths: PEM, JWK or JWKS each */
	size_t file_count;
	const struct tls_trust *trust;
	const char *servers; /* as in os/resolver.h */
	uint64_t timeout_ms;
	int stop_fd; /* readable: give up */
};

struct auth_loaded {
	struct jwks *set;     /* a reference of the caller; not empty */
	uint64_t max_age_ms;  /* 0: none was named */
	struct digest digest; /* of the documents: tells a rotation from the same again */
};

/* True: *ret is filled. False: `why` has the reason as one line, without secrets. */
bool auth_load(const struct auth_source *source, struct auth_loaded *ret, struct writer *why);
/* Where the keys come from, without the query of the URL. */
void auth_put_source(struct writer *w, const struct auth_source *source);
/* The URL without its query, which may hold a secret. */
void auth_put_url(struct writer *w, const struct url *url);

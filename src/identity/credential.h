/* SPDX-License-Identifier: Apache-2.0 */
/* credential.h - the one credential of a request (SPEC 2.12: two different ones are refused). */
#pragma once

#include "base/slice.h"
#include "http/request.h"
#include "policy/refusal.h"

enum credential_source {
	CREDENTIAL_NONE,
	CREDENTIAL_BEARER, /* Authorization: Bearer (RFC 6750 2.1) */
	CREDENTIAL_COOKIE,
};

struct credential {
	enum credential_source source;
	struct slice value; /* a secret: never log it */
};

/*
 * Finds the credential. `cookie` is the session cookie's name, ptr NULL: cookies are not looked
 * at. Refusals: TWO_CREDENTIALS; BAD_CREDENTIAL for one that cannot be read.
 */
enum refusal credential_find(const struct http_request *req, struct slice cookie,
			     struct credential *ret);
/* "none", "bearer", "cookie": the log's authMethod. */
struct slice credential_source_name(enum credential_source source);

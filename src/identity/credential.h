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
	CREDENTIAL_TICKET,      /* one-time, in the query */
	CREDENTIAL_RESUME,      /* the cookie that a ticket was exchanged for */
	CREDENTIAL_CERTIFICATE, /* of the connection, where the request has none */
};

struct credential {
	enum credential_source source;
	struct slice value; /* a secret: never log it */
};

/* Where to look; an absent one (ptr NULL) is not looked at. */
struct credential_places {
	struct slice cookie; /* name of the session cookie */
	struct slice resume; /* name of the resume cookie */
	struct slice ticket; /* value of ?ticket=, decoded */
};

/*
 * Finds the credential. A resume cookie is what we made of a ticket: beside the ticket it is no
 * second credential, and *ret_resume is its value (ptr NULL: none) for when the ticket is spent.
 * Refusals: TWO_CREDENTIALS; BAD_CREDENTIAL for one that cannot be read.
 */
enum refusal credential_find(const struct http_request *req, const struct credential_places *places,
			     struct credential *ret, struct slice *ret_resume);
/* "none", "bearer", "cookie", "ticket", "resume", "certificate": the log's authMethod. */
struct slice credential_source_name(enum credential_source source);

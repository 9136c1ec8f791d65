/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h - one HTTP/1.1 request of a service thread: bounded in time and in size.
 *
 * https with a verified peer; http only where nobody can listen in: to localhost and loopback
 * addresses. No redirect is followed, no proxy asked, no connection kept.
 */
#pragma once

#include "cmd/fetch_response.h"
#include "http/fields.h"
#include "http/url.h"
#include "os/patience.h"
#include "os/tls_client.h"

#define FETCH_MAX_REQUEST 20480u /* bytes of the request's head */

struct fetch_request {
	const struct url *url;
	struct slice method;
	const struct http_field *fields; /* besides Host, User-Agent, Connection, Content-Length */
	size_t field_count;
	struct slice body; /* ptr NULL: none, and no Content-Length */
	const struct tls_trust *trust;
	const char *servers; /* name servers, as in os/resolver.h; NULL: the system's */
	struct patience patience;
};

/* Why there is no answer. Never holds a secret. */
struct fetch_why {
	enum fetch_fault fault;
	const char *detail; /* more, for the person; NULL: nothing; static text */
};

/*
 * Makes the request and reads the answer into `response`, which the caller has made with
 * fetch_response_init and frees, also after a fault. FETCH_OK: it is complete, with any status
 * but 3xx. resolver_init must have been called.
 */
struct fetch_why fetch(const struct fetch_request *request, struct fetch_response *response);
/* "TLS failed: certificate has expired" */
void fetch_put_why(struct writer *w, struct fetch_why why);

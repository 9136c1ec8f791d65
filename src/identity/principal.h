/* SPDX-License-Identifier: Apache-2.0 */
/*
 * principal.h - who somebody is and what they may do: one counted, immutable record.
 *
 * Streams, tickets and caches of all threads share it, so nothing in it changes after
 * principal_new. Times are Unix milliseconds.
 */
#pragma once

#include "base/err.h"
#include "base/siphash.h"
#include "base/slice.h"

#include <stdatomic.h>
#include <stdint.h>

#define PRINCIPAL_MAX_PATTERNS 64u  /* to subscribe, and as many to publish */
#define PRINCIPAL_MAX_SUBJECT  256u /* bytes */
#define PRINCIPAL_MAX_ID       128u /* bytes of a session id or token id */
#define PRINCIPAL_LOG_ID       16u  /* characters */

enum auth_method {
#define X(name, word, meaning) METHOD_##name,
#include "identity/principal.def"
#undef X
	METHOD_COUNT,
};

/* "jwt"; static storage. */
struct slice auth_method_name(enum auth_method method);

/* Patterns over topics (policy/topic.h). */
struct rights {
	const struct slice *patterns;
	size_t count;
};

/* True where one pattern covers all that `asked` (a topic or a valid pattern) matches. */
bool rights_allow(const struct rights *rights, struct slice asked);
/* Likewise for each of them; true for none. */
bool rights_allow_all(const struct rights *rights, const struct slice *asked, size_t count);

struct principal_facts {
	enum auth_method method;
	struct slice subject; /* empty: not known by a name */
	struct slice sid;     /* session id; empty: none */
	struct slice jti;     /* token id; empty: none */
	uint64_t issued_ms;   /* of the credential; 0: unknown, older than every revocation */
	uint64_t expires_ms;  /* 0: never */
	struct rights subscribe;
	struct rights publish;
};

struct principal {
	struct principal_facts facts;  /* points into this very block */
	char log_id[PRINCIPAL_LOG_ID]; /* keyed hash of the subject in hex: tells users apart in
					  logs that must not name them */
	atomic_size_t refs;
};

/*
 * A copy of `facts` with one reference, which the caller owns. `key` must be random and the same
 * for all that is logged together.
 *
 * Errors: E_TOO_BIG (a name, an id or a list past its maximum), E_BAD_FIELD (a control byte in a
 * name), E_BAD_UTF8, E_SYNTAX (no pattern over topics), E_NOMEM.
 */
enum err principal_new(const struct principal_facts *facts, struct siphash_key key,
		       struct principal **ret_principal);
/*
 * The same person by another method, with the right to subscribe to `topics` alone and to publish
 * nothing: what a ticket is bound to. Errors: E_NOT_FOUND (a topic that `from` may not see: the
 * same answer as for one that nobody knows), those of principal_new.
 */
enum err principal_narrow(const struct principal *from, enum auth_method method,
			  const struct slice *topics, size_t count,
			  struct principal **ret_principal);
/* From any thread that has a reference. Returns `p`. */
struct principal *principal_ref(struct principal *p);
/* NULL-safe; the last one frees. */
void principal_unref(struct principal *p);

bool principal_is_expired(const struct principal *p, uint64_t now_ms);
struct slice principal_log_id(const struct principal *p);

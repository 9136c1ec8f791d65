/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_answer.h - what the application says about a credential (auth.introspect), as a principal.
 *
 * A JSON object: sub (text), and at will exp and iat (seconds since 1970), sid, jti (text),
 * subscribe, publish (lists of topic patterns). Other members are ignored. Without iat the
 * credential counts as older than every revocation of its subject: the application must say when
 * somebody logged in if that person may come back after one.
 */
#pragma once

#include "identity/auth_fault.h"
#include "identity/principal.h"

#define AUTH_ANSWER_MAX 65536u /* bytes of the body */

/*
 * On AUTH_OK *ret_principal is a reference that the caller owns. `key` is that of principal_new.
 * Faults: AUTH_INTROSPECTION_FAILED (the answer is none), AUTH_EXPIRED, AUTH_NO_MEMORY.
 */
enum auth_fault auth_answer_read(struct slice body, uint64_t now_ms, struct siphash_key key,
				 struct principal **ret_principal);

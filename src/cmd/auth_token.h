/* SPDX-License-Identifier: Apache-2.0 */
/* auth_token.h - a JSON Web Token as a principal, checked with the key sets that are good now. */
#pragma once

#include "cmd/auth_keys.h"
#include "identity/jwt.h"
#include "identity/principal.h"

#define AUTH_TOKEN_MEMORY 65536u /* bytes that the claims of one token may take */

/* True for what has the form of a token: three parts with dots between them. */
bool auth_token_is_one(struct slice credential);
/*
 * Tries the sets from the newest on: an older one is asked only where the newer has no key for
 * the token, or one under the same name that does not fit. The principal ends at the very instant
 * of exp: the skew of the rules is for the clocks of issuers that are ahead.
 *
 * On AUTH_OK *ret_principal is a reference that the caller owns. Faults: those of jwt_verify,
 * AUTH_KEYS_UNAVAILABLE for an empty view. `log_key` is that of principal_new.
 */
enum auth_fault auth_token_check(struct slice token, const struct jwt_rules *rules,
				 const struct auth_keys_view *view, uint64_t now_ms,
				 struct siphash_key log_key, struct principal **ret_principal);

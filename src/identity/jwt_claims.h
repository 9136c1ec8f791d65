/* SPDX-License-Identifier: Apache-2.0 */
/* jwt_claims.h - judges the claims of a token whose signature holds (RFC 7519 4.1). */
#pragma once

#include "identity/jwt.h"

#include <jansson.h>

/* Fills all but `alg`. Lifetimes and faults as of jwt_verify. */
enum auth_fault jwt_claims_read(const json_t *root, const struct jwt_rules *rules, uint64_t now_s,
				struct arena *arena, struct jwt_claims *ret_claims);

/* SPDX-License-Identifier: Apache-2.0 */
/* secrets.h - which texts of an audit's settings no transcript and no report may show. Pure. */
#pragma once

#include "audit/recorder.h"
#include "audit/settings.h"

/* A text that is too short, or one too many, is not added; `secret` outlives `secrets`. */
void secrets_add(struct recorder_secrets *secrets, struct slice secret);
/*
 * The cookies and tokens of both identities, and of every URL that was given the values of queries
 * whose names speak of a secret, as they stand there and decoded (into `arena`).
 */
void secrets_take(struct recorder_secrets *secrets, struct arena *arena,
		  const struct audit_settings *settings);

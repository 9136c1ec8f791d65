/* SPDX-License-Identifier: Apache-2.0 */
/* redact.h - secrets out of what is kept: their bytes become `*`. */
#pragma once

#include "audit/recorder.h"

bool redact_has(struct slice s, const struct recorder_secrets *secrets);
/* A copy without secrets; NULL where `s` is empty or there is no memory. */
char *redact_copy(struct arena *arena, struct slice s, const struct recorder_secrets *secrets);
/* `s` where it has none, else a copy without them. */
struct slice redact_text(struct arena *arena, struct slice s,
			 const struct recorder_secrets *secrets);
/* Which of the fields hold a secret: enum leak. */
unsigned redact_leaks(const struct http_field *fields, size_t n,
		      const struct recorder_secrets *secrets);
/*
 * The array as the arena's; with `secrets` the values too. Of Set-Cookie the value of the cookie is
 * masked in any case. Sets *count to 0 without memory.
 */
const struct http_field *redact_fields(struct arena *arena, const struct http_field *fields,
				       size_t *count, const struct recorder_secrets *secrets);
void redact_record(struct arena *arena, struct record *record,
		   const struct recorder_secrets *secrets);

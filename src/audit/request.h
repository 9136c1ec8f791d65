/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - what a probe sends, as bytes. */
#pragma once

#include "audit/exchange.h"

/* With `trusted` the secrets too. False: too large, or no memory. */
bool request_make_h1(const struct probe_spec *spec, bool trusted, struct buf *out);
/* The same over HTTP/2, names in lower case, without a body. */
bool request_make_h2(const struct probe_spec *spec, bool trusted,
		     const struct h2_survey_events *events, struct h2_survey **ret);

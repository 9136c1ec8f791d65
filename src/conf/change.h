/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change.h - what differs between two configurations, and what a running server cannot follow.
 */
#pragma once

#include "base/writer.h"
#include "conf/option.h"
#include "conf/settings.h"

/* True for an option that only a new process can change; so are all keys below it. */
bool conf_is_fixed(const struct conf_option *option);
/* True if all options whose path begins with `prefix` have the same value in both. */
bool conf_same(const struct settings *a, const struct settings *b, struct slice prefix);
/* Writes the paths of all fixed options that differ, with ", " between them; how many. */
size_t conf_put_fixed_changes(struct writer *w, const struct settings *before,
			      const struct settings *after);

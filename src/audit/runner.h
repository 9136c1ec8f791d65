/* SPDX-License-Identifier: Apache-2.0 */
/* runner.h - a whole audit on the wire: stage by stage, a few probes at once, always with an end.
 */
#pragma once

#include "audit/run.h"
#include "audit/settings.h"

/*
 * Sends the probes and fills `ret`, which audit_run_free gives back; its slices may point into
 * `settings`. Whatever the target does there is a run: what is missing is told by
 * run->shortage. Blocks for at most AUDIT_TIME_MS (AUDIT_QUICK_TIME_MS) and the soak, or until
 * stop_fd is readable. SIGPIPE must be ignored and resolver_init called. Errors: E_NOMEM.
 */
enum err audit_execute(const struct audit_settings *settings, struct audit_run *ret);
void audit_run_free(struct audit_run *run);

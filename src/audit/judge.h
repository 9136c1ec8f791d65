/* SPDX-License-Identifier: Apache-2.0 */
/* judge.h - all rules over all transcripts of a run. */
#pragma once

#include "audit/finding.h"
#include "audit/run.h"

/*
 * Fills `ret` (room for `cap`, AUDIT_MAX_FINDINGS is enough) and gives how many there are: for each
 * rule at least one, in the order of the rules; several where hops or variants differ. Pure.
 */
size_t audit_judge(const struct audit_run *run, struct finding *ret, size_t cap);

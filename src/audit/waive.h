/* SPDX-License-Identifier: Apache-2.0 */
/* waive.h - findings that do not count: of a former report, or by an ignore file with reasons. */
#pragma once

#include "audit/finding.h"
#include "audit/run.h"
#include "base/writer.h"

#define WAIVE_MAX_FILE (4u << 20) /* bytes of a baseline or an ignore file */

/*
 * Lines of "RULE [hop=NAME] [path=/PATH] until=YYYY-MM-DD # reason"; empty lines and lines that
 * begin with # are skipped. A row without a reason or a last day is refused, so that nothing is
 * waived for ever; one whose day is over has no effect, and a line in `told` says so. `today` is
 * Unix seconds. On E_SYNTAX `told` holds the fault in one line. With n 0 the text is checked alone.
 */
enum err waive_by_file(struct slice text, int64_t today, const struct audit_run *run,
		       struct finding *findings, size_t n, struct writer *told);
/*
 * A report of `sluice audit --format json`: what failed there, by rule and hop, is not counted
 * again. What failed there and passes now is a line in `told`. Lines that do not fit are left out.
 * Errors: E_SYNTAX (no such report).
 */
enum err waive_by_report(struct slice text, const struct audit_run *run, struct finding *findings,
			 size_t n, struct writer *told);

/* SPDX-License-Identifier: Apache-2.0 */
/* waive.h - findings that do not count: of a former report, or by an ignore file with reasons. */
#pragma once

#include "audit/finding.h"
#include "audit/run.h"
#include "base/writer.h"

#define WAIVE_MAX_FILE (4u << 20) /* bytes of a baseline or an ignore file */

/*
 * Lines of "RULE [hop=NAME] [until=YYYY-MM-DD] # reason"; empty lines and lines that begin with #
 * are skipped. A row without a reason is refused; one whose day is over has no effect any more.
 * `today` is Unix seconds. On E_SYNTAX `fault` holds one line for the person.
 */
enum err waive_by_file(struct slice text, int64_t today, const struct audit_run *run,
		       struct finding *findings, size_t n, struct writer *fault);
/*
 * A report of `sluice audit --format json`: what failed there, by rule and hop, is not counted
 * again. Errors: E_SYNTAX (no such report).
 */
enum err waive_by_report(struct slice text, const struct audit_run *run, struct finding *findings,
			 size_t n);

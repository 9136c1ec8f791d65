/* SPDX-License-Identifier: Apache-2.0 */
/* hostile.h - a judged run in which every text that a stranger may choose is the same bytes. */
#pragma once

#include "audit/report.h"

#define HOSTILE_FINDINGS    16u
#define HOSTILE_TRANSCRIPTS 3u

struct hostile {
	struct audit_run run;
	struct transcript transcripts[HOSTILE_TRANSCRIPTS];
	struct http_field fields[2];
	struct probe_read reads[2];
	struct finding findings[HOSTILE_FINDINGS];
	struct report report;
};

/* `bytes` must outlive it. Nothing is to be freed. */
void hostile_build(struct hostile *h, struct slice bytes);

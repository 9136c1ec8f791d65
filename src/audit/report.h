/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - a judged run as text for people and for programs. */
#pragma once

#include "audit/grade.h"
#include "base/writer.h"

#define REPORT_MAX (8u << 20) /* bytes; a report of AUDIT_MAX_FINDINGS fits */

#define REPORT_FORMAT_MAP(X)                                                                       \
	X(REPORT_TEXT, "text", report_text)                                                        \
	X(REPORT_JSON, "json", report_json)                                                        \
	X(REPORT_JSONL, "jsonl", report_jsonl)                                                     \
	X(REPORT_SARIF, "sarif", report_sarif)                                                     \
	X(REPORT_JUNIT, "junit", report_junit)                                                     \
	X(REPORT_MARKDOWN, "markdown", report_markdown)                                            \
	X(REPORT_GITHUB, "github", report_github)                                                  \
	X(REPORT_HTML, "html", report_html)

enum report_format {
#define X(symbol, name, put) symbol,
	REPORT_FORMAT_MAP(X)
#undef X
		REPORT_FORMAT_COUNT,
};

struct report {
	const struct audit_run *run;
	const struct finding *findings;
	size_t count;
	struct grade grade;
	enum severity fail_on; /* what is milder does not make a build fail */
	bool color;            /* REPORT_TEXT alone */
	uint64_t wall_ms;      /* when the audit began */
};

/* REPORT_FORMAT_COUNT: there is none of that name. */
enum report_format report_format_find(struct slice name);
/* With a line end behind it. w->overflow: it did not fit. */
void audit_report(struct writer *w, enum report_format format, const struct report *report);

/* For the files of the reports alone. */

#define X(symbol, name, put) void put(struct writer *w, const struct report *report);
REPORT_FORMAT_MAP(X)
#undef X

/* What matters first: fatal before info, then in the order of the rules. False at the end. */
struct report_walk {
	const struct report *report;
	enum verdict verdict;
	int severity; /* start with SEVERITY_FATAL */
	size_t at;
};
bool report_next(struct report_walk *walk, const struct finding **ret);
size_t report_count(const struct report *report, enum verdict verdict);
struct slice finding_evidence(const struct finding *f);
/* The fix for what was detected, else the rule's own. */
struct slice finding_fix(const struct finding *f);
struct slice finding_hop(const struct report *report, const struct finding *f);

#define FINDING_PARTS       5u
#define FINDING_MAX_REQUEST 1024u /* bytes; what is longer is left out */

/* What there is to say of a finding besides its title. */
struct finding_part {
	struct slice label; /* "Seen", "Request", "Why", "Fix", "Source" */
	struct slice text;
	bool quoted; /* it has words of strangers: shown as code */
};

/* Those that have text, in their order; gives how many. `request` backs one of them. */
size_t finding_parts(const struct report *report, const struct finding *f,
		     char request[FINDING_MAX_REQUEST], struct finding_part ret[FINDING_PARTS]);
/* "error, high confidence" */
void report_weight(struct writer *w, const struct finding *f);
/* It fails, is not ignored, and is as severe as report->fail_on. */
bool finding_counts(const struct report *report, const struct finding *f);
/*
 * Text of strangers: controls, characters without a shape that turn a text around, and U+FFFE and
 * U+FFFF as \xNN; what is not UTF-8 as U+FFFD.
 */
void report_visible(struct writer *w, struct slice s);
/* Why there is no grade; empty where there is one. */
struct slice report_shortage(const struct report *report);
/* "3 found, 90 passed, 20 not applicable, 1 not decided" */
void report_sums(struct writer *w, const struct report *report);
/* "after 2 ms; 5 events and 1 comments in 6.0 s" */
void report_arrival(struct writer *w, const struct transcript *t);
/* "GET /stream, Origin: null, Accept: ...": what a transcript sent, in one line. */
void report_request(struct writer *w, const struct transcript *t);
/* The table of hops: lines, and members of an object; nothing without --via. */
void report_hops_text(struct writer *w, const struct audit_run *run);
void report_hops_json(struct writer *w, const struct audit_run *run);
/* 12.3 s, 250 ms */
void report_time(struct writer *w, uint64_t ns);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_github.c - annotations of GitHub Actions: one workflow command a finding, worst first,
 * because a step shows ten of a kind and drops the rest.
 */
#include "audit/report.h"

#define MESSAGE_MAX (8u * (FINDING_MAX_EVIDENCE + FINDING_MAX_FIX) + 512u)

static struct slice command_of(enum severity severity)
{
	if (severity == SEVERITY_INFO)
		return SLICE("notice");
	return severity == SEVERITY_WARNING ? SLICE("warning") : SLICE("error");
}

/* What a workflow command would take for its own leaves as %XX; `more` are further bytes. */
static void put_escaped(struct writer *w, struct slice text, struct slice more)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		struct slice c = slice_upto(slice_from(text, i), 1);
		unsigned char byte = (unsigned char)text.ptr[i];

		if (byte >= ' ' && byte != '%' && !slice_has_any(c, more)) {
			put(w, c);
			continue;
		}
		put_char(w, '%');
		put_char(w, digits[byte >> 4]);
		put_char(w, digits[byte & 15]);
	}
}

static void put_message(struct writer *w, const struct report *r, const struct finding *f)
{
	if (f->hop != 0) {
		put(w, SLICE("at "));
		report_visible(w, finding_hop(r, f));
		put(w, SLICE(": "));
	}
	report_visible(w, finding_evidence(f));
	put(w, f->evidence_len > 0 ? SLICE("\nFix: ") : SLICE("Fix: "));
	report_visible(w, finding_fix(f));
}

static void put_finding(struct writer *w, const struct report *r, const struct finding *f)
{
	char text[MESSAGE_MAX];
	struct writer message;

	writer_init(&message, text, sizeof(text));
	put_message(&message, r, f);
	put(w, SLICE("::"));
	put(w, command_of(f->severity));
	put(w, SLICE(" title="));
	put(w, f->rule->id);
	put_char(w, ' ');
	put_escaped(w, f->rule->title, SLICE(":,"));
	put(w, SLICE("::"));
	put_escaped(w, writer_slice(&message), SLICE(""));
	put_char(w, '\n');
}

/* One line for all: a notice each would push the findings out of sight. */
static void put_undecided(struct writer *w, const struct report *r)
{
	struct report_walk walk = {r, VERDICT_INCONCLUSIVE, SEVERITY_FATAL, 0};
	const struct finding *f;

	if (report_count(r, VERDICT_INCONCLUSIVE) == 0)
		return;
	put(w, SLICE("::notice title=sluice audit::not decided:"));
	while (report_next(&walk, &f)) {
		put_char(w, ' ');
		put(w, f->rule->id);
	}
	put_char(w, '\n');
}

void report_github(struct writer *w, const struct report *r)
{
	struct report_walk walk = {r, VERDICT_FAIL, SEVERITY_FATAL, 0};
	const struct finding *f;

	while (report_next(&walk, &f)) {
		if (!f->ignored)
			put_finding(w, r, f);
	}
	put_undecided(w, r);
	put(w, r->grade.given ? SLICE("::notice title=sluice audit::grade ")
			      : SLICE("::warning title=sluice audit::no grade: "));
	put(w, r->grade.given ? r->grade.letter : report_shortage(r));
	put_char(w, '\n');
}

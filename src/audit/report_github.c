/* SPDX-License-Identifier: Apache-2.0 */
/* report_github.c - annotations of GitHub Actions: one workflow command a finding. */
#include "audit/report.h"

static struct slice command_of(const struct finding *f)
{
	if (f->verdict == VERDICT_INCONCLUSIVE || f->severity == SEVERITY_INFO)
		return SLICE("notice");
	return f->severity == SEVERITY_WARNING ? SLICE("warning") : SLICE("error");
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

static void put_finding(struct writer *w, const struct report *r, const struct finding *f)
{
	put(w, SLICE("::"));
	put(w, command_of(f));
	put(w, SLICE(" title="));
	put(w, f->rule->id);
	put_char(w, ' ');
	put_escaped(w, f->rule->title, SLICE(":,"));
	put(w, SLICE("::"));
	if (f->verdict == VERDICT_INCONCLUSIVE)
		put(w, SLICE("not decided: "));
	if (f->hop != 0) {
		put(w, SLICE("at "));
		put_escaped(w, finding_hop(r, f), SLICE(""));
		put(w, SLICE(": "));
	}
	put_escaped(w, finding_evidence(f), SLICE(""));
	put(w, SLICE("%0AFix: "));
	put_escaped(w, finding_fix(f), SLICE(""));
	put_char(w, '\n');
}

static void put_all(struct writer *w, const struct report *r, enum verdict verdict)
{
	struct report_walk walk = {.report = r, .verdict = verdict, .severity = SEVERITY_FATAL};
	const struct finding *f;

	while (report_next(&walk, &f))
		if (!f->ignored)
			put_finding(w, r, f);
}

void report_github(struct writer *w, const struct report *r)
{
	put_all(w, r, VERDICT_FAIL);
	put_all(w, r, VERDICT_INCONCLUSIVE);
	put(w, r->grade.given ? SLICE("::notice title=sluice audit::grade ")
			      : SLICE("::warning title=sluice audit::no grade: "));
	put(w, r->grade.given ? r->grade.letter : report_shortage(r));
	put_char(w, '\n');
}

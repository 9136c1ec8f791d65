/* SPDX-License-Identifier: Apache-2.0 */
/* report_junit.c - JUnit XML: a rule is a test case; notes do not fail it. */
#include "audit/markup.h"
#include "audit/report.h"

static bool is_failure(const struct finding *f)
{
	return f->verdict == VERDICT_FAIL && f->severity > SEVERITY_INFO && !f->ignored;
}

static bool is_skipped(const struct finding *f)
{
	return f->verdict == VERDICT_NA || f->verdict == VERDICT_INCONCLUSIVE || f->ignored;
}

static size_t count_of(const struct report *r, bool (*is)(const struct finding *))
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += is(&r->findings[i]);
	return n;
}

static void put_attribute(struct writer *w, struct slice name, struct slice value)
{
	put_char(w, ' ');
	put(w, name);
	put(w, SLICE("=\""));
	put_markup(w, value);
	put_char(w, '"');
}

static void put_count(struct writer *w, struct slice name, size_t n)
{
	put_char(w, ' ');
	put(w, name);
	put(w, SLICE("=\""));
	put_u64(w, n);
	put_char(w, '"');
}

static void put_element(struct writer *w, struct slice name, struct slice type,
			const struct finding *f)
{
	put(w, SLICE("<"));
	put(w, name);
	put_attribute(w, SLICE("type"), type);
	put_attribute(w, SLICE("message"), f->rule->title);
	put(w, SLICE(">"));
	put_markup(w, finding_evidence(f));
	put(w, SLICE("&#10;Fix: "));
	put_markup(w, finding_fix(f));
	put(w, SLICE("</"));
	put(w, name);
	put(w, SLICE(">"));
}

static void put_skipped(struct writer *w, const struct finding *f)
{
	put(w, SLICE("<skipped"));
	put_attribute(w, SLICE("message"),
		      f->ignored ? SLICE("ignored") : verdict_name(f->verdict));
	put(w, SLICE("/>"));
}

static void put_case(struct writer *w, const struct report *r, const struct finding *f)
{
	put(w, SLICE("<testcase classname=\"sluice.audit."));
	put_markup(w, f->rule->area);
	put(w, SLICE("\" name=\""));
	put(w, f->rule->id);
	put_char(w, ' ');
	put_markup(w, f->rule->title);
	if (f->hop != 0) {
		put(w, SLICE(" at "));
		put_markup(w, finding_hop(r, f));
	}
	put(w, SLICE("\">"));
	if (is_failure(f))
		put_element(w, SLICE("failure"), severity_name(f->severity), f);
	else if (is_skipped(f))
		put_skipped(w, f);
	else if (f->verdict == VERDICT_FAIL) {
		put(w, SLICE("<system-out>note: "));
		put_markup(w, finding_evidence(f));
		put(w, SLICE("</system-out>"));
	}
	put(w, SLICE("</testcase>\n"));
}

void report_junit(struct writer *w, const struct report *r)
{
	put(w, SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite"));
	put_attribute(w, SLICE("name"), r->run->target);
	put_count(w, SLICE("tests"), r->count);
	put_count(w, SLICE("failures"), count_of(r, is_failure));
	put_count(w, SLICE("errors"), audit_run_is_partial(r->run));
	put_count(w, SLICE("skipped"), count_of(r, is_skipped));
	put(w, SLICE(">\n"));
	for (size_t i = 0; i < r->count; i++)
		put_case(w, r, &r->findings[i]);
	if (audit_run_is_partial(r->run)) {
		put(w,
		    SLICE("<testcase classname=\"sluice.audit\" name=\"the whole audit\"><error"));
		put_attribute(w, SLICE("message"), report_shortage(r));
		put(w, SLICE("/></testcase>\n"));
	}
	put(w, SLICE("</testsuite>\n</testsuites>\n"));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_junit.c - JUnit XML: a rule is a test case. It fails where --fail-on makes the audit fail,
 * so that a build does not turn red in one place and green in the other.
 */
#include "audit/markup.h"
#include "audit/report.h"

static bool is_failure(const struct report *r, const struct finding *f)
{
	return finding_counts(r, f);
}

/* Not a pass: it was not tried, not decided, waived, or is milder than what fails a build. */
static bool is_skipped(const struct report *r, const struct finding *f)
{
	return f->verdict != VERDICT_PASS && !is_failure(r, f);
}

static size_t count_of(const struct report *r,
		       bool (*is)(const struct report *, const struct finding *))
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += is(r, &r->findings[i]);
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

static void put_failure(struct writer *w, const struct finding *f)
{
	put(w, SLICE("<failure"));
	put_attribute(w, SLICE("type"), severity_name(f->severity));
	put_attribute(w, SLICE("message"), f->rule->title);
	put_char(w, '>');
	put_markup(w, finding_evidence(f));
	put(w, SLICE("&#10;Fix: "));
	put_markup(w, finding_fix(f));
	put(w, SLICE("</failure>"));
}

static struct slice reason_of(const struct finding *f)
{
	if (f->ignored)
		return SLICE("ignored");
	if (f->verdict == VERDICT_INCONCLUSIVE)
		return SLICE("not decided");
	return f->verdict == VERDICT_NA ? SLICE("not applicable") : severity_name(f->severity);
}

static void put_skipped(struct writer *w, const struct finding *f)
{
	put(w, SLICE("<skipped"));
	put_attribute(w, SLICE("message"), reason_of(f));
	put_char(w, '>');
	put_markup(w, finding_evidence(f));
	put(w, SLICE("</skipped>"));
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
	if (is_failure(r, f))
		put_failure(w, f);
	else if (is_skipped(r, f))
		put_skipped(w, f);
	put(w, SLICE("</testcase>\n"));
}

void report_junit(struct writer *w, const struct report *r)
{
	put(w, SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite"));
	put_attribute(w, SLICE("name"), r->run->target);
	put_count(w, SLICE("tests"), r->count + audit_run_is_partial(r->run));
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

/* SPDX-License-Identifier: Apache-2.0 */
/* report_text.c - the report that a person reads in a terminal. */
#include "audit/report.h"

#define WIDTH  96u
#define INDENT 10u

static void paint(struct writer *w, const struct report *r, struct slice code)
{
	if (!r->color)
		return;
	put(w, SLICE("\033["));
	put(w, code);
	put_char(w, 'm');
}

static struct slice color_of(enum severity severity)
{
	switch (severity) {
	case SEVERITY_FATAL:
		return SLICE("1;31");
	case SEVERITY_ERROR:
		return SLICE("31");
	case SEVERITY_WARNING:
		return SLICE("33");
	case SEVERITY_INFO:
		break;
	}
	return SLICE("36");
}

static void put_spaces(struct writer *w, size_t n)
{
	while (n-- > 0)
		put_char(w, ' ');
}

static void put_padded(struct writer *w, struct slice s, size_t width)
{
	put(w, s);
	put_spaces(w, s.len < width ? width - s.len : 1);
}

/* Words of `text` in lines of WIDTH, the later ones indented. */
static void put_wrapped(struct writer *w, struct slice text)
{
	size_t at = INDENT;
	bool first = true;

	while (text.len > 0) {
		struct slice word = slice_cut(&text, ' ');

		if (word.len == 0)
			continue;
		if (!first && at + 1 + word.len > WIDTH) {
			put_char(w, '\n');
			put_spaces(w, INDENT);
			at = INDENT;
		} else if (!first) {
			put_char(w, ' ');
			at++;
		}
		report_visible(w, word);
		at += word.len;
		first = false;
	}
	put_char(w, '\n');
}

static void put_part(struct writer *w, struct slice label, struct slice text)
{
	if (text.len == 0)
		return;
	put(w, SLICE("   "));
	put_padded(w, label, INDENT - 3);
	put_wrapped(w, text);
}

static void put_how(struct writer *w, const struct transcript *t)
{
	put(w, t->proxied ? SLICE("a proxy at ") : SLICE(""));
	report_visible(w, t->address);
	if (transcript_answered(t))
		put(w, t->h2 ? SLICE(", HTTP/2") : SLICE(", HTTP/1."));
	if (transcript_answered(t) && !t->h2)
		put_u64(w, t->minor);
	if (t->tls.used) {
		put(w, SLICE(", "));
		put(w, t->tls.version);
		put(w, t->tls.trusted ? SLICE("") : SLICE(" (certificate not trusted)"));
	}
	put_char(w, '\n');
}

static void put_answer(struct writer *w, const struct transcript *t)
{
	put(w, SLICE("answered  "));
	put_u64(w, t->status);
	put_char(w, ' ');
	report_visible(w, transcript_field(t, SLICE("content-type")));
	put_char(w, ' ');
	report_arrival(w, t);
	put_char(w, '\n');
}

static void put_failure(struct writer *w, const struct transcript *t)
{
	put(w, SLICE("no answer "));
	put(w, outcome_text(t->outcome));
	if (t->detail.len > 0) {
		put(w, SLICE(": "));
		report_visible(w, t->detail);
	}
	put_char(w, '\n');
}

static void put_target(struct writer *w, const struct report *r)
{
	const struct transcript *t = audit_find(r->run, PROBE_BASELINE);

	put(w, SLICE("target    "));
	report_visible(w, r->run->target);
	put(w, SLICE("  (profile "));
	put(w, audit_profile_name(r->run->profile));
	put(w, r->run->quick ? SLICE(", quick)\n") : SLICE(")\n"));
	if (!t)
		return;
	if (t->address.len > 0) {
		put(w, SLICE("through   "));
		put_how(w, t);
	}
	if (transcript_answered(t))
		put_answer(w, t);
	else
		put_failure(w, t);
	for (size_t i = 1; i < r->run->hop_count; i++) {
		put(w, SLICE("via       "));
		report_visible(w, r->run->hops[i].name);
		put_char(w, ' ');
		report_visible(w, r->run->hops[i].url);
		put_char(w, '\n');
	}
}

static void put_grade(struct writer *w, const struct report *r)
{
	put_char(w, '\n');
	if (!r->grade.given) {
		paint(w, r, SLICE("1"));
		put(w, SLICE("no grade: the report is partial, "));
		put(w, report_shortage(r));
		paint(w, r, SLICE("0"));
		put_char(w, '\n');
		return;
	}
	paint(w, r, SLICE("1"));
	put(w, SLICE("grade     "));
	put(w, r->grade.letter);
	paint(w, r, SLICE("0"));
	put(w, SLICE("  ("));
	for (size_t i = 0; i < SCORE_COUNT; i++) {
		put(w, i > 0 ? SLICE(", ") : SLICE(""));
		put(w, score_name((enum score)i));
		put_char(w, ' ');
		put(w, r->grade.letters[i]);
	}
	put(w, SLICE(")\n"));
}

static void put_finding(struct writer *w, const struct report *r, const struct finding *f)
{
	put_char(w, '\n');
	paint(w, r, color_of(f->severity));
	put_padded(w, severity_name(f->severity), INDENT - 2);
	put(w, SLICE("  "));
	put(w, f->rule->id);
	paint(w, r, SLICE("0"));
	put(w, SLICE("  "));
	put(w, f->rule->title);
	if (r->run->hop_count > 1) {
		put(w, SLICE("  ["));
		report_visible(w, finding_hop(r, f));
		put_char(w, ']');
	}
	if (f->confidence != CONFIDENCE_HIGH) {
		put(w, SLICE("  ("));
		put(w, confidence_name(f->confidence));
		put(w, SLICE(" confidence)"));
	}
	put(w, f->ignored ? SLICE("  (ignored)\n") : SLICE("\n"));
	put_part(w, SLICE("seen"), finding_evidence(f));
	put_part(w, SLICE("why"), f->rule->why);
	put_part(w, SLICE("fix"), finding_fix(f));
}

static void put_inconclusive(struct writer *w, const struct report *r)
{
	struct report_walk walk = {r, VERDICT_INCONCLUSIVE, SEVERITY_FATAL, 0};
	const struct finding *f;
	bool any = false;

	while (report_next(&walk, &f)) {
		put(w, any ? SLICE("") : SLICE("\nnot decided\n"));
		any = true;
		put(w, SLICE("   "));
		put(w, f->rule->id);
		put(w, SLICE("   "));
		put_wrapped(w, f->evidence_len > 0 ? finding_evidence(f) : f->rule->title);
	}
}

static void put_sum(struct writer *w, const struct report *r)
{
	put_char(w, '\n');
	report_sums(w, r);
	put(w, SLICE("; "));
	put_u64(w, r->run->requests);
	put(w, SLICE(" requests in "));
	report_time(w, r->run->duration_ns);
	put_char(w, '\n');
}

void report_text(struct writer *w, const struct report *r)
{
	struct report_walk walk = {r, VERDICT_FAIL, SEVERITY_FATAL, 0};
	const struct finding *f;

	put_target(w, r);
	put_grade(w, r);
	report_hops_text(w, r->run);
	while (report_next(&walk, &f))
		put_finding(w, r, f);
	/* Without an answer nothing is decided, and a list of all rules tells nothing. */
	if (r->run->shortage != SHORTAGE_UNREACHABLE)
		put_inconclusive(w, r);
	put_sum(w, r);
}

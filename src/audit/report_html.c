/* SPDX-License-Identifier: Apache-2.0 */
/* report_html.c - one page that needs nothing else: no script, no request, a strict policy. */
#include "audit/hops.h"
#include "audit/markup.h"
#include "audit/report_plot.h"
#include "base/text.h"

/* A test holds the two together: the page's own policy lets in this style and nothing else. */
#define STYLE                                                                                      \
	"body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;" \
	"color:#1c2733;background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}"  \
	"code,td,th{overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}"             \
	"td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d5dde5}"               \
	".grade{font-size:3.2rem;font-weight:700;line-height:1}details{border:1px solid #d5dde5;"  \
	"border-left-width:.4rem;border-radius:.3rem;margin:.5rem 0;padding:.4rem .8rem}"          \
	"summary{cursor:pointer;font-weight:600}dl{margin:.5rem 0}dt{font-weight:600;float:left;"  \
	"width:6rem}dd{margin:0 0 .3rem 6.5rem;overflow-wrap:anywhere}.fatal,.error{border-left-"  \
	"color:#c0262d}.warning{border-left-color:#c77700}.info,.open{border-left-color:#3b73b9}"  \
	".tag{font-size:.75rem;font-weight:400;color:#526170}svg{width:100%;height:auto}"          \
	"svg text{font-size:170px;fill:#1c2733}.time{text-anchor:middle;fill:#526170}"             \
	".read{fill:#3b73b9}.head{fill:#2e8540;color:#2e8540}.end{fill:#c0262d;color:#c0262d}"     \
	"table+table{margin-top:1rem}.grid{fill:#e6ebf0}.floor{fill:#aab7c4}.legend{color:#"       \
	"526170;font-size:.85rem}"

#define STYLE_HASH "sha256-nqctnJTuxPQtUp6HxgcDIrbP0t/gZ2JOyaq2Tw3VTLM="

static void put_row(struct writer *w, struct slice label, struct slice text)
{
	if (text.len == 0)
		return;
	put(w, SLICE("<dt>"));
	put(w, label);
	put(w, SLICE("</dt><dd>"));
	put_markup(w, text);
	put(w, SLICE("</dd>"));
}

static void put_request_row(struct writer *w, const struct report *r, const struct finding *f)
{
	char text[1024];
	struct writer line;

	if (f->transcript >= r->run->transcript_count)
		return;
	writer_init(&line, text, sizeof(text));
	report_request(&line, &r->run->transcripts[f->transcript]);
	if (!line.overflow)
		put_row(w, SLICE("Request"), writer_slice(&line));
}

static void put_summary(struct writer *w, const struct report *r, const struct finding *f)
{
	put(w, SLICE("<summary>"));
	put(w, f->rule->id);
	put_char(w, ' ');
	put_markup(w, f->rule->title);
	put(w, SLICE(" <span class=\"tag\">"));
	put(w, severity_name(f->severity));
	put(w, SLICE(", "));
	put(w, confidence_name(f->confidence));
	put(w, SLICE(" confidence"));
	if (f->hop != 0) {
		put(w, SLICE(", at "));
		put_markup(w, finding_hop(r, f));
	}
	put(w, f->ignored ? SLICE(", ignored</span></summary>") : SLICE("</span></summary>"));
}

static void put_finding(struct writer *w, const struct report *r, const struct finding *f)
{
	bool open = f->verdict == VERDICT_FAIL && f->severity >= SEVERITY_ERROR && !f->ignored;

	put(w, SLICE("<details class=\""));
	put(w, f->verdict == VERDICT_FAIL ? severity_name(f->severity) : SLICE("open"));
	put(w, open ? SLICE("\" open>") : SLICE("\">"));
	put_summary(w, r, f);
	put(w, SLICE("<dl>"));
	put_row(w, SLICE("Seen"), finding_evidence(f));
	put_request_row(w, r, f);
	put_row(w, SLICE("Why"), f->rule->why);
	put_row(w, SLICE("Fix"), finding_fix(f));
	put_row(w, SLICE("Source"), f->rule->source);
	put(w, SLICE("</dl></details>\n"));
}

static void put_group(struct writer *w, const struct report *r, enum verdict verdict,
		      struct slice heading)
{
	struct report_walk walk = {.report = r, .verdict = verdict, .severity = SEVERITY_FATAL};
	const struct finding *f;

	if (report_count(r, verdict) == 0)
		return;
	put(w, heading);
	while (report_next(&walk, &f))
		put_finding(w, r, f);
}

static void put_scores(struct writer *w, const struct report *r)
{
	if (!r->grade.given) {
		put(w, SLICE("<p class=\"grade\">?</p><p>No grade: "));
		put(w, report_shortage(r));
		put(w, SLICE(".</p>\n"));
		return;
	}
	put(w, SLICE("<p class=\"grade\">"));
	put(w, r->grade.letter);
	put(w, SLICE("</p>\n<table><tr><th>Score</th><th>Grade</th><th>Points</th></tr>"));
	for (int i = 0; i < SCORE_COUNT; i++) {
		put(w, SLICE("<tr><td>"));
		put(w, score_name((enum score)i));
		put(w, SLICE("</td><td>"));
		put(w, r->grade.letters[i]);
		put(w, SLICE("</td><td>"));
		put_u64(w, r->grade.points[i]);
		put(w, SLICE("</td></tr>"));
	}
	put(w, SLICE("</table>\n"));
}

static void put_cell(struct writer *w, struct slice text)
{
	put(w, SLICE("<td>"));
	put_markup(w, text.ptr != NULL ? slice_upto(text, 120) : SLICE("-"));
	put(w, SLICE("</td>"));
}

static void put_hop(struct writer *w, const struct report *r, const struct hop_row *row)
{
	put(w, SLICE("<tr>"));
	put_cell(w, r->run->hops[row->hop].name);
	put_cell(w, hop_shape_name(row->shape));
	put_cell(w, hop_coded_name(row->coded));
	put(w, SLICE("<td>"));
	put_u64(w, row->delivery.bursts);
	put(w, SLICE("</td><td>"));
	put_u64(w, row->delivery.median_events);
	put(w, SLICE("</td><td>"));
	report_time(w, row->delivery.silence_ns);
	put(w, SLICE("</td></tr>\n"));
}

static void put_change(struct writer *w, const struct report *r, const struct hop_change *c)
{
	put(w, SLICE("<tr>"));
	put_cell(w, r->run->hops[c->hop].name);
	put_cell(w, hop_change_name(c->kind));
	put_cell(w, c->field);
	put_cell(w, c->before);
	put_cell(w, c->after);
	put(w, SLICE("</tr>\n"));
}

static void put_changes(struct writer *w, const struct report *r, const struct hop_table *table)
{
	if (table->change_count == 0) {
		put(w, SLICE("<p>No hop changed a field or held anything back.</p>\n"));
		return;
	}
	put(w, SLICE("<table><tr><th>Hop</th><th>Did</th><th>Field</th><th>Before</th>"
		     "<th>Behind</th></tr>\n"));
	for (size_t i = 0; i < table->change_count; i++)
		put_change(w, r, &table->changes[i]);
	put(w, SLICE("</table>\n"));
}

static void put_hops(struct writer *w, const struct report *r)
{
	struct hop_table table;

	hops_compare(r->run, &table);
	if (table.count == 0)
		return;
	put(w, SLICE("<h2>Hops</h2>\n<table><tr><th>Hop</th><th>Events come</th><th>With gzip</th>"
		     "<th>Bursts</th><th>Events a burst</th><th>Silence</th></tr>\n"));
	for (size_t i = 0; i < table.count; i++)
		put_hop(w, r, &table.rows[i]);
	put(w, SLICE("</table>\n"));
	put_changes(w, r, &table);
}

static void put_counts(struct writer *w, const struct report *r)
{
	put(w, SLICE("<p>Profile "));
	put(w, audit_profile_name(r->run->profile));
	put(w, SLICE(", "));
	put_rfc3339(w, r->wall_ms);
	put(w, SLICE(": "));
	put_u64(w, report_count(r, VERDICT_FAIL));
	put(w, SLICE(" found, "));
	put_u64(w, report_count(r, VERDICT_PASS));
	put(w, SLICE(" passed, "));
	put_u64(w, report_count(r, VERDICT_NA));
	put(w, SLICE(" not applicable, "));
	put_u64(w, report_count(r, VERDICT_INCONCLUSIVE));
	put(w, SLICE(" not decided, in "));
	put_u64(w, r->run->requests);
	put(w, SLICE(" requests and "));
	report_time(w, r->run->duration_ns);
	put(w, SLICE(".</p>\n"));
}

void report_html(struct writer *w, const struct report *r)
{
	put(w, SLICE("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		     "style-src '" STYLE_HASH "'\"><meta name=\"viewport\" "
		     "content=\"width=device-width\"><title>sluice audit: "));
	put_markup(w, r->run->target);
	put(w, SLICE("</title><style>" STYLE "</style></head>\n<body><h1>Audit of <code>"));
	put_markup(w, r->run->target);
	put(w, SLICE("</code></h1>\n"));
	put_scores(w, r);
	put_counts(w, r);
	report_plot(w, r);
	put_hops(w, r);
	put_group(w, r, VERDICT_FAIL, SLICE("<h2>Found</h2>\n"));
	put_group(w, r, VERDICT_INCONCLUSIVE, SLICE("<h2>Not decided</h2>\n"));
	put(w, SLICE("</body></html>\n"));
}

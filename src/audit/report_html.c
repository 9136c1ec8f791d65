/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_html.c - one page that needs nothing else: no script, no request, a strict policy. It
 * reads the same without its colors, in light and in dark.
 */
#include "audit/hops.h"
#include "audit/markup.h"
#include "audit/report_plot.h"
#include "base/text.h"
#include "base/utf8.h"

#define STYLE                                                                                      \
	":root{color-scheme:light dark;--ink:#1c2733;--soft:#526170;--line:#d5dde5;"               \
	"--paper:#fff;--bad:#b3232a;--warn:#8a5300;--note:#2a5fa0;--good:#22703a}"                 \
	"@media(prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#a7b3bf;--line:#3a4652;"     \
	"--paper:#14191f;--bad:#ff8a8a;--warn:#f0b45a;--note:#86b7f5;--good:#7ad197}}"             \
	"body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;" \
	"color:var(--ink);background:var(--paper)}h1{font-size:1.5rem;overflow-wrap:anywhere}"     \
	"h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem;margin:0}"                          \
	"code,td,th,dd{overflow-wrap:anywhere}table{border-collapse:collapse;width:100%;"          \
	"margin:.6rem 0}td,th{text-align:left;padding:.3rem .6rem;"                                \
	"border-bottom:1px solid var(--line);vertical-align:top}.soft{color:var(--soft);"          \
	"font-size:.87rem}.grade{font-size:2.6rem;font-weight:700;line-height:1.1;margin:.5rem 0}" \
	"article{border:1px solid var(--line);border-left:.4rem solid var(--note);"                \
	"border-radius:.3rem;margin:.7rem 0;padding:.5rem .9rem}.fatal,.error{border-left-color:"  \
	"var(--bad)}.warning{border-left-color:var(--warn)}.ignored{border-left-style:dotted}"     \
	"dl{margin:.5rem 0;display:grid;grid-template-columns:6.5rem 1fr;gap:.25rem .5rem}"        \
	"dt{font-weight:600}dd{margin:0}summary{cursor:pointer}svg{width:100%;height:auto}"        \
	"svg text{font-size:165px;fill:var(--ink)}svg .time{text-anchor:middle;fill:var(--soft)}"  \
	".read{fill:var(--note)}.head{fill:none;stroke:var(--good);stroke-width:28}"               \
	".end{fill:none;stroke:var(--bad);stroke-width:32}.grid{fill:var(--line)}"                 \
	".floor{fill:var(--soft)}"

/* Of STYLE; a test holds the two together. */
#define STYLE_HASH "sha256-NNYRRDD1xDOSgcVJtjEtAAliapFcStjEn4iXpgSrQqU="

static void put_row(struct writer *w, struct slice label, struct slice text)
{
	if (text.len == 0)
		return;
	put(w, SLICE("<dt>"));
	put(w, label);
	put(w, SLICE("</dt><dd>"));
	put_markup(w, text);
	put(w, SLICE("</dd>\n"));
}

/* What strangers said. */
static void put_code_row(struct writer *w, struct slice label, struct slice text)
{
	if (text.len == 0)
		return;
	put(w, SLICE("<dt>"));
	put(w, label);
	put(w, SLICE("</dt><dd><code>"));
	put_markup(w, text);
	put(w, SLICE("</code></dd>\n"));
}

/* The severity in words, so that the color of the edge adds nothing. */
static void put_heading(struct writer *w, const struct report *r, const struct finding *f)
{
	put(w, SLICE("<h3>"));
	put(w, f->rule->id);
	put_char(w, ' ');
	put_markup(w, f->rule->title);
	put(w, SLICE("</h3><p class=\"soft\">"));
	report_weight(w, f);
	if (f->hop != 0) {
		put(w, SLICE(", at "));
		put_markup(w, finding_hop(r, f));
	}
	put(w, f->ignored ? SLICE(", ignored</p>\n") : SLICE("</p>\n"));
}

static void put_finding(struct writer *w, const struct report *r, const struct finding *f)
{
	struct finding_part parts[FINDING_PARTS];
	char request[FINDING_MAX_REQUEST];
	size_t count = finding_parts(r, f, request, parts);

	put(w, SLICE("<article class=\""));
	put(w, severity_name(f->severity));
	put(w, f->ignored ? SLICE(" ignored\">") : SLICE("\">"));
	put_heading(w, r, f);
	put(w, SLICE("<dl>"));
	for (size_t i = 0; i < count; i++) {
		if (parts[i].quoted)
			put_code_row(w, parts[i].label, parts[i].text);
		else
			put_row(w, parts[i].label, parts[i].text);
	}
	put(w, SLICE("</dl></article>\n"));
}

static void put_found(struct writer *w, const struct report *r)
{
	struct report_walk walk = {r, VERDICT_FAIL, SEVERITY_FATAL, 0};
	const struct finding *f;

	put(w, SLICE("<section><h2>Found</h2>\n"));
	if (report_count(r, VERDICT_FAIL) == 0)
		put(w, SLICE("<p>Nothing.</p>\n"));
	while (report_next(&walk, &f))
		put_finding(w, r, f);
	put(w, SLICE("</section>\n"));
}

/* Rules in one line each, behind a lid. */
static void put_list(struct writer *w, const struct report *r, enum verdict verdict,
		     struct slice heading)
{
	struct report_walk walk = {r, verdict, SEVERITY_FATAL, 0};
	const struct finding *f;

	if (report_count(r, verdict) == 0)
		return;
	put(w, SLICE("<details><summary>"));
	put(w, heading);
	put(w, SLICE(" ("));
	put_u64(w, report_count(r, verdict));
	put(w, SLICE(")</summary><dl>\n"));
	while (report_next(&walk, &f))
		put_row(w, f->rule->id,
			verdict == VERDICT_INCONCLUSIVE && f->evidence_len > 0 ? finding_evidence(f)
									       : f->rule->title);
	put(w, SLICE("</dl></details>\n"));
}

static void put_scores(struct writer *w, const struct report *r)
{
	if (!r->grade.given) {
		put(w, SLICE("<p class=\"grade\">No grade</p><p>The report is partial: "));
		put(w, report_shortage(r));
		put(w, SLICE(".</p>\n"));
		return;
	}
	put(w, SLICE("<p class=\"grade\">Grade "));
	put(w, r->grade.letter);
	put(w, SLICE("</p>\n<table><thead><tr><th scope=\"col\">Score</th><th scope=\"col\">Grade"
		     "</th><th scope=\"col\">Points</th></tr></thead><tbody>"));
	for (int i = 0; i < SCORE_COUNT; i++) {
		put(w, SLICE("<tr><th scope=\"row\">"));
		put(w, score_name((enum score)i));
		put(w, SLICE("</th><td>"));
		put(w, r->grade.letters[i]);
		put(w, SLICE("</td><td>"));
		put_u64(w, r->grade.points[i]);
		put(w, SLICE("</td></tr>"));
	}
	put(w, SLICE("</tbody></table>\n"));
}

/* What the baseline met. */
static void put_baseline(struct writer *w, const struct report *r)
{
	const struct transcript *t = audit_find(r->run, PROBE_BASELINE);

	if (t == NULL)
		return;
	put(w, SLICE("<dl>"));
	put_code_row(w, t->proxied ? SLICE("Address of the proxy") : SLICE("Address"), t->address);
	put_row(w, SLICE("TLS"), t->tls.version);
	put(w, SLICE("<dt>Answer</dt><dd>"));
	if (transcript_answered(t)) {
		put_u64(w, t->status);
		put(w, SLICE(" <code>"));
		put_markup(w, transcript_field(t, SLICE("content-type")));
		put(w, SLICE("</code> "));
		report_arrival(w, t);
	} else {
		put(w, outcome_text(t->outcome));
		put(w, t->detail.len > 0 ? SLICE(": ") : SLICE(""));
		put_markup(w, t->detail);
	}
	put(w, SLICE("</dd></dl>\n"));
}

static void put_cell(struct writer *w, struct slice text)
{
	put(w, SLICE("<td>"));
	put_markup(w, text.ptr != NULL ? utf8_truncate(text, 120) : SLICE("-"));
	put(w, SLICE("</td>"));
}

static void put_hop(struct writer *w, const struct report *r, const struct hop_row *row)
{
	put(w, SLICE("<tr><th scope=\"row\">"));
	put_markup(w, r->run->hops[row->hop].name);
	put(w, SLICE("</th>"));
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
	put(w, SLICE("<tr><th scope=\"row\">"));
	put_markup(w, r->run->hops[c->hop].name);
	put(w, SLICE("</th>"));
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
	put(w, SLICE("<table><thead><tr><th scope=\"col\">Hop</th><th scope=\"col\">Did</th>"
		     "<th scope=\"col\">Field</th><th scope=\"col\">Before</th>"
		     "<th scope=\"col\">Behind</th></tr></thead><tbody>\n"));
	for (size_t i = 0; i < table->change_count; i++)
		put_change(w, r, &table->changes[i]);
	put(w, SLICE("</tbody></table>\n"));
}

static void put_hops(struct writer *w, const struct report *r)
{
	struct hop_table table;

	hops_compare(r->run, &table);
	if (table.count == 0)
		return;
	put(w, SLICE("<section><h2>Hops</h2>\n<table><thead><tr><th scope=\"col\">Hop</th>"
		     "<th scope=\"col\">Events come</th><th scope=\"col\">With gzip</th>"
		     "<th scope=\"col\">Bursts</th><th scope=\"col\">Events a burst</th>"
		     "<th scope=\"col\">Silence</th></tr></thead><tbody>\n"));
	for (size_t i = 0; i < table.count; i++)
		put_hop(w, r, &table.rows[i]);
	put(w, SLICE("</tbody></table>\n"));
	put_changes(w, r, &table);
	put(w, SLICE("</section>\n"));
}

static void put_counts(struct writer *w, const struct report *r)
{
	put(w, SLICE("<p class=\"soft\">sluice " SLUICE_VERSION ", profile "));
	put(w, audit_profile_name(r->run->profile));
	put(w, SLICE(", "));
	put_rfc3339(w, r->wall_ms);
	put(w, SLICE(": "));
	report_sums(w, r);
	put(w, SLICE(", in "));
	put_u64(w, r->run->requests);
	put(w, SLICE(" requests and "));
	report_time(w, r->run->duration_ns);
	put(w, SLICE(".</p>\n"));
}

void report_html(struct writer *w, const struct report *r)
{
	put(w, SLICE("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		     "style-src '" STYLE_HASH "'; base-uri 'none'; form-action 'none'\">"
		     "<meta name=\"viewport\" content=\"width=device-width\">"
		     "<meta name=\"referrer\" content=\"no-referrer\"><title>Audit of "));
	put_markup(w, r->run->target);
	put(w, SLICE("</title><style>" STYLE "</style></head>\n<body><header><h1>Audit of <code>"));
	put_markup(w, r->run->target);
	put(w, SLICE("</code></h1></header>\n<main>\n"));
	put_scores(w, r);
	put_counts(w, r);
	put_baseline(w, r);
	report_plot(w, r);
	put_hops(w, r);
	put_found(w, r);
	put_list(w, r, VERDICT_INCONCLUSIVE, SLICE("Not decided"));
	put_list(w, r, VERDICT_PASS, SLICE("Passed: none of these was seen"));
	put_list(w, r, VERDICT_NA, SLICE("Not applicable"));
	put(w, SLICE("</main></body></html>\n"));
}

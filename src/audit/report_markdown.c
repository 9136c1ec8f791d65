/* SPDX-License-Identifier: Apache-2.0 */
/* report_markdown.c - the report for an issue, a wiki or a pull request. */
#include "audit/hops.h"
#include "audit/markup.h"
#include "audit/report.h"
#include "base/utf8.h"

static void put_scores(struct writer *w, const struct report *r)
{
	if (!r->grade.given) {
		put(w, SLICE("No grade: "));
		put(w, report_shortage(r));
		put(w, SLICE(".\n"));
		return;
	}
	put(w, SLICE("**Grade "));
	put(w, r->grade.letter);
	put(w, SLICE("**\n\n| score | grade | points |\n|---|---|---|\n"));
	for (int i = 0; i < SCORE_COUNT; i++) {
		put(w, SLICE("| "));
		put(w, score_name((enum score)i));
		put(w, SLICE(" | "));
		put(w, r->grade.letters[i]);
		put(w, SLICE(" | "));
		put_u64(w, r->grade.points[i]);
		put(w, SLICE(" |\n"));
	}
}

static void put_part(struct writer *w, const struct finding_part *part)
{
	put(w, SLICE("- **"));
	put(w, part->label);
	put(w, SLICE(":** "));
	if (part->quoted)
		put_code_markdown(w, part->text, false);
	else
		put_plain_markdown(w, part->text);
	put_char(w, '\n');
}

static void put_finding(struct writer *w, const struct report *r, const struct finding *f)
{
	struct finding_part parts[FINDING_PARTS];
	char request[FINDING_MAX_REQUEST];
	size_t count = finding_parts(r, f, request, parts);

	put(w, SLICE("\n### "));
	put(w, f->rule->id);
	put_char(w, ' ');
	put_plain_markdown(w, f->rule->title);
	put(w, SLICE("\n\n"));
	report_weight(w, f);
	if (f->hop != 0) {
		put(w, SLICE(", at "));
		put_code_markdown(w, finding_hop(r, f), false);
	}
	put(w, f->ignored ? SLICE(" (ignored)\n\n") : SLICE("\n\n"));
	for (size_t i = 0; i < count; i++)
		put_part(w, &parts[i]);
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

static void put_cell(struct writer *w, struct slice text)
{
	put_char(w, ' ');
	put_code_markdown(w, utf8_truncate(text, 80), true);
	put(w, SLICE(" |"));
}

static void put_hop(struct writer *w, const struct report *r, const struct hop_row *row)
{
	put(w, SLICE("|"));
	put_cell(w, r->run->hops[row->hop].name);
	put_cell(w, hop_shape_name(row->shape));
	put_cell(w, hop_coded_name(row->coded));
	put_char(w, ' ');
	put_u64(w, row->delivery.bursts);
	put(w, SLICE(" | "));
	put_u64(w, row->delivery.median_events);
	put(w, SLICE(" | "));
	report_time(w, row->delivery.silence_ns);
	put(w, SLICE(" |\n"));
}

static void put_change(struct writer *w, const struct report *r, const struct hop_change *c)
{
	put(w, SLICE("|"));
	put_cell(w, r->run->hops[c->hop].name);
	put_cell(w, hop_change_name(c->kind));
	put_cell(w, c->field);
	put_cell(w, c->before);
	put_cell(w, c->after);
	put_char(w, '\n');
}

static void put_hops(struct writer *w, const struct report *r)
{
	struct hop_table table;

	hops_compare(r->run, &table);
	if (table.count == 0)
		return;
	put(w, SLICE("\n## Hops\n\n| hop | events come | with gzip | bursts | events a burst | "
		     "silence |\n|---|---|---|---|---|---|\n"));
	for (size_t i = 0; i < table.count; i++)
		put_hop(w, r, &table.rows[i]);
	if (table.change_count > 0)
		put(w, SLICE("\n| hop | did | field | before | behind |\n|---|---|---|---|---|\n"));
	for (size_t i = 0; i < table.change_count; i++)
		put_change(w, r, &table.changes[i]);
}

void report_markdown(struct writer *w, const struct report *r)
{
	put(w, SLICE("# Audit of "));
	put_code_markdown(w, r->run->target, false);
	put(w, SLICE("\n\nProfile "));
	put(w, audit_profile_name(r->run->profile));
	put(w, SLICE(", "));
	report_sums(w, r);
	put(w, SLICE(".\n\n"));
	put_scores(w, r);
	put_hops(w, r);
	put_group(w, r, VERDICT_FAIL, SLICE("\n## Found\n"));
	put_group(w, r, VERDICT_INCONCLUSIVE, SLICE("\n## Not decided\n"));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* report_json.c - the report as one JSON object, and as one object a line. */
#include "audit/report.h"

#include "base/text.h"
#include "policy/json.h"

static void put_bool(struct writer *w, struct slice key, bool value)
{
	put_char(w, ',');
	put_json(w, key);
	put(w, value ? SLICE(":true") : SLICE(":false"));
}

static void put_number(struct writer *w, struct slice key, uint64_t value)
{
	put_char(w, ',');
	put_json(w, key);
	put_char(w, ':');
	put_u64(w, value);
}

static void put_scores(struct writer *w, const struct grade *grade)
{
	put(w, SLICE(",\"grade\":"));
	if (!grade->given) {
		put(w, SLICE("null,\"scores\":null"));
		return;
	}
	put_json(w, grade->letter);
	put(w, SLICE(",\"scores\":{"));
	for (size_t i = 0; i < SCORE_COUNT; i++) {
		put(w, i > 0 ? SLICE(",") : SLICE(""));
		put_json(w, score_name((enum score)i));
		put(w, SLICE(":{"));
		put_json_pair(w, SLICE("grade"), grade->letters[i]);
		put_number(w, SLICE("points"), grade->points[i]);
		put_char(w, '}');
	}
	put_char(w, '}');
}

static void put_outcome(struct writer *w, const struct transcript *t)
{
	put(w, SLICE(",\"baseline\":"));
	if (!t) {
		put(w, SLICE("null"));
		return;
	}
	put_char(w, '{');
	put_json_pair(w, SLICE("outcome"), outcome_text(t->outcome));
	put_json_next(w, SLICE("detail"), t->detail);
	put_json_next(w, SLICE("address"), t->address);
	put_bool(w, SLICE("proxied"), t->proxied);
	put_number(w, SLICE("status"), t->status);
	put_number(w, SLICE("headMs"), t->head_ns > 0 ? (t->head_ns - t->start_ns) / 1000000 : 0);
	put_number(w, SLICE("events"), transcript_count(t, RECORD_EVENT));
	put_number(w, SLICE("comments"), transcript_count(t, RECORD_COMMENT));
	put_number(w, SLICE("bytes"), t->body_len);
	put_json_next(w, SLICE("ending"), ending_text(t->ending));
	put_json_next(w, SLICE("tls"), t->tls.version);
	put_char(w, '}');
}

static void put_frame(struct writer *w, const struct report *r)
{
	const struct audit_run *run = r->run;

	put_json_pair(w, SLICE("target"), run->target);
	put_json_next(w, SLICE("profile"), audit_profile_name(run->profile));
	put_bool(w, SLICE("quick"), run->quick);
	put_bool(w, SLICE("partial"), audit_run_is_partial(run));
	if (audit_run_is_partial(run))
		put_json_next(w, SLICE("partialReason"), report_shortage(r));
	put_scores(w, &r->grade);
	put(w, SLICE(",\"startedAt\":\""));
	put_rfc3339(w, r->wall_ms);
	put_char(w, '"');
	put_number(w, SLICE("durationMs"), run->duration_ns / 1000000);
	put_number(w, SLICE("requests"), run->requests);
	put_json_next(w, SLICE("version"), SLICE("" SLUICE_VERSION));
	put_outcome(w, audit_find(run, PROBE_BASELINE));
	report_hops_json(w, run);
}

static void put_request(struct writer *w, const struct report *r, const struct finding *f)
{
	char line[1024];
	struct writer text;

	if (f->transcript >= r->run->transcript_count)
		return;
	const struct transcript *t = &r->run->transcripts[f->transcript];
	writer_init(&text, line, sizeof(line));
	report_request(&text, t);
	put_json_next(w, SLICE("probe"), probes[t->kind].name);
	put_json_next(w, SLICE("request"), writer_slice(&text));
}

static void put_finding(struct writer *w, const struct report *r, const struct finding *f)
{
	put_char(w, '{');
	put_json_pair(w, SLICE("rule"), f->rule->id);
	put_json_next(w, SLICE("area"), f->rule->area);
	put_json_next(w, SLICE("verdict"), verdict_name(f->verdict));
	put_json_next(w, SLICE("severity"), severity_name(f->severity));
	put_json_next(w, SLICE("confidence"), confidence_name(f->confidence));
	put_json_next(w, SLICE("hop"), finding_hop(r, f));
	put_json_next(w, SLICE("title"), f->rule->title);
	put_json_next(w, SLICE("evidence"), finding_evidence(f));
	put_json_next(w, SLICE("why"), f->rule->why);
	put_json_next(w, SLICE("fix"), finding_fix(f));
	put_json_next(w, SLICE("source"), f->rule->source);
	put_request(w, r, f);
	put_bool(w, SLICE("ignored"), f->ignored);
	put_char(w, '}');
}

void report_json(struct writer *w, const struct report *r)
{
	put_char(w, '{');
	put_frame(w, r);
	put(w, SLICE(",\"findings\":["));
	for (size_t i = 0; i < r->count; i++) {
		put(w, i > 0 ? SLICE(",\n") : SLICE("\n"));
		put_finding(w, r, &r->findings[i]);
	}
	put(w, SLICE("\n]}\n"));
}

void report_jsonl(struct writer *w, const struct report *r)
{
	put(w, SLICE("{\"type\":\"audit\","));
	put_frame(w, r);
	put(w, SLICE("}\n"));
	for (size_t i = 0; i < r->count; i++) {
		put(w, SLICE("{\"type\":\"finding\",\"finding\":"));
		put_finding(w, r, &r->findings[i]);
		put(w, SLICE("}\n"));
	}
}

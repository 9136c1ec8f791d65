/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte says of which probe the rest, an answer of HTTP/1.x, is; the baseline gets it,
 * too. Whatever a server sends, all rules judge it, all reports can be written, and evidence is
 * one line of printable ASCII.
 */
#include "audit/judge.h"
#include "audit/recorder.h"
#include "audit/report.h"

#include "base/require.h"

#include <string.h>

#define REPORT_ROOM (1u << 20)
#define STEP_NS     UINT64_C(700000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void record(struct transcript *t, enum probe_kind kind, struct slice bytes)
{
	const struct recorder_secrets none = {.count = 0};
	struct recorder recorder;
	uint64_t now = 3;

	memset(t, 0, sizeof(*t));
	t->kind = kind;
	t->request = (struct probe_request){.method = SLICE("GET"),
					    .https = true,
					    .authority = SLICE("a.example"),
					    .target = SLICE("/stream"),
					    .minor = 1,
					    .origin = SLICE("https://b.example"),
					    .last_event_id = SLICE("1"),
					    .credential = CREDENTIAL_FIRST,
					    .origin_allowed = true};
	t->start_ns = 1;
	t->sent_ns = 2;
	recorder_init(&recorder, t, kind == PROBE_HEAD);
	for (size_t at = 0; at < bytes.len; at += bytes.len / 3 + 1, now += STEP_NS)
		(void)recorder_feed(&recorder, slice_upto(slice_from(bytes, at), bytes.len / 3 + 1),
				    now);
	recorder_finish(&recorder, ENDING_CLOSED, now, &none);
}

static void check_evidence(const struct finding *f)
{
	for (size_t i = 0; i < f->evidence_len; i++)
		require(f->evidence[i] >= ' ' && f->evidence[i] <= '~');
}

static void judge_and_report(struct audit_run *run)
{
	static struct finding findings[AUDIT_MAX_FINDINGS];
	static char text[REPORT_ROOM];
	struct report report = {.run = run, .findings = findings};

	report.count = audit_judge(run, findings, AUDIT_MAX_FINDINGS);
	require(report.count == policy_rule_count);
	for (size_t i = 0; i < report.count; i++)
		check_evidence(&findings[i]);
	report.grade = audit_grade(run, findings, report.count);
	for (int format = 0; format < REPORT_FORMAT_COUNT; format++) {
		struct writer w;

		writer_init(&w, text, sizeof(text));
		audit_report(&w, (enum report_format)format, &report);
		require(!w.overflow && w.len > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct transcript transcripts[3];
	struct audit_run run = {.target = SLICE("https://a.example/stream"),
				.origin = SLICE("https://b.example"),
				.origin_given = true,
				.credentials_mode = true,
				.page = SLICE("https://b.example/"),
				.inject_marker = SLICE("x"),
				.soak_ms = 1000,
				.hops = {{SLICE("target"), SLICE("https://a.example/stream")},
					 {SLICE("app"), SLICE("http://c.example/stream")}},
				.hop_count = 2,
				.transcripts = transcripts,
				.transcript_count = 3};
	struct slice answer;

	if (size == 0)
		return 0;
	answer = (struct slice){(const char *)data + 1, size - 1};
	require(url_parse(run.target, &run.url) == OK);
	record(&transcripts[0], PROBE_BASELINE, answer);
	record(&transcripts[1], (enum probe_kind)(*data % PROBE_COUNT), answer);
	record(&transcripts[2], PROBE_VIA, answer);
	transcripts[2].hop = 1;
	judge_and_report(&run);
	for (size_t i = 0; i < run.transcript_count; i++)
		arena_free(&transcripts[i].arena);
	return 0;
}

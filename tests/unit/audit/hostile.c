/* SPDX-License-Identifier: Apache-2.0 */
#include "hostile.h"

#include <string.h>

#define MS UINT64_C(1000000)

static void build_transcript(struct hostile *h, size_t i, struct slice bytes)
{
	static const enum probe_kind kinds[HOSTILE_TRANSCRIPTS] = {PROBE_BASELINE, PROBE_VIA,
								   PROBE_ORIGIN_RANDOM};
	struct transcript *t = &h->transcripts[i];

	t->kind = kinds[i];
	t->variant = bytes;
	t->hop = i % 2;
	t->request.method = SLICE("GET");
	t->request.target = t->request.origin = t->request.accept = bytes;
	t->request.last_event_id = bytes;
	t->outcome = OUTCOME_ANSWERED;
	t->detail = t->address = t->reason = bytes;
	t->status = 200;
	t->fields = h->fields;
	t->field_count = 2;
	t->reads = h->reads;
	t->read_count = 2;
	t->sent_ns = t->start_ns = MS;
	t->head_ns = 2 * MS;
	t->end_ns = 3000 * MS;
	t->ending = ENDING_CLOSED;
}

static void build_finding(struct hostile *h, size_t i, struct slice bytes)
{
	struct finding *f = &h->findings[i];

	f->rule = &policy_rules[i / 4 * 3];
	f->verdict = (enum verdict)(i % 4);
	f->severity = (enum severity)(i / 4);
	f->hop = i % 3;
	f->transcript = i % 5 < HOSTILE_TRANSCRIPTS ? i % 5 : SIZE_MAX;
	f->evidence_len = slice_upto(bytes, FINDING_MAX_EVIDENCE).len;
	memcpy(f->evidence, bytes.ptr, f->evidence_len);
	f->fix_len = slice_upto(bytes, FINDING_MAX_FIX).len;
	memcpy(f->fix, bytes.ptr, f->fix_len);
}

void hostile_build(struct hostile *h, struct slice bytes)
{
	memset(h, 0, sizeof(*h));
	h->fields[0] = (struct http_field){SLICE("Content-Type"), SLICE("text/event-stream")};
	h->fields[1] = (struct http_field){bytes, bytes};
	h->reads[0] = (struct probe_read){2 * MS, 100, 100};
	h->reads[1] = (struct probe_read){900 * MS, 4000, 4000};
	h->run.target = bytes;
	h->run.hops[0] = (struct audit_hop){SLICE("target"), bytes};
	h->run.hops[1] = (struct audit_hop){bytes, bytes};
	h->run.hop_count = 2;
	h->run.transcripts = h->transcripts;
	h->run.transcript_count = HOSTILE_TRANSCRIPTS;
	for (size_t i = 0; i < HOSTILE_TRANSCRIPTS; i++)
		build_transcript(h, i, bytes);
	for (size_t i = 0; i < HOSTILE_FINDINGS; i++)
		build_finding(h, i, bytes);
	h->report = (struct report){
		.run = &h->run,
		.findings = h->findings,
		.count = HOSTILE_FINDINGS,
		.grade = audit_grade(&h->run, h->findings, HOSTILE_FINDINGS),
	};
}

/* SPDX-License-Identifier: Apache-2.0 */
/* plan_soak.c - what is only sent when asked for: a crowd, and a long look with its reconnects. */
#include "audit/plan.h"

#define CROWD_HEAD_MS      5000u
#define CROWD_SPAN_MS      1500u
#define SOAK_REDIAL_MS     1000u
#define SOAK_MAX_REDIAL_MS 3000u

/* The endpoint at its limit: a head each, held until all have come. */
void plan_crowd(struct plan *plan)
{
	for (size_t i = 0; i < plan->settings->crowd; i++) {
		struct probe_spec *spec = plan_add(plan, PROBE_REPEAT);

		if (!spec)
			return;
		spec->variant = SLICE("crowd");
		spec->head_ms = CROWD_HEAD_MS;
		spec->span_ms = CROWD_SPAN_MS;
	}
}

static struct probe_spec *add_soak(struct plan *plan)
{
	return plan_wants(plan, PROBE_SOAK, STAGE_SOAK) ? plan_add(plan, PROBE_SOAK) : NULL;
}

static const struct transcript *last_soak(const struct plan *plan)
{
	const struct transcript *t = NULL;
	const struct transcript *next = NULL;

	while ((next = audit_next(plan->run, PROBE_SOAK, next)))
		t = next;
	return t;
}

/* As the stream asks, but no longer than is worth waiting for. */
static uint32_t redial_delay_ms(const struct transcript *t)
{
	uint64_t delay_ms = SOAK_REDIAL_MS;

	for (size_t i = 0; i < t->record_count; i++) {
		if (t->records[i].kind == RECORD_RETRY)
			delay_ms = t->records[i].retry_ms;
	}
	return delay_ms < SOAK_MAX_REDIAL_MS ? (uint32_t)delay_ms : SOAK_MAX_REDIAL_MS;
}

/* Where the stream was cut it is taken up again, as EventSource does, to see what was lost. */
static void plan_soak_again(struct plan *plan, const struct transcript *t)
{
	const struct transcript *first = audit_find(plan->run, PROBE_SOAK);
	uint64_t used_ms = (t->end_ns - first->start_ns) / 1000000 + redial_delay_ms(t);
	struct probe_spec *spec;

	/* Where events were not kept, the last id is not known. */
	if (!transcript_is_stream(t) || t->ending == ENDING_WE_CUT || t->record_count == 0 ||
	    t->records_dropped > 0 || used_ms >= plan->settings->soak_ms)
		return;
	struct slice id = t->records[t->record_count - 1].id;
	spec = id.len > 0 ? add_soak(plan) : NULL;
	if (!spec)
		return;
	spec->span_ms = (uint32_t)(plan->settings->soak_ms - used_ms);
	spec->delay_ms = redial_delay_ms(t);
	spec->last_id = id;
	plan_add_field(spec, SLICE("Last-Event-ID"), id);
}

void plan_soak(struct plan *plan)
{
	const struct transcript *t = last_soak(plan);
	struct probe_spec *spec = NULL;

	if (t)
		plan_soak_again(plan, t);
	else
		spec = add_soak(plan);
	if (spec)
		spec->span_ms = (uint32_t)plan->settings->soak_ms;
}

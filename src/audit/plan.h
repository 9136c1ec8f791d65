/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - which probes are sent, and what each says: from the settings and from what the probes
 * before brought. Pure but for its memory.
 */
#pragma once

#include "audit/exchange.h"
#include "audit/settings.h"
#include "base/rng.h"

#define PLAN_MAX_SPECS  128u       /* of one round of one stage */
#define PLAN_MAX_MEMORY (2u << 20) /* bytes of texts */
#define PLAN_LAST_ID    8192u      /* bytes of the long Last-Event-ID */
#define PLAN_MAX_DOTS   4u         /* variants of origin-dot */

struct plan {
	const struct audit_settings *settings;
	const struct audit_run *run;
	struct arena arena;
	struct rng rng;
	struct url url;           /* where the redirects of the target end, within its origin */
	struct slice data;        /* the body that opens it there; ptr NULL: GET does */
	struct slice origin;      /* the allowed one, or the target's own */
	struct slice origin_host; /* of it, without the port; empty where it has none */
	struct slice marker;      /* made-up name, and the canary */
	struct slice token;       /* made-up token: one that comes back is told as a leak */
	struct slice ticket;      /* ptr NULL: none yet */
	bool no_memory;
	struct probe_spec specs[PLAN_MAX_SPECS];
	size_t count;
};

/* `run` is read at each stage: its transcripts so far. */
void plan_init(struct plan *plan, const struct audit_settings *settings,
	       const struct audit_run *run);
void plan_fini(struct plan *plan);
/*
 * The probes of `stage` in its `round` (from 0): plan->specs and plan->count. No specs: the stage
 * is over. Specs have no route yet; their texts live as long as the plan.
 */
void plan_round(struct plan *plan, enum probe_stage stage, size_t round);
/* The most that all stages but the soak may take. Whoever wants a delay has its time. */
uint64_t plan_time_ms(const struct plan *plan);
/* The baseline's head was held back: to wait for every other would take minutes. */
bool plan_is_held(const struct plan *plan);

/* For the files of the plan alone. */

/* True where this kind is to be sent: its stage, its need, --quick. */
bool plan_wants(const struct plan *plan, enum probe_kind kind, enum probe_stage stage);
/* A baseline of this kind at the end of the list; NULL: the list is full. */
struct probe_spec *plan_add(struct plan *plan, enum probe_kind kind);
void plan_add_field(struct probe_spec *spec, struct slice name, struct slice value);
/* Replaces the method; there is no body then. */
void plan_method(struct probe_spec *spec, struct slice method);
/* POST with this body of JSON. */
void plan_post(struct probe_spec *spec, struct slice body);
/* Replaces Accept; ptr NULL: none. */
void plan_accept(struct probe_spec *spec, struct slice accept);
void plan_origin(struct probe_spec *spec, struct slice origin);
/* All parts, ptr NULL ends them, as one text; empty without memory. */
struct slice plan_join(struct plan *plan, struct slice a, struct slice b, struct slice c,
		       struct slice d);
/* The baseline, where its redirects end; NULL: not sent. */
const struct transcript *plan_baseline(const struct plan *plan);
/* `target` with one pair more in its query. */
struct slice plan_with_query(struct plan *plan, struct slice target, struct slice pair);
void plan_negotiation(struct plan *plan);
void plan_methods(struct plan *plan);
void plan_transport(struct plan *plan);
void plan_redirect(struct plan *plan, size_t round);
void plan_origins(struct plan *plan);
void plan_credentials(struct plan *plan);
void plan_tickets(struct plan *plan, size_t round);
void plan_resumes(struct plan *plan);
void plan_control(struct plan *plan);
void plan_crowd(struct plan *plan);
void plan_soak(struct plan *plan);

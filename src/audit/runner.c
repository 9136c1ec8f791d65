/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/runner.h"

#include "audit/plan.h"
#include "audit/redact.h"
#include "audit/routes.h"
#include "audit/secrets.h"
#include "audit/ticket.h"
#include "base/base64url.h"
#include "base/text.h"
#include "os/monotonic.h"
#include "os/wallclock.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define MS          1000000u
#define MAX_LANES   AUDIT_MAX_CROWD
#define USUAL_LANES 10u
#define MAX_ROUNDS  8u  /* of one stage */
#define MAX_WAITS   40u /* times that a 429 or 503 is waited out in a run */
#define MAX_WAIT_S  3u  /* a longer Retry-After is not waited for */
#define MAX_POLL_MS 250 /* so that no clock can hang it */

/* A probe of the round, and where its transcript is. */
struct item {
	const struct probe_spec *spec;
	struct transcript *t; /* NULL: not begun */
	uint64_t not_before_ns;
	unsigned retried;
	unsigned retried_mute; /* those without Retry-After */
	bool running;
	bool done;
};

struct runner {
	const struct audit_settings *settings;
	struct audit_run *run;
	struct plan *plan;
	struct routes *routes;
	struct recorder_secrets secrets;
	struct exchange_env env;
	struct exchange lanes[MAX_LANES];
	struct item *of_lane[MAX_LANES]; /* NULL: free */
	struct item items[PLAN_MAX_SPECS];
	size_t item_count;
	size_t done;        /* probes of all rounds */
	size_t done_before; /* of the rounds before this one */
	size_t waits;
	uint64_t now_ns;
	uint64_t end_ns;
	uint64_t next_start_ns; /* --delay, and limits of the target */
	uint64_t stage_ns;
	bool over;
};

static size_t lanes_of(enum probe_stage stage)
{
	static const size_t lanes[STAGE_COUNT] = {
		[STAGE_STREAM] = USUAL_LANES,
		[STAGE_STREAMS] = USUAL_LANES,
		[STAGE_HEADS] = 4,
		[STAGE_TICKETS] = 1,
		[STAGE_RESUME] = 4,
		[STAGE_CROWD] = MAX_LANES,
		[STAGE_SOAK] = 1,
	};

	return lanes[stage];
}

static void fall_short(struct runner *r, enum audit_shortage shortage)
{
	if (r->run->shortage == SHORTAGE_NONE)
		r->run->shortage = shortage;
	if (shortage != SHORTAGE_BUDGET)
		r->over = true;
}

/* Starting. */

static struct transcript *new_transcript(struct runner *r)
{
	struct audit_run *run = r->run;

	if (run->transcript_count == AUDIT_MAX_TRANSCRIPTS ||
	    run->requests >= r->settings->max_requests)
		return NULL;
	return &run->transcripts[run->transcript_count++];
}

static void start(struct runner *r, struct item *item, size_t lane)
{
	if (!item->t)
		item->t = new_transcript(r);
	if (!item->t || r->run->requests >= r->settings->max_requests) {
		fall_short(r, SHORTAGE_BUDGET);
		r->run->unsent++;
		item->done = true;
		return;
	}
	struct probe_spec *spec = &r->plan->specs[item->spec - r->plan->specs];
	spec->route = routes_find(r->routes, &spec->url, r->now_ns / MS);
	r->now_ns = monotonic_ns();
	r->run->requests++;
	r->of_lane[lane] = item;
	item->running = true;
	item->t->retried = item->retried;
	item->t->retried_mute = item->retried_mute;
	r->next_start_ns = r->now_ns + r->settings->delay_ms * MS;
	exchange_start(&r->lanes[lane], spec, &r->env, item->t, r->now_ns);
}

static bool may_start(const struct runner *r, const struct item *item)
{
	return !item->running && !item->done && item->not_before_ns <= r->now_ns &&
	       r->next_start_ns <= r->now_ns;
}

static void fill_lanes(struct runner *r, size_t lanes)
{
	size_t at = 0;

	for (size_t lane = 0; lane < lanes && !r->over; lane++) {
		if (r->of_lane[lane])
			continue;
		while (at < r->item_count && !may_start(r, &r->items[at]))
			at++;
		if (at == r->item_count)
			return;
		start(r, &r->items[at], lane);
		if (!r->of_lane[lane])
			lane--; /* nothing was sent: the lane is still free */
	}
}

/* What an answer changes. */

/* For the baseline and the crowd a refusal is what is to be seen. */
static bool is_its_answer(const struct probe_spec *spec)
{
	return spec->kind == PROBE_BASELINE || slice_eq(spec->variant, SLICE("crowd"));
}

/* The target asks us to come more slowly: that is heard, and is no finding of this probe. */
static bool wait_out(struct runner *r, struct item *item)
{
	const struct transcript *t = item->t;
	uint64_t seconds = 1;

	if (!transcript_answered(t) || (t->status != 429 && t->status != 503) ||
	    is_its_answer(item->spec) || item->retried >= 3 || r->waits == MAX_WAITS)
		return false;
	struct slice after = transcript_field(t, SLICE("retry-after"));
	if (after.ptr && (parse_u64(after, &seconds) || seconds > MAX_WAIT_S))
		return false;
	if (r->now_ns + seconds * 1000 * MS > r->end_ns)
		return false;
	r->waits++;
	item->retried++;
	item->retried_mute += !after.ptr;
	item->running = false;
	item->not_before_ns = r->now_ns + seconds * 1000 * MS;
	r->next_start_ns = item->not_before_ns;
	arena_free(&item->t->arena);
	memset(item->t, 0, sizeof(*item->t));
	return true;
}

/* The ticket is a secret from here on, and leaves the transcript that it came in. */
static void take_ticket(struct runner *r, struct transcript *t)
{
	struct slice found = ticket_find(t->body);

	if (!transcript_answered(t) || t->status >= 300 || found.len == 0)
		return;
	r->plan->ticket = arena_copy(&r->plan->arena, found);
	secrets_add(&r->secrets, r->plan->ticket);
	char *body = redact_copy(&t->arena, t->body, &r->secrets);
	t->body = (struct slice){body, body ? t->body.len : 0};
}

static void finish(struct runner *r, size_t lane)
{
	struct item *item = r->of_lane[lane];

	r->of_lane[lane] = NULL;
	if (wait_out(r, item))
		return;
	item->running = false;
	item->done = true;
	r->done++;
	if (item->spec->kind == PROBE_TICKET_ISSUE)
		take_ticket(r, item->t);
	if (r->settings->progress.on_probe)
		r->settings->progress.on_probe(r->settings->progress.ctx, r->done,
					       r->done_before + r->item_count, item->t);
	if (item->spec->kind == PROBE_BASELINE && !transcript_answered(item->t))
		fall_short(r, SHORTAGE_UNREACHABLE);
}

static void stop_all(struct runner *r)
{
	for (size_t lane = 0; lane < MAX_LANES; lane++) {
		if (!r->of_lane[lane])
			continue;
		exchange_stop(&r->lanes[lane], r->now_ns);
		r->of_lane[lane]->done = true;
		r->of_lane[lane] = NULL;
	}
	for (size_t i = 0; i < r->item_count; i++)
		r->run->unsent += !r->items[i].done;
}

/* Waiting. */

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int wait_ms(const struct runner *r)
{
	uint64_t due = r->end_ns;

	for (size_t lane = 0; lane < MAX_LANES; lane++) {
		if (r->of_lane[lane])
			due = earliest(due, exchange_due_ns(&r->lanes[lane]));
	}
	for (size_t i = 0; i < r->item_count; i++) {
		const struct item *item = &r->items[i];
		uint64_t from = item->not_before_ns > r->next_start_ns ? item->not_before_ns
								       : r->next_start_ns;

		if (!item->running && !item->done && from > r->now_ns)
			due = earliest(due, from);
	}
	if (due <= r->now_ns)
		return 0;
	uint64_t ms = (due - r->now_ns) / MS + 1;
	return ms < MAX_POLL_MS ? (int)ms : MAX_POLL_MS;
}

static void wait_for_something(struct runner *r)
{
	struct pollfd p[MAX_LANES + 1] = {{.fd = r->settings->stop_fd, .events = POLLIN}};
	size_t n = 1;

	for (size_t lane = 0; lane < MAX_LANES; lane++) {
		if (r->of_lane[lane])
			p[n++] = exchange_poll(&r->lanes[lane]);
	}
	(void)poll(p, n, wait_ms(r));
	r->now_ns = monotonic_ns();
	if (p[0].revents)
		fall_short(r, SHORTAGE_STOPPED);
	else if (r->now_ns >= r->end_ns)
		fall_short(r, SHORTAGE_TIME);
}

static bool is_round_over(const struct runner *r)
{
	for (size_t i = 0; i < r->item_count; i++) {
		if (!r->items[i].done)
			return false;
	}
	return true;
}

static void run_round(struct runner *r, enum probe_stage stage)
{
	size_t lanes = plan_is_held(r->plan) && stage != STAGE_TICKETS && stage != STAGE_CROWD
			       ? USUAL_LANES
			       : lanes_of(stage);

	r->item_count = r->plan->count;
	r->done_before = r->done;
	memset(r->items, 0, sizeof(r->items));
	r->now_ns = r->stage_ns = monotonic_ns();
	for (size_t i = 0; i < r->item_count; i++) {
		r->items[i].spec = &r->plan->specs[i];
		r->items[i].not_before_ns = r->stage_ns + r->plan->specs[i].delay_ms * MS;
	}
	while (!r->over && !is_round_over(r)) {
		fill_lanes(r, lanes);
		for (size_t lane = 0; lane < MAX_LANES; lane++) {
			if (r->of_lane[lane] && exchange_step(&r->lanes[lane], r->now_ns))
				finish(r, lane);
		}
		if (!r->over && !is_round_over(r))
			wait_for_something(r);
	}
	if (r->over)
		stop_all(r);
	r->item_count = 0;
}

static void run_stage(struct runner *r, enum probe_stage stage)
{
	if (stage == STAGE_SOAK)
		r->end_ns += r->settings->soak_ms * MS;
	for (size_t round = 0; round < MAX_ROUNDS && !r->over; round++) {
		plan_round(r->plan, stage, round);
		if (r->plan->count == 0)
			return;
		run_round(r, stage);
	}
}

/* The run. */

/* What a JWT says of its own end; 0: it is none, or does not say. */
static int64_t end_of_bearer(const struct audit_credential *c)
{
	struct slice token = http_fields_get(c->fields, c->count, SLICE("Authorization"));
	uint8_t room[4096];
	size_t len = 0;

	(void)slice_cut(&token, '.');
	if (!token.ptr || base64url_decode(slice_cut(&token, '.'), room, sizeof(room), &len))
		return 0;
	return ticket_number((struct slice){(const char *)room, len}, SLICE("\"exp\""));
}

static bool has_field(const struct audit_credential *c, struct slice name)
{
	return http_fields_get(c->fields, c->count, name).ptr != NULL;
}

static void describe(struct audit_run *run, const struct audit_settings *s, const struct plan *plan)
{
	run->target = s->url_text;
	run->url = s->url;
	run->profile = s->profile;
	run->quick = s->quick;
	run->has_cookie = has_field(&s->first, SLICE("Cookie"));
	run->has_bearer = has_field(&s->first, SLICE("Authorization"));
	run->credentials_mode = run->has_cookie || s->profile == PROFILE_COOKIE;
	run->origin = arena_copy(&run->arena, plan->origin);
	run->origin_given = s->origin.ptr != NULL;
	run->credential_end_s = end_of_bearer(&s->first);
	run->has_second = s->second.count > 0;
	run->has_ticket_url = s->has_ticket_url;
	run->inject = s->inject;
	run->inject_marker = s->inject ? arena_copy(&run->arena, plan->marker) : SLICE_NONE;
	run->soak_ms = s->soak_ms;
	run->page = s->has_page ? s->page_text : SLICE_NONE;
	run->wall_s = (int64_t)(wallclock_ms() / 1000);
	run->hops[0] = (struct audit_hop){SLICE("target"), s->url_text};
	for (size_t i = 0; i < s->via_count; i++)
		run->hops[i + 1] = s->vias[i];
	run->hop_count = s->via_count + 1;
}

/* Texts of the plan that transcripts point at become the run's. */
static void keep_texts(struct audit_run *run, struct arena *arena,
		       const struct recorder_secrets *secrets)
{
	run->target = redact_text(arena, run->target, secrets);
	run->page = redact_text(arena, run->page, secrets);
	for (size_t i = 0; i < run->hop_count; i++)
		run->hops[i].url = redact_text(arena, run->hops[i].url, secrets);
	for (size_t i = 0; i < run->transcript_count; i++) {
		struct transcript *t = &run->transcripts[i];
		struct slice *texts[] = {&t->variant, &t->request.authority, &t->request.target,
					 &t->request.origin, &t->request.last_event_id};

		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
			if (texts[j]->ptr)
				*texts[j] =
					redact_text(arena, arena_copy(arena, *texts[j]), secrets);
		}
	}
}

static void run_all(struct runner *r)
{
	const struct audit_settings *s = r->settings;
	uint64_t start = monotonic_ns();

	r->env = (struct exchange_env){s->trust, &r->secrets, start};
	r->end_ns = start + plan_time_ms(r->plan) * MS;
	routes_prepare(r->routes, start / MS + (s->quick ? ROUTES_QUICK_LOOKUP : ROUTES_LOOKUP));
	secrets_take(&r->secrets, &r->run->arena, s);
	secrets_add(&r->secrets, r->plan->token);
	for (int stage = 0; stage < STAGE_COUNT && !r->over; stage++)
		run_stage(r, (enum probe_stage)stage);
	r->run->duration_ns = monotonic_ns() - start;
	const struct transcript *t = audit_find(r->run, PROBE_BASELINE);
	r->run->target_loopback = t && t->loopback;
	if (audit_turned_away(r->run) < r->run->transcript_count)
		fall_short(r, SHORTAGE_TURNED_AWAY);
}

enum err audit_execute(const struct audit_settings *settings, struct audit_run *ret)
{
	struct runner *r = calloc(1, sizeof(*r));
	struct plan *plan = calloc(1, sizeof(*plan));
	struct routes *routes = calloc(1, sizeof(*routes));
	enum err err = E_NOMEM;

	*ret = (struct audit_run){.transcripts =
					  calloc(AUDIT_MAX_TRANSCRIPTS, sizeof(*ret->transcripts))};
	arena_init(&ret->arena, PLAN_MAX_MEMORY);
	if (r && plan && routes && ret->transcripts) {
		routes->settings = settings;
		*r = (struct runner){
			.settings = settings, .run = ret, .plan = plan, .routes = routes};
		plan_init(plan, settings, ret);
		describe(ret, settings, plan);
		run_all(r);
		keep_texts(ret, &ret->arena, &r->secrets);
		err = plan->no_memory ? E_NOMEM : OK;
		plan_fini(plan);
	}
	free(routes);
	free(plan);
	free(r);
	return err;
}

void audit_run_free(struct audit_run *run)
{
	for (size_t i = 0; run->transcripts && i < run->transcript_count; i++)
		arena_free(&run->transcripts[i].arena);
	free(run->transcripts);
	run->transcripts = NULL;
	run->transcript_count = 0;
	arena_free(&run->arena);
}

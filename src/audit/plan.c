/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/plan.h"

#include "http/location.h"

#include <string.h>

#define STREAM_HEAD_MS       12000u
#define HEAD_MS              5000u
#define QUICK_STREAM_HEAD_MS 2500u
#define QUICK_HEAD_MS        1500u
#define LATE_HEAD_NS         1000000000u /* a head that comes later is being held */
#define LATE_HEAD_MS         1500u       /* so long the other probes wait for theirs */
#define REPEAT_DELAY_MS      3000u
#define QUICK_REPEAT_MS      700u

static const struct slice stream_type = SLICE_INIT("text/event-stream");
/* MCP asks its clients for both. */
static const struct slice mcp_types = SLICE_INIT("application/json, text/event-stream");

/* Texts. */

struct slice plan_join(struct plan *plan, struct slice a, struct slice b, struct slice c,
		       struct slice d)
{
	size_t len = a.len + b.len + c.len + d.len;
	char *room = arena_alloc(&plan->arena, len + 1);
	struct writer w;

	if (!room) {
		plan->no_memory = true;
		return SLICE("");
	}
	writer_init(&w, room, len);
	put(&w, a);
	put(&w, b);
	put(&w, c);
	put(&w, d);
	return writer_slice(&w);
}

static struct slice random_name(struct plan *plan)
{
	char text[24];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	put(&w, SLICE("sluice"));
	put_hex(&w, rng_next(&plan->rng));
	return plan_join(plan, writer_slice(&w), SLICE_NONE, SLICE_NONE, SLICE_NONE);
}

static struct slice own_origin(struct plan *plan)
{
	char text[512];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	location_put_origin(&w, &plan->settings->url);
	return plan_join(plan, writer_slice(&w), SLICE_NONE, SLICE_NONE, SLICE_NONE);
}

void plan_init(struct plan *plan, const struct audit_settings *settings,
	       const struct audit_run *run)
{
	struct url url;

	memset(plan, 0, sizeof(*plan));
	plan->settings = settings;
	plan->run = run;
	plan->url = settings->url;
	plan->data = settings->data;
	plan->rng = (struct rng){settings->seed};
	arena_init(&plan->arena, PLAN_MAX_MEMORY);
	plan->origin = settings->origin.ptr ? settings->origin : own_origin(plan);
	if (!url_parse(plan->origin, &url) && !url.ipv6)
		plan->origin_host = url.host;
	plan->marker = random_name(plan);
	plan->token = random_name(plan);
}

void plan_fini(struct plan *plan)
{
	arena_free(&plan->arena);
}

/* One spec. */

static void shorten(uint32_t *ms, uint64_t most)
{
	if (*ms > most)
		*ms = (uint32_t)most;
}

uint64_t plan_time_ms(const struct plan *plan)
{
	const struct audit_settings *s = plan->settings;

	return s->quick ? AUDIT_QUICK_TIME_MS : AUDIT_TIME_MS + s->delay_ms * s->max_requests;
}

bool plan_is_held(const struct plan *plan)
{
	const struct transcript *t = audit_find(plan->run, PROBE_BASELINE);

	return t && t->head_ns > t->sent_ns + LATE_HEAD_NS;
}

struct probe_spec *plan_add(struct plan *plan, enum probe_kind kind)
{
	const struct audit_settings *s = plan->settings;
	const struct probe *probe = &probes[kind];
	bool stream = probe->stage == STAGE_STREAM || probe->stage == STAGE_SOAK;

	if (plan->count == PLAN_MAX_SPECS)
		return NULL;
	struct probe_spec *spec = &plan->specs[plan->count++];
	*spec = (struct probe_spec){.kind = kind,
				    .variant = SLICE(""),
				    .url = plan->url,
				    .family = (enum route_family)s->family,
				    .method = SLICE("GET"),
				    .minor = 1,
				    .head_ms = stream ? STREAM_HEAD_MS : HEAD_MS,
				    .span_ms = probe->span_ms};
	if (s->quick) {
		spec->head_ms = stream ? QUICK_STREAM_HEAD_MS : QUICK_HEAD_MS;
		shorten(&spec->span_ms, PROBE_QUICK_SPAN_MS);
	}
	if (!stream && probe->stage != STAGE_STREAMS && plan_is_held(plan))
		shorten(&spec->head_ms, LATE_HEAD_MS);
	if (s->span_ms)
		shorten(&spec->span_ms, s->span_ms);
	plan_add_field(spec, SLICE("User-Agent"), SLICE("sluice-audit/" SLUICE_VERSION));
	plan_accept(spec, s->profile == PROFILE_MCP ? mcp_types : stream_type);
	plan_add_field(spec, SLICE("Cache-Control"), SLICE("no-cache"));
	if (plan->data.ptr)
		plan_post(spec, plan->data);
	if (s->origin.ptr) {
		plan_origin(spec, s->origin);
		spec->origin_allowed = true;
	}
	if (s->first.count > 0)
		spec->credential = CREDENTIAL_FIRST;
	memcpy(spec->secrets, s->first.fields, sizeof(spec->secrets));
	spec->secret_count = s->first.count;
	return spec;
}

void plan_add_field(struct probe_spec *spec, struct slice name, struct slice value)
{
	if (spec->field_count < EXCHANGE_MAX_FIELDS)
		spec->fields[spec->field_count++] = (struct http_field){name, value};
}

static void drop_field(struct probe_spec *spec, struct slice name)
{
	size_t n = 0;

	for (size_t i = 0; i < spec->field_count; i++) {
		if (!slice_eq_nocase(spec->fields[i].name, name))
			spec->fields[n++] = spec->fields[i];
	}
	spec->field_count = n;
}

void plan_method(struct probe_spec *spec, struct slice method)
{
	drop_field(spec, SLICE("Content-Type"));
	spec->method = method;
	spec->body = SLICE_NONE;
}

void plan_post(struct probe_spec *spec, struct slice body)
{
	plan_method(spec, SLICE("POST"));
	spec->body = body;
	plan_add_field(spec, SLICE("Content-Type"), SLICE("application/json"));
}

void plan_accept(struct probe_spec *spec, struct slice accept)
{
	drop_field(spec, SLICE("Accept"));
	spec->accept = accept;
	if (accept.ptr)
		plan_add_field(spec, SLICE("Accept"), accept);
}

void plan_origin(struct probe_spec *spec, struct slice origin)
{
	drop_field(spec, SLICE("Origin"));
	spec->origin = origin;
	spec->origin_allowed = false;
	if (origin.ptr)
		plan_add_field(spec, SLICE("Origin"), origin);
}

/* Which of them. */

static bool has_list_of_addresses(const struct audit_settings *s)
{
	for (size_t i = 0; i < s->way_count; i++) {
		if (slice_find(s->ways[i].to_host, ',') < s->ways[i].to_host.len)
			return true;
	}
	return false;
}

static bool has_both_families(const struct plan *plan)
{
	const struct transcript *t = audit_find(plan->run, PROBE_BASELINE);

	/* Many a program of a developer listens on one address of localhost alone. */
	return plan->settings->family == AUDIT_ANY_FAMILY && !plan->settings->unix_socket.ptr &&
	       t && !t->proxied && (!t->loopback || has_list_of_addresses(plan->settings));
}

const struct transcript *plan_baseline(const struct plan *plan)
{
	const struct transcript *t = audit_find(plan->run, PROBE_BASELINE);
	const struct transcript *next = NULL;

	while ((next = audit_next(plan->run, PROBE_REDIRECT, next)))
		t = next;
	return t;
}

static bool has_id(const struct plan *plan)
{
	const struct transcript *t = plan_baseline(plan);

	for (size_t i = 0; t && i < t->record_count; i++) {
		if (t->records[i].kind == RECORD_EVENT && t->records[i].id.len > 0)
			return true;
	}
	return false;
}

static bool is_met(const struct plan *plan, enum probe_need need)
{
	const struct audit_settings *s = plan->settings;

	switch (need) {
	case NEED_NOTHING:
		return true;
	case NEED_ORIGIN:
		return s->origin.ptr != NULL;
	case NEED_CREDENTIAL:
		return s->first.count > 0;
	case NEED_BEARER:
		return plan->run->has_bearer;
	case NEED_SECOND:
		return s->second.count > 0;
	case NEED_TICKET:
		return s->has_ticket_url;
	case NEED_HTTPS:
		return s->url.https;
	case NEED_PAGE:
		return s->has_page;
	case NEED_VIA:
		return s->via_count > 0;
	case NEED_FAMILIES:
		return has_both_families(plan);
	case NEED_IDS:
		return has_id(plan);
	case NEED_REDIRECT:
		return true;
	case NEED_INJECT:
		return s->inject;
	case NEED_SOAK:
		return s->soak_ms > 0;
	}
	return false;
}

bool plan_wants(const struct plan *plan, enum probe_kind kind, enum probe_stage stage)
{
	const struct probe *probe = &probes[kind];

	return probe->stage == stage && (probe->quick || !plan->settings->quick) &&
	       is_met(plan, probe->need);
}

/* STAGE_STREAM */

/* One for each hop of --via; `coding` ptr NULL: none. */
static void add_vias(struct plan *plan, enum probe_kind kind, struct slice coding)
{
	const struct audit_settings *s = plan->settings;

	for (size_t i = 0; i < s->via_count; i++) {
		struct probe_spec *spec = plan_add(plan, kind);

		if (!spec)
			return;
		if (coding.ptr)
			plan_add_field(spec, SLICE("Accept-Encoding"), coding);
		spec->variant = s->vias[i].name;
		spec->hop = i + 1;
		spec->url = s->via_urls[i];
	}
}

static void plan_stream(struct plan *plan)
{
	const struct audit_settings *s = plan->settings;
	struct probe_spec *spec;

	(void)plan_add(plan, PROBE_BASELINE);
	spec = plan_add(plan, PROBE_REPEAT);
	if (spec) {
		spec->delay_ms = s->quick ? QUICK_REPEAT_MS : REPEAT_DELAY_MS;
		/* A shorter look at the stream: both still overlap. */
		if (s->span_ms)
			shorten(&spec->delay_ms, s->span_ms / 2);
	}
	add_vias(plan, PROBE_VIA, SLICE_NONE);
}

/* STAGE_STREAMS */

static struct probe_spec *add_wanted(struct plan *plan, enum probe_kind kind,
				     enum probe_stage stage)
{
	return plan_wants(plan, kind, stage) ? plan_add(plan, kind) : NULL;
}

static void add_coded(struct plan *plan, enum probe_kind kind, struct slice coding)
{
	struct probe_spec *spec = add_wanted(plan, kind, STAGE_STREAMS);

	if (spec)
		plan_add_field(spec, SLICE("Accept-Encoding"), coding);
}

static void use_second(struct plan *plan, struct probe_spec *spec)
{
	spec->credential = CREDENTIAL_SECOND;
	memcpy(spec->secrets, plan->settings->second.fields, sizeof(spec->secrets));
	spec->secret_count = plan->settings->second.count;
}

struct slice plan_with_query(struct plan *plan, struct slice target, struct slice pair)
{
	struct slice sep = slice_find(target, '?') < target.len ? SLICE("&") : SLICE("?");

	return plan_join(plan, target, sep, pair, SLICE_NONE);
}

static void other_family(struct plan *plan, struct probe_spec *spec)
{
	const struct transcript *t = audit_find(plan->run, PROBE_BASELINE);

	spec->family = t && t->ipv6 ? FAMILY_4 : FAMILY_6;
}

static void add_http2(struct plan *plan, struct slice variant, uint32_t window)
{
	struct probe_spec *spec = add_wanted(plan, PROBE_HTTP2, STAGE_STREAMS);

	if (!spec)
		return;
	spec->h2 = true;
	spec->variant = variant;
	spec->window = window;
}

static void plan_streams(struct plan *plan)
{
	struct probe_spec *spec;

	/* These two at the same time: before the lanes are full. */
	(void)add_wanted(plan, PROBE_FIRST_USER, STAGE_STREAMS);
	spec = add_wanted(plan, PROBE_SECOND_USER, STAGE_STREAMS);
	if (spec)
		use_second(plan, spec);
	add_coded(plan, PROBE_GZIP, SLICE("gzip"));
	if (plan_wants(plan, PROBE_VIA_GZIP, STAGE_STREAMS))
		add_vias(plan, PROBE_VIA_GZIP, SLICE("gzip"));
	add_coded(plan, PROBE_BR, SLICE("br"));
	add_coded(plan, PROBE_ZSTD, SLICE("zstd"));
	spec = add_wanted(plan, PROBE_HTTP10, STAGE_STREAMS);
	if (spec)
		spec->minor = 0;
	add_http2(plan, SLICE(""), 0);
	spec = add_wanted(plan, PROBE_RANDOM_QUERY, STAGE_STREAMS);
	if (spec)
		spec->url.target = plan_with_query(plan, spec->url.target,
						   plan_join(plan, SLICE("sluice-audit="),
							     plan->marker, SLICE_NONE, SLICE_NONE));
	spec = add_wanted(plan, PROBE_OTHER_FAMILY, STAGE_STREAMS);
	if (spec)
		other_family(plan, spec);
	add_http2(plan, SLICE("window"), TRANSCRIPT_SMALL_WINDOW);
}

/* STAGE_HEADS */

static void plan_heads(struct plan *plan)
{
	plan_negotiation(plan);
	plan_methods(plan);
	plan_origins(plan);
	plan_credentials(plan);
	plan_transport(plan);
}

void plan_round(struct plan *plan, enum probe_stage stage, size_t round)
{
	plan->count = 0;
	if (stage == STAGE_TICKETS)
		plan_tickets(plan, round);
	if (stage == STAGE_STREAM && round > 0)
		plan_redirect(plan, round - 1);
	if (stage == STAGE_SOAK)
		plan_soak(plan);
	/* When all others are over. */
	if (stage == STAGE_RESUME && round == 1)
		plan_control(plan);
	if (round > 0)
		return;
	switch (stage) {
	case STAGE_STREAM:
		plan_stream(plan);
		break;
	case STAGE_STREAMS:
		plan_streams(plan);
		break;
	case STAGE_HEADS:
		plan_heads(plan);
		break;
	case STAGE_RESUME:
		plan_resumes(plan);
		break;
	case STAGE_CROWD:
		plan_crowd(plan);
		break;
	case STAGE_SOAK:
	case STAGE_TICKETS:
	case STAGE_COUNT:
		break;
	}
}

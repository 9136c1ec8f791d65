/* SPDX-License-Identifier: Apache-2.0 */
/* plan_identity.c - probes about credentials, tickets and reconnects. */
#include "audit/plan.h"

#include <string.h>

static struct probe_spec *add(struct plan *plan, enum probe_kind kind, enum probe_stage stage)
{
	return plan_wants(plan, kind, stage) ? plan_add(plan, kind) : NULL;
}

static void without_credential(struct probe_spec *spec)
{
	spec->credential = CREDENTIAL_NONE;
	spec->secret_count = 0;
	spec->expect_refusal = true;
}

static char next_of(char c)
{
	switch (c) {
	case 'z':
		return 'a';
	case 'Z':
		return 'A';
	case '9':
		return '0';
	default:
		return ascii_is_alnum(c) ? (char)(c + 1) : c;
	}
}

/* The last letters and digits moved on by one: of the right shape, and nobody's. */
static void spoil_text(char *text, size_t len)
{
	for (size_t i = len > 12 ? len - 12 : 0; i < len; i++)
		text[i] = next_of(text[i]);
}

/* The value of each pair: any of them may be the one that lets in. */
static void spoil_cookies(char *text, size_t len)
{
	struct slice rest = {text, len};

	while (rest.len > 0) {
		struct slice pair = slice_cut(&rest, ';');
		size_t at = (size_t)(pair.ptr - text) + slice_find(pair, '=') + 1;
		size_t end = (size_t)(pair.ptr - text) + pair.len;

		if (at < end)
			spoil_text(text + at, end - at);
	}
}

/* "Bearer " and the names of the cookies stay. */
static struct slice spoilt(struct plan *plan, const struct http_field *secret)
{
	struct slice value = secret->value;
	char *copy = arena_alloc(&plan->arena, value.len + 1);
	size_t scheme = slice_find(value, ' ') + 1;

	if (!copy) {
		plan->no_memory = true;
		return SLICE("");
	}
	memcpy(copy, value.ptr, value.len);
	if (slice_eq(secret->name, SLICE("Cookie")))
		spoil_cookies(copy, value.len);
	else if (scheme < value.len)
		spoil_text(copy + scheme, value.len - scheme);
	return (struct slice){copy, value.len};
}

static void spoil(struct plan *plan, struct probe_spec *spec)
{
	spec->credential = CREDENTIAL_BAD;
	spec->expect_refusal = true;
	for (size_t i = 0; i < spec->secret_count; i++)
		spec->secrets[i].value = spoilt(plan, &spec->secrets[i]);
}

static struct slice bearer_of(const struct audit_credential *c)
{
	for (size_t i = 0; i < c->count; i++) {
		if (slice_starts(c->fields[i].value, SLICE("Bearer ")))
			return slice_from(c->fields[i].value, 7);
	}
	return SLICE("");
}

/* `name`=`secret` behind the target; the transcript shows a star. */
static void put_in_query(struct plan *plan, struct probe_spec *spec, struct slice name,
			 struct slice secret)
{
	struct slice target = spec->url.target;
	struct slice sep = slice_find(target, '?') < target.len ? SLICE("&") : SLICE("?");
	struct slice front = plan_join(plan, target, sep, name, SLICE("="));

	spec->url.target = plan_join(plan, front, secret, SLICE_NONE, SLICE_NONE);
	spec->target = plan_join(plan, front, SLICE("*"), SLICE_NONE, SLICE_NONE);
	spec->secret_target = true;
}

void plan_credentials(struct plan *plan)
{
	struct probe_spec *spec = add(plan, PROBE_NO_CREDENTIAL, STAGE_HEADS);

	if (spec)
		without_credential(spec);
	spec = add(plan, PROBE_BAD_CREDENTIAL, STAGE_HEADS);
	if (spec)
		spoil(plan, spec);
	spec = add(plan, PROBE_NO_CREDENTIAL_NO_ACCEPT, STAGE_HEADS);
	if (spec) {
		without_credential(spec);
		plan_accept(spec, SLICE("application/json"));
	}
	spec = add(plan, PROBE_NO_CREDENTIAL_ORIGIN, STAGE_HEADS);
	if (spec) {
		without_credential(spec);
		plan_origin(spec, plan->origin);
		spec->origin_allowed = plan->settings->origin.ptr != NULL;
	}
	spec = add(plan, PROBE_QUERY_TOKEN, STAGE_HEADS);
	if (spec) {
		without_credential(spec);
		spec->credential = CREDENTIAL_FIRST;
		put_in_query(plan, spec, SLICE("token"), bearer_of(&plan->settings->first));
	}
}

static void plan_ticket_issue(struct plan *plan)
{
	struct probe_spec *spec = add(plan, PROBE_TICKET_ISSUE, STAGE_TICKETS);

	if (!spec)
		return;
	spec->url = plan->settings->ticket_url;
	plan_post(spec, SLICE("{}"));
	plan_accept(spec, SLICE("application/json"));
}

static void plan_ticket_use(struct plan *plan, enum probe_kind kind)
{
	struct probe_spec *spec;

	if (!plan->ticket.ptr)
		return;
	spec = add(plan, kind, STAGE_TICKETS);
	if (!spec)
		return;
	spec->secret_count = 0;
	spec->credential = CREDENTIAL_TICKET;
	spec->expect_refusal = kind == PROBE_TICKET_REUSE;
	put_in_query(plan, spec, SLICE("ticket"), plan->ticket);
}

static void plan_ticket_http(struct plan *plan)
{
	struct probe_spec *spec;

	if (!plan->settings->url.https || plan->settings->url.port != 443)
		return;
	spec = add(plan, PROBE_TICKET_HTTP, STAGE_TICKETS);
	if (!spec)
		return;
	without_credential(spec);
	spec->url.https = false;
	spec->url.port = 80;
	spec->url.authority = spec->url.host;
	spec->url.target =
		plan_join(plan, slice_upto(spec->url.target, slice_find(spec->url.target, '?')),
			  SLICE("?ticket="), plan->token, SLICE_NONE);
}

/* One a round: each stands on the one before. */
void plan_tickets(struct plan *plan, size_t round)
{
	if (round == 0)
		plan_ticket_issue(plan);
	else if (round == 1)
		plan_ticket_use(plan, PROBE_TICKET_USE);
	else if (round == 2)
		plan_ticket_use(plan, PROBE_TICKET_REUSE);
	else if (round == 3)
		plan_ticket_http(plan);
}

/* Reconnects. */

static struct probe_spec *add_last_id(struct plan *plan, enum probe_kind kind, struct slice id)
{
	struct probe_spec *spec = add(plan, kind, STAGE_RESUME);

	if (!spec)
		return NULL;
	spec->last_id = id;
	plan_add_field(spec, SLICE("Last-Event-ID"), id);
	return spec;
}

/* The second to last id of the baseline, so that one event at least must come again. */
static struct slice old_id(const struct plan *plan)
{
	const struct transcript *t = plan_baseline(plan);
	struct slice last = SLICE_NONE;
	struct slice before = SLICE_NONE;

	for (size_t i = 0; t && i < t->record_count; i++) {
		if (t->records[i].kind != RECORD_EVENT || t->records[i].id.len == 0 ||
		    (last.ptr && slice_eq(t->records[i].id, last)))
			continue;
		before = last;
		last = t->records[i].id;
	}
	return before.ptr ? before : last;
}

static struct slice long_id(struct plan *plan)
{
	char *room = arena_alloc(&plan->arena, PLAN_LAST_ID);

	if (!room) {
		plan->no_memory = true;
		return SLICE("7");
	}
	memset(room, '7', PLAN_LAST_ID);
	return (struct slice){room, PLAN_LAST_ID};
}

/* Line ends as they are, once decoded and twice decoded, each with an event behind it. */
static void plan_inject(struct plan *plan)
{
	static const struct slice ends[] = {SLICE_INIT("%0A"), SLICE_INIT("%0D"),
					    SLICE_INIT("%0D%0A"), SLICE_INIT("%250A")};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct probe_spec *spec = add(plan, PROBE_INJECT, STAGE_RESUME);
		struct slice value;

		if (!spec)
			return;
		value = plan_join(plan, SLICE("sluice-audit=x"), ends[i], SLICE("event:%20"),
				  plan->marker);
		value = plan_join(plan, value, ends[i], SLICE("data:%20x"), ends[i]);
		value = plan_join(plan, value, ends[i], SLICE_NONE, SLICE_NONE);
		spec->variant = ends[i];
		spec->url.target = plan_join(
			plan, spec->url.target,
			slice_find(spec->url.target, '?') < spec->url.target.len ? SLICE("&")
										 : SLICE("?"),
			value, SLICE_NONE);
	}
}

/* A target that holds its heads would have to be waited for, and has let nobody down. */
void plan_control(struct plan *plan)
{
	if (!plan_is_held(plan))
		(void)add(plan, PROBE_CONTROL, STAGE_RESUME);
}

void plan_resumes(struct plan *plan)
{
	struct probe_spec *spec;

	(void)add_last_id(plan, PROBE_RESUME, old_id(plan));
	spec = add_last_id(plan, PROBE_RESUME_ORIGIN, SLICE("0"));
	if (spec && old_id(plan).ptr) {
		spec->last_id = old_id(plan);
		spec->fields[spec->field_count - 1].value = spec->last_id;
	}
	(void)add_last_id(plan, PROBE_LAST_ID_LONG, long_id(plan));
	(void)add_last_id(plan, PROBE_LAST_ID_CONTROL, SLICE("7\t8\x7f"));
	(void)add_last_id(plan, PROBE_LAST_ID_UNICODE,
			  SLICE("\xe2\x9c\x93\xf0\x9f\x98\x80\xff\xfe"));
	(void)add_last_id(plan, PROBE_LAST_ID_PATH, SLICE("../../etc/passwd"));
	(void)add_last_id(plan, PROBE_LAST_ID_SQL, SLICE("1' OR '1'='1' --"));
	plan_inject(plan);
}

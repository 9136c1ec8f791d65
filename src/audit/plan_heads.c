/* SPDX-License-Identifier: Apache-2.0 */
/* plan_heads.c - probes about media types, methods, redirects and the transport. */
#include "audit/plan.h"

#include "http/location.h"

static struct probe_spec *add(struct plan *plan, enum probe_kind kind)
{
	return plan_wants(plan, kind, STAGE_HEADS) ? plan_add(plan, kind) : NULL;
}

static struct probe_spec *add_accept(struct plan *plan, enum probe_kind kind, struct slice accept)
{
	struct probe_spec *spec = add(plan, kind);

	if (spec)
		plan_accept(spec, accept);
	return spec;
}

static void refuse_accept(struct plan *plan, enum probe_kind kind)
{
	struct probe_spec *spec = add_accept(plan, kind, SLICE("application/json"));

	if (spec)
		spec->expect_refusal = true;
}

void plan_negotiation(struct plan *plan)
{
	struct probe_spec *spec;

	(void)add_accept(plan, PROBE_ACCEPT_ANY, SLICE("*/*"));
	(void)add_accept(plan, PROBE_ACCEPT_TEXT, SLICE("text/*"));
	(void)add_accept(plan, PROBE_ACCEPT_NONE, SLICE_NONE);
	(void)add_accept(plan, PROBE_ACCEPT_LIST, SLICE("application/json, text/event-stream"));
	(void)add_accept(plan, PROBE_ACCEPT_Q, SLICE("text/html;q=0.5, text/event-stream;q=0.9"));
	(void)add_accept(plan, PROBE_ACCEPT_PARAM, SLICE("text/event-stream;charset=utf-8"));
	(void)add_accept(plan, PROBE_ACCEPT_CASE, SLICE("Text/Event-Stream"));
	spec = add_accept(plan, PROBE_ACCEPT_LINES, SLICE("application/json"));
	if (spec) {
		plan_add_field(spec, SLICE("Accept"), SLICE("text/event-stream"));
		spec->accept = SLICE("application/json; text/event-stream");
	}
	(void)add_accept(plan, PROBE_ACCEPT_Q0, SLICE("text/event-stream;q=0, */*"));
	refuse_accept(plan, PROBE_ACCEPT_OTHER);
}

void plan_methods(struct plan *plan)
{
	struct probe_spec *spec = add(plan, PROBE_HEAD);

	if (spec)
		plan_method(spec, SLICE("HEAD"));
	spec = add(plan, PROBE_POST);
	if (spec && plan->data.ptr)
		plan_method(spec, SLICE("GET"));
	else if (spec)
		plan_post(spec, SLICE("{}"));
	if (spec)
		spec->expect_refusal = true;
	spec = add(plan, PROBE_RANGE);
	if (spec)
		plan_add_field(spec, SLICE("Range"), SLICE("bytes=0-"));
}

static void without_credential(struct probe_spec *spec)
{
	spec->credential = CREDENTIAL_NONE;
	spec->secret_count = 0;
}

static void plan_plain_http(struct plan *plan)
{
	struct probe_spec *spec;

	/* Behind another port than the usual one nobody knows where plain http would be. */
	if (plan->settings->url.port != 443)
		return;
	spec = add(plan, PROBE_PLAIN_HTTP);
	if (!spec)
		return;
	without_credential(spec);
	plan_method(spec, SLICE("GET"));
	spec->url.https = false;
	spec->url.port = 80;
	spec->url.authority =
		slice_upto(spec->url.authority, spec->url.has_port ? spec->url.authority.len - 4
								   : spec->url.authority.len);
	spec->url.target = plan_with_query(
		plan, spec->url.target,
		plan_join(plan, SLICE("token="), plan->token, SLICE_NONE, SLICE_NONE));
}

void plan_transport(struct plan *plan)
{
	struct probe_spec *spec;

	plan_plain_http(plan);
	spec = add(plan, PROBE_TLS_OLD);
	if (spec)
		spec->versions = TLS_SURVEY_OLD;
	if (spec)
		spec->handshake_only = true;
	spec = add(plan, PROBE_TLS_13);
	if (spec)
		spec->versions = TLS_SURVEY_13;
	if (spec)
		spec->handshake_only = true;
	spec = add(plan, PROBE_PAGE);
	if (!spec)
		return;
	without_credential(spec);
	plan_method(spec, SLICE("GET"));
	spec->url = plan->settings->page;
	plan_origin(spec, SLICE_NONE);
	plan_accept(spec, SLICE("text/html,application/xhtml+xml,*/*;q=0.8"));
}

/* Redirects: one a round, each from the answer before. */

void plan_redirect(struct plan *plan, size_t round)
{
	const struct transcript *t = audit_find(plan->run, PROBE_BASELINE);
	const struct transcript *next = NULL;
	struct url from = plan->settings->url;
	char room[LOCATION_MAX];
	struct writer w;
	struct url to;

	for (size_t i = 0; i < round; i++)
		next = audit_next(plan->run, PROBE_REDIRECT, next);
	if (round > PROBE_MAX_REDIRECTS - 1 || (round > 0 && !next))
		return;
	if (next) {
		from.https = next->request.https;
		from.authority = next->request.authority;
		from.target = next->request.target;
		t = next;
	}
	if (!t || t->status < 300 || t->status > 399 || t->leaks)
		return;
	writer_init(&w, room, sizeof(room));
	if (location_resolve(&w, &from, transcript_field(t, SLICE("location"))) ||
	    url_parse(arena_copy(&plan->arena, writer_slice(&w)), &to))
		return;
	/* 307 and 308 keep method and body (RFC 9110 15.4); behind the others GET opens the stream.
	 */
	if (t->status < 307)
		plan->data = SLICE_NONE;
	struct probe_spec *spec = plan_add(plan, PROBE_REDIRECT);
	if (!spec)
		return;
	spec->url = to;
	/* What all other probes ask is the stream itself, as long as it may have the credential. */
	if (location_same_origin(&to, &plan->settings->url))
		plan->url = to;
	else
		without_credential(spec);
}

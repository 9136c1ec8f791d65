/* SPDX-License-Identifier: Apache-2.0 */
/* plan_cors.c - origins that a careless comparison lets in, made out of the one that is allowed. */
#include "audit/plan.h"

static struct probe_spec *add(struct plan *plan, enum probe_kind kind, struct slice variant,
			      struct slice origin)
{
	struct probe_spec *spec = NULL;

	if (plan_wants(plan, kind, STAGE_HEADS))
		spec = plan_add(plan, kind);
	if (!spec)
		return NULL;
	spec->variant = variant;
	plan_origin(spec, origin);
	return spec;
}

/* scheme://HOST[:port] of the allowed origin, with another host. */
static struct slice with_host(struct plan *plan, struct slice front, struct slice host,
			      struct slice back)
{
	size_t at = (size_t)(plan->origin_host.ptr - plan->origin.ptr);
	struct slice scheme = slice_upto(plan->origin, at);
	struct slice port = slice_from(plan->origin, at + plan->origin_host.len);
	struct slice name = plan_join(plan, front, host, back, SLICE_NONE);

	return plan_join(plan, scheme, name, port, SLICE_NONE);
}

static void add_dots(struct plan *plan)
{
	static const struct slice names[PLAN_MAX_DOTS] = {SLICE_INIT("dot 1"), SLICE_INIT("dot 2"),
							  SLICE_INIT("dot 3"), SLICE_INIT("dot 4")};
	struct slice host = plan->origin_host;
	size_t n = 0;

	for (size_t i = 0; i < host.len && n < PLAN_MAX_DOTS; i++) {
		if (host.ptr[i] != '.')
			continue;
		(void)add(
			plan, PROBE_ORIGIN_DOT, names[n++],
			with_host(plan, slice_upto(host, i), SLICE("x"), slice_from(host, i + 1)));
	}
}

static void add_odd(struct plan *plan)
{
	static const struct slice odd[] = {
		SLICE_INIT("_"),   SLICE_INIT("-"), SLICE_INIT("\""), SLICE_INIT("{"),
		SLICE_INIT("%60"), SLICE_INIT("!"), SLICE_INIT("&"),  SLICE_INIT("%0b"),
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		(void)add(plan, PROBE_ORIGIN_ODD, odd[i],
			  with_host(plan, plan->origin_host, odd[i], SLICE(".evil.example")));
}

/* What is made out of the host's name. */
static void add_by_host(struct plan *plan)
{
	struct slice host = plan->origin_host;
	struct slice none = SLICE("");

	(void)add(plan, PROBE_ORIGIN_SUFFIX, none,
		  with_host(plan, host, SLICE(".evil.example"), none));
	(void)add(plan, PROBE_ORIGIN_PREFIX, none, with_host(plan, SLICE("evil"), host, none));
	add_dots(plan);
	(void)add(plan, PROBE_ORIGIN_SUBDOMAIN, none,
		  with_host(plan, plan->marker, SLICE("."), host));
	(void)add(plan, PROBE_ORIGIN_TRUNCATED, SLICE("first letter"),
		  with_host(plan, slice_from(host, 1), none, none));
	(void)add(plan, PROBE_ORIGIN_TRUNCATED, SLICE("last letter"),
		  with_host(plan, slice_upto(host, host.len - 1), none, none));
	add_odd(plan);
	(void)add(plan, PROBE_ORIGIN_PORT, none,
		  plan_join(plan, SLICE("https://"), host, SLICE(":65000"), SLICE_NONE));
	(void)add(plan, PROBE_ORIGIN_USERINFO, none,
		  with_host(plan, host, SLICE("@evil.example"), none));
	(void)add(plan, PROBE_ORIGIN_BACKSLASH, none,
		  with_host(plan, SLICE("evil.example\\"), host, none));
	(void)add(plan, PROBE_ORIGIN_TRAILING_DOT, none, with_host(plan, host, SLICE("."), none));
	/* The first letter as the Cyrillic one that looks like it, in the form for DNS. */
	(void)add(plan, PROBE_ORIGIN_IDN, none,
		  with_host(plan, SLICE("xn--80a"), slice_from(host, 1), none));
	if (slice_starts(plan->origin, SLICE("https://")))
		(void)add(plan, PROBE_ORIGIN_HTTP, none,
			  plan_join(plan, SLICE("http://"), slice_from(plan->origin, 8), SLICE_NONE,
				    SLICE_NONE));
}

static void add_strangers(struct plan *plan)
{
	static const struct {
		enum probe_kind kind;
		struct slice origin;
	} strangers[] = {
		{PROBE_ORIGIN_NULL, SLICE_INIT("null")},
		{PROBE_ORIGIN_SCHEME, SLICE_INIT("file://")},
		{PROBE_ORIGIN_SCHEME,
		 SLICE_INIT("chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")},
		{PROBE_ORIGIN_SCHEME,
		 SLICE_INIT("moz-extension://00000000-0000-4000-8000-000000000000")},
		{PROBE_ORIGIN_SCHEME, SLICE_INIT("capacitor://localhost")},
		{PROBE_ORIGIN_LOCALHOST, SLICE_INIT("http://localhost:3000")},
		{PROBE_ORIGIN_LOCALHOST, SLICE_INIT("http://127.0.0.1:3000")},
		{PROBE_ORIGIN_HOSTING, SLICE_INIT("https://sluice-audit.github.io")},
		{PROBE_ORIGIN_HOSTING, SLICE_INIT("https://sluice-audit.pages.dev")},
	};

	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		(void)add(plan, strangers[i].kind, strangers[i].origin, strangers[i].origin);
	(void)add(plan, PROBE_ORIGIN_RANDOM, SLICE(""),
		  plan_join(plan, SLICE("https://"), plan->marker, SLICE(".example"), SLICE_NONE));
}

static void add_preflight(struct plan *plan)
{
	struct probe_spec *spec = add(plan, PROBE_PREFLIGHT, SLICE(""), plan->origin);

	if (!spec)
		return;
	spec->origin_allowed = plan->settings->origin.ptr != NULL;
	plan_method(spec, SLICE("OPTIONS"));
	spec->credential = CREDENTIAL_NONE;
	spec->secret_count = 0;
	plan_accept(spec, SLICE("*/*"));
	plan_add_field(spec, SLICE("Access-Control-Request-Method"),
		       plan->data.ptr ? SLICE("POST") : SLICE("GET"));
	plan_add_field(spec, SLICE("Access-Control-Request-Headers"),
		       SLICE("authorization,cache-control,content-type,last-event-id"));
}

void plan_origins(struct plan *plan)
{
	struct probe_spec *spec;

	(void)add(plan, PROBE_ORIGIN_NONE, SLICE(""), SLICE_NONE);
	spec = add(plan, PROBE_ORIGIN_ALLOWED, SLICE(""), plan->origin);
	if (spec)
		spec->origin_allowed = true;
	add_strangers(plan);
	if (plan->origin_host.len > 1)
		add_by_host(plan);
	spec = add(plan, PROBE_ORIGIN_ON_ERROR, SLICE(""), plan->origin);
	if (spec) {
		spec->origin_allowed = plan->settings->origin.ptr != NULL;
		spec->expect_refusal = true;
		plan_accept(spec, SLICE("application/json"));
	}
	add_preflight(plan);
}

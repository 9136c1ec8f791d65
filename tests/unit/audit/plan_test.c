/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/plan.h"

#include "../test.h"

#include <stdlib.h>
#include <string.h>

struct desk {
	struct audit_settings settings;
	struct transcript transcripts[2];
	struct audit_run run;
	struct plan plan;
};

static void sit_down(struct desk *d, const char *url, const char *origin)
{
	memset(d, 0, sizeof(*d));
	d->settings.url_text = slice_of(url);
	assert_int_equal(url_parse(d->settings.url_text, &d->settings.url), OK);
	d->settings.origin = slice_of(origin);
	d->settings.seed = 1;
	d->run.transcripts = d->transcripts;
	plan_init(&d->plan, &d->settings, &d->run);
}

static const struct probe_spec *find(const struct desk *d, enum probe_kind kind, size_t nth)
{
	for (size_t i = 0; i < d->plan.count; i++) {
		if (d->plan.specs[i].kind == kind && nth-- == 0)
			return &d->plan.specs[i];
	}
	return NULL;
}

static const struct {
	const char *name;
	enum probe_kind kind;
	size_t nth;
	const char *origin; /* NULL: no such probe */
} origins[] = {
	{"the allowed one", PROBE_ORIGIN_ALLOWED, 0, "https://app.example.com:8443"},
	{"a suffix", PROBE_ORIGIN_SUFFIX, 0, "https://app.example.com.evil.example:8443"},
	{"a prefix", PROBE_ORIGIN_PREFIX, 0, "https://evilapp.example.com:8443"},
	{"the first dot", PROBE_ORIGIN_DOT, 0, "https://appxexample.com:8443"},
	{"the second dot", PROBE_ORIGIN_DOT, 1, "https://app.examplexcom:8443"},
	{"no third dot", PROBE_ORIGIN_DOT, 2, NULL},
	{"without the first letter", PROBE_ORIGIN_TRUNCATED, 0, "https://pp.example.com:8443"},
	{"without the last letter", PROBE_ORIGIN_TRUNCATED, 1, "https://app.example.co:8443"},
	{"another port", PROBE_ORIGIN_PORT, 0, "https://app.example.com:65000"},
	{"over http", PROBE_ORIGIN_HTTP, 0, "http://app.example.com:8443"},
	{"with user information", PROBE_ORIGIN_USERINFO, 0,
	 "https://app.example.com@evil.example:8443"},
	{"null", PROBE_ORIGIN_NULL, 0, "null"},
};

static void hostile_origins_are_made_of_the_allowed_one(void **state)
{
	struct desk *d = malloc(sizeof(*d));

	(void)state;
	sit_down(d, "https://api.example.com/stream", "https://app.example.com:8443");
	plan_round(&d->plan, STAGE_HEADS, 0);
	for (size_t i = 0; i < COUNT_OF(origins); i++) {
		const struct probe_spec *spec = find(d, origins[i].kind, origins[i].nth);

		check(origins[i].name, (spec != NULL) == (origins[i].origin != NULL));
		if (spec)
			check_slice(origins[i].name, spec->origin, slice_of(origins[i].origin));
	}
	assert_true(find(d, PROBE_ORIGIN_ALLOWED, 0)->origin_allowed);
	assert_false(find(d, PROBE_ORIGIN_SUFFIX, 0)->origin_allowed);
	plan_fini(&d->plan);
	free(d);
}

static void without_an_origin_the_own_one_is_the_pattern(void **state)
{
	struct desk *d = malloc(sizeof(*d));

	(void)state;
	sit_down(d, "https://API.example.com/stream", NULL);
	plan_round(&d->plan, STAGE_HEADS, 0);
	assert_null(find(d, PROBE_ORIGIN_ALLOWED, 0));
	check_slice("suffix", find(d, PROBE_ORIGIN_SUFFIX, 0)->origin,
		    SLICE("https://api.example.com.evil.example"));
	plan_round(&d->plan, STAGE_STREAM, 0);
	assert_null(find(d, PROBE_BASELINE, 0)->origin.ptr);
	plan_fini(&d->plan);
	free(d);
}

static void quick_leaves_out_what_takes_long(void **state)
{
	struct desk *d = malloc(sizeof(*d));

	(void)state;
	sit_down(d, "http://127.0.0.1/", NULL);
	d->settings.quick = true;
	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		plan_round(&d->plan, (enum probe_stage)stage, 0);
		for (size_t i = 0; i < d->plan.count; i++) {
			assert_true(probes[d->plan.specs[i].kind].quick);
			assert_true(d->plan.specs[i].span_ms <= PROBE_QUICK_SPAN_MS);
		}
	}
	plan_fini(&d->plan);
	free(d);
}

/* All of them at once still fit the lists, with room. */
static void the_whole_plan_fits(void **state)
{
	struct desk *d = malloc(sizeof(*d));
	size_t total = 0;

	(void)state;
	sit_down(d, "https://a.b.c.d.e.f.example/stream?x=y", "https://a.b.c.d.e.f.example");
	d->settings.first.fields[0] =
		(struct http_field){SLICE("Authorization"), SLICE("Bearer abc")};
	d->settings.first.count = 1;
	d->settings.second = d->settings.first;
	d->settings.inject = d->settings.has_ticket_url = true;
	d->settings.soak_ms = 1;
	d->run.has_bearer = true;
	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		plan_round(&d->plan, (enum probe_stage)stage, 0);
		assert_true(d->plan.count < PLAN_MAX_SPECS / 2 + PLAN_MAX_SPECS / 4);
		total += d->plan.count;
	}
	assert_true(total < AUDIT_DEFAULT_REQUESTS);
	assert_false(d->plan.no_memory);
	plan_fini(&d->plan);
	free(d);
}

static void a_bad_credential_is_of_the_right_shape(void **state)
{
	struct desk *d = malloc(sizeof(*d));

	(void)state;
	sit_down(d, "https://api.example/", NULL);
	d->settings.first.fields[0] =
		(struct http_field){SLICE("Authorization"), SLICE("Bearer aZ9-z")};
	d->settings.first.fields[1] =
		(struct http_field){SLICE("Cookie"), SLICE("sid=abc; b; theme=dark-x")};
	d->settings.first.count = 2;
	plan_round(&d->plan, STAGE_HEADS, 0);
	const struct probe_spec *spec = find(d, PROBE_BAD_CREDENTIAL, 0);
	assert_non_null(spec);
	check_slice("bearer", spec->secrets[0].value, SLICE("Bearer bA0-a"));
	check_slice("each cookie", spec->secrets[1].value, SLICE("sid=bcd; b; theme=ebsl-y"));
	assert_int_equal(find(d, PROBE_NO_CREDENTIAL, 0)->secret_count, 0);
	plan_fini(&d->plan);
	free(d);
}

static void a_redirect_is_followed_with_secrets_at_home_only(void **state)
{
	static const struct {
		const char *name;
		const char *location;
		const char *authority; /* NULL: not followed */
		size_t secrets;
	} cases[] = {
		{"a path", "/b", "api.example", 1},
		{"the same origin", "https://API.example/b", "API.example", 1},
		{"another port", "https://api.example:8443/b", "api.example:8443", 0},
		{"another host", "//other.example/b", "other.example", 0},
		{"down to http", "http://api.example/b", "api.example", 0},
		{"no web address", "ftp://api.example/b", NULL, 0},
		{"nothing", "", NULL, 0},
	};
	struct desk *d = malloc(sizeof(*d));

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct http_field location = {SLICE("Location"), slice_of(cases[i].location)};

		sit_down(d, "https://api.example/a", NULL);
		d->settings.first.fields[0] = (struct http_field){SLICE("Cookie"), SLICE("a=b")};
		d->settings.first.count = 1;
		d->run.transcript_count = 1;
		d->transcripts[0] = (struct transcript){.kind = PROBE_BASELINE,
							.outcome = OUTCOME_ANSWERED,
							.status = 302,
							.fields = &location,
							.field_count = 1};
		plan_round(&d->plan, STAGE_STREAM, 1);
		const struct probe_spec *spec = find(d, PROBE_REDIRECT, 0);
		check(cases[i].name, (spec != NULL) == (cases[i].authority != NULL));
		if (spec) {
			check_slice(cases[i].name, spec->url.authority,
				    slice_of(cases[i].authority));
			check(cases[i].name, spec->secret_count == cases[i].secrets);
		}
		plan_fini(&d->plan);
	}
	free(d);
}

static void a_delay_has_its_time(void **state)
{
	struct desk *d = malloc(sizeof(*d));

	(void)state;
	sit_down(d, "https://api.example/", NULL);
	d->settings.max_requests = 150;
	assert_int_equal(plan_time_ms(&d->plan), AUDIT_TIME_MS);
	d->settings.delay_ms = 1000;
	assert_int_equal(plan_time_ms(&d->plan), AUDIT_TIME_MS + 150000);
	d->settings.quick = true;
	assert_int_equal(plan_time_ms(&d->plan), AUDIT_QUICK_TIME_MS);
	plan_fini(&d->plan);
	free(d);
}

/* When all others are over, and where it would not have to be waited for. */
static void the_control_comes_last(void **state)
{
	struct desk *d = malloc(sizeof(*d));

	(void)state;
	sit_down(d, "https://api.example/", NULL);
	d->run.transcript_count = 1;
	d->transcripts[0] = (struct transcript){.kind = PROBE_BASELINE,
						.outcome = OUTCOME_ANSWERED,
						.status = 200,
						.sent_ns = 1,
						.head_ns = 2};
	plan_round(&d->plan, STAGE_RESUME, 0);
	assert_null(find(d, PROBE_CONTROL, 0));
	plan_round(&d->plan, STAGE_RESUME, 1);
	assert_int_equal(d->plan.count, 1);
	assert_non_null(find(d, PROBE_CONTROL, 0));
	plan_round(&d->plan, STAGE_RESUME, 2);
	assert_int_equal(d->plan.count, 0);
	d->transcripts[0].head_ns = 2000000000;
	plan_round(&d->plan, STAGE_RESUME, 1);
	assert_int_equal(d->plan.count, 0);
	plan_fini(&d->plan);
	free(d);
}

static const struct {
	const char *name;
	enum probe_stage stage;
	enum probe_kind kind;
	const char *method;
	const char *body; /* NULL: none */
} posts[] = {
	{"the baseline", STAGE_STREAM, PROBE_BASELINE, "POST", "[1]"},
	{"over HTTP/2", STAGE_STREAMS, PROBE_HTTP2, "POST", "[1]"},
	{"an Accept", STAGE_HEADS, PROBE_ACCEPT_ANY, "POST", "[1]"},
	{"HEAD", STAGE_HEADS, PROBE_HEAD, "HEAD", NULL},
	{"the other method", STAGE_HEADS, PROBE_POST, "GET", NULL},
	{"plain http", STAGE_HEADS, PROBE_PLAIN_HTTP, "GET", NULL},
	{"the page", STAGE_HEADS, PROBE_PAGE, "GET", NULL},
	{"the preflight", STAGE_HEADS, PROBE_PREFLIGHT, "OPTIONS", NULL},
	{"the ticket", STAGE_TICKETS, PROBE_TICKET_ISSUE, "POST", "{}"},
};

static size_t count_fields(const struct probe_spec *spec, struct slice name, struct slice *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < spec->field_count; i++) {
		if (slice_eq_nocase(spec->fields[i].name, name)) {
			*ret = spec->fields[i].value;
			n++;
		}
	}
	return n;
}

static void a_body_goes_where_the_stream_is_opened(void **state)
{
	struct desk *d = malloc(sizeof(*d));
	struct slice value;

	(void)state;
	sit_down(d, "https://api.example.com/stream", "https://app.example.com");
	d->settings.data = d->plan.data = SLICE("[1]");
	d->settings.has_page = d->settings.has_ticket_url = true;
	d->settings.page = d->settings.ticket_url = d->settings.url;
	for (size_t i = 0; i < COUNT_OF(posts); i++) {
		plan_round(&d->plan, posts[i].stage, 0);
		const struct probe_spec *spec = find(d, posts[i].kind, 0);

		assert_non_null(spec);
		check_slice(posts[i].name, spec->method, slice_of(posts[i].method));
		check_slice(posts[i].name, spec->body, slice_of(posts[i].body));
		check(posts[i].name,
		      count_fields(spec, SLICE("Content-Type"), &value) == (posts[i].body != NULL));
	}
	plan_round(&d->plan, STAGE_HEADS, 0);
	assert_int_equal(count_fields(find(d, PROBE_PREFLIGHT, 0),
				      SLICE("Access-Control-Request-Method"), &value),
			 1);
	check_slice("what a browser would ask", value, SLICE("POST"));
	plan_fini(&d->plan);
	free(d);
}

static void only_some_redirects_keep_the_body(void **state)
{
	struct desk *d = malloc(sizeof(*d));
	const struct http_field location = {SLICE("Location"), SLICE("/new")};

	(void)state;
	for (unsigned status = 301; status <= 308; status++) {
		sit_down(d, "https://api.example.com/stream", NULL);
		d->settings.data = d->plan.data = SLICE("[1]");
		d->transcripts[0] = (struct transcript){.kind = PROBE_BASELINE,
							.outcome = OUTCOME_ANSWERED,
							.status = status,
							.fields = &location,
							.field_count = 1};
		d->run.transcript_count = 1;
		plan_round(&d->plan, STAGE_STREAM, 1);
		const struct probe_spec *spec = find(d, PROBE_REDIRECT, 0);

		assert_non_null(spec);
		check_slice("RFC 9110 15.4", spec->method,
			    status >= 307 ? SLICE("POST") : SLICE("GET"));
		assert_true((spec->body.ptr != NULL) == (status >= 307));
		plan_round(&d->plan, STAGE_STREAMS, 0);
		check_slice("what asks the same URL later", find(d, PROBE_GZIP, 0)->method,
			    status >= 307 ? SLICE("POST") : SLICE("GET"));
		plan_fini(&d->plan);
	}
	free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_origins_are_made_of_the_allowed_one),
		cmocka_unit_test(without_an_origin_the_own_one_is_the_pattern),
		cmocka_unit_test(quick_leaves_out_what_takes_long),
		cmocka_unit_test(the_whole_plan_fits),
		cmocka_unit_test(a_bad_credential_is_of_the_right_shape),
		cmocka_unit_test(a_redirect_is_followed_with_secrets_at_home_only),
		cmocka_unit_test(a_delay_has_its_time),
		cmocka_unit_test(the_control_comes_last),
		cmocka_unit_test(a_body_goes_where_the_stream_is_opened),
		cmocka_unit_test(only_some_redirects_keep_the_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

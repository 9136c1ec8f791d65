/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include "policy/fields.h"
#include "policy/head.h"
#include "policy/rules.h"

#include <string.h>

#define S(lit) SLICE_INIT(lit)

static const struct cors_verdict verdicts[] = {
	{.allow_origin = S("https://app.example.com"),
	 .credentials = true,
	 .vary_origin = true,
	 .is_cors = true},
	{.allow_origin = S("https://app.example.com"), .vary_origin = true, .is_cors = true},
	{.allow_origin = S("*"), .is_cors = true},
	{.allow_origin = S("*")},
	{.vary_origin = true},
};

/* One bit each; the verdict takes three more. */
enum {
	MINOR = 1u << 0,
	HTTPS = 1u << 1,
	CHARSET = 1u << 2,
	GUIDE = 1u << 3,
	PRELOAD = 1u << 4,
	ACCEPT = 1u << 5,
	DATED = 1u << 6,
	KEEP = 1u << 7,
	EDGE_SHIFT = 8,
	BITS = 1u << 12,
};

struct setup {
	struct head_rules rules;
	struct head_facts facts;
};

static struct setup setup_of(unsigned bits, const struct cors_verdict *cors)
{
	return (struct setup){
		.rules = {.edges = bits >> EDGE_SHIFT,
			  .charset = bits & CHARSET,
			  .guide = bits & GUIDE,
			  .hsts_preload = bits & PRELOAD,
			  .cors_any = cors != NULL && slice_eq(cors->allow_origin, SLICE("*")),
			  .cors_route = cors != NULL && cors->allow_origin.ptr != NULL},
		.facts = {.version = bits & MINOR ? HTTP_1_1 : HTTP_1_0,
			  .https = bits & HTTPS,
			  .keep_alive = bits & KEEP,
			  .vary_accept = bits & ACCEPT,
			  .date = bits & DATED ? SLICE("Sun, 22 Nov 2026 10:00:00 GMT")
					       : SLICE_NONE,
			  .cors = cors},
	};
}

static struct wire stream_of(const struct setup *setup, char text[static POLICY_MAX_HEAD])
{
	struct writer w;

	writer_init(&w, text, POLICY_MAX_HEAD);
	head_stream(&w, &setup->rules, &setup->facts);
	assert_false(w.overflow);
	return wire_read(writer_slice(&w));
}

static struct wire short_of(const struct setup *setup, const struct short_answer *answer,
			    char text[static POLICY_MAX_HEAD])
{
	struct writer w;

	writer_init(&w, text, POLICY_MAX_HEAD);
	head_short(&w, &setup->rules, &setup->facts, answer);
	assert_false(w.overflow);
	return wire_read(writer_slice(&w));
}

static void writes_the_usual_stream(void **state)
{
	static const char want[] =
		"HTTP/1.1 200 OK\r\n"
		"Content-Type: text/event-stream; charset=utf-8\r\n"
		"Cache-Control: no-cache, no-store, no-transform, private\r\n"
		"X-Accel-Buffering: no\r\n"
		"X-Content-Type-Options: nosniff\r\n"
		"Incremental: ?1\r\n"
		"Content-Security-Policy: default-src 'none'; connect-src 'self'; "
		"frame-ancestors 'none'; sandbox\r\n"
		"Cross-Origin-Resource-Policy: same-origin\r\n"
		"Referrer-Policy: no-referrer\r\n"
		"Vary: Origin, Accept, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest\r\n"
		"Access-Control-Allow-Origin: https://app.example.com\r\n"
		"Access-Control-Allow-Credentials: true\r\n"
		"Access-Control-Expose-Headers: Last-Event-ID, Retry-After\r\n"
		"Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n"
		"Connection: keep-alive\r\n"
		"Transfer-Encoding: chunked\r\n"
		"\r\n";
	struct setup setup = setup_of(MINOR | HTTPS | CHARSET | ACCEPT, &verdicts[0]);
	char text[POLICY_MAX_HEAD];
	struct writer w;

	(void)state;
	writer_init(&w, text, sizeof(text));
	head_stream(&w, &setup.rules, &setup.facts);
	check_slice("the usual stream", writer_slice(&w), slice_of(want));
}

static const struct {
	const char *name;
	unsigned bits;
	size_t verdict;
	const char *field;
	const char *value; /* NULL: absent */
} variants[] = {
	{"charset is a knob", 0, 4, "Content-Type", "text/event-stream"},
	{"preset guide has the guide's policy", GUIDE, 4, "Content-Security-Policy",
	 "default-src 'none'; connect-src 'self'"},
	{"preset guide keeps our stricter caching", GUIDE, 4, "Cache-Control",
	 "no-cache, no-store, no-transform, private"},
	{"preset guide asks for preload as the guide does", GUIDE | HTTPS, 4,
	 "Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"},
	{"preload is a knob", PRELOAD | HTTPS, 4, "Strict-Transport-Security",
	 "max-age=63072000; includeSubDomains; preload"},
	{"no HSTS over plain http", 0, 4, "Strict-Transport-Security", NULL},
	{"a public route may be embedded across origins", MINOR, 2, "Cross-Origin-Resource-Policy",
	 "cross-origin"},
	{"a star does not vary by Origin", MINOR, 2, "Vary",
	 "Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest"},
	{"a star has no credentials", MINOR, 2, "Access-Control-Allow-Credentials", NULL},
	{"our own origin needs no permission", MINOR, 4, "Access-Control-Allow-Origin", NULL},
	{"but a cache must keep it apart", MINOR, 4, "Vary",
	 "Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest"},
	{"HTTP/1.0 gets no chunks", 0, 4, "Transfer-Encoding", NULL},
	{"HTTP/1.0 ends with the connection", KEEP, 4, "Connection", "close"},
	{"Fastly", EDGE_FASTLY << EDGE_SHIFT, 4, "Surrogate-Control", "no-store"},
	{"Fastly alone", EDGE_FASTLY << EDGE_SHIFT, 4, "CDN-Cache-Control", NULL},
	{"Cloudflare", EDGE_CLOUDFLARE << EDGE_SHIFT, 4, "CDN-Cache-Control", "no-store"},
	{"Cloudflare alone", EDGE_CLOUDFLARE << EDGE_SHIFT, 4, "Surrogate-Control", NULL},
	{"an unknown edge gets both: one", EDGE_GENERIC << EDGE_SHIFT, 4, "Surrogate-Control",
	 "no-store"},
	{"an unknown edge gets both: two", EDGE_GENERIC << EDGE_SHIFT, 4, "CDN-Cache-Control",
	 "no-store"},
	{"nginx needs neither", EDGE_NGINX << EDGE_SHIFT, 4, "Surrogate-Control", NULL},
	{"a clock gives a Date", DATED, 4, "Date", "Sun, 22 Nov 2026 10:00:00 GMT"},
	{"no clock, no Date", 0, 4, "Date", NULL},
	{"never our name", MINOR, 4, "Server", NULL},
};

static void check_field(const char *name, const struct wire *wire, const char *field,
			const char *value)
{
	struct slice got = wire_get(wire, field);

	if (value == NULL)
		check(name, got.ptr == NULL);
	else
		check_slice(name, got, slice_of(value));
}

static void writes_variants(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(variants); i++) {
		struct setup setup = setup_of(variants[i].bits, &verdicts[variants[i].verdict]);
		char text[POLICY_MAX_HEAD];
		struct wire wire = stream_of(&setup, text);

		check_field(variants[i].name, &wire, variants[i].field, variants[i].value);
	}
}

static struct observation observe(const struct wire *wire, const struct setup *setup)
{
	const struct cors_verdict *cors = setup->facts.cors;
	bool foreign = cors->is_cors;

	return (struct observation){
		.request_minor = setup->facts.version > HTTP_1_0,
		.response_minor = 1,
		.https = setup->facts.https,
		.loopback = !setup->facts.https,
		.origin = foreign ? SLICE("https://app.example.com") : SLICE_NONE,
		.origin_expected = foreign,
		.credentials = cors->credentials,
		.status = 200,
		.fields = wire->fields,
		.field_count = wire->count,
	};
}

/* A103 is a note on exactly what the knob charset does; it must say so, and nothing else. */
static void check_finding(const struct rule *rule, const struct setup *setup,
			  const struct observation *o)
{
	enum verdict verdict = (rule->check)(o);

	if (slice_eq(rule->id, SLICE("A103")) && !setup->rules.charset)
		assert_int_equal(verdict, VERDICT_FAIL);
	else if (verdict != VERDICT_PASS && verdict != VERDICT_NA)
		fail_msg("%.*s: %.*s", SLICE_ARG(rule->id), SLICE_ARG(rule->title));
}

static void every_stream_passes_every_rule(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < BITS; bits++) {
		for (size_t v = 0; v < COUNT_OF(verdicts); v++) {
			struct setup setup = setup_of(bits, &verdicts[v]);
			char text[POLICY_MAX_HEAD];
			struct wire wire = stream_of(&setup, text);
			struct observation o = observe(&wire, &setup);

			for (size_t i = 0; i < policy_rule_count; i++)
				if (policy_rules[i].check != NULL)
					check_finding(&policy_rules[i], &setup, &o);
		}
	}
}

/*
 * RFC 9113 8.2.2: the same fields as on HTTP/1.1, but for those of the connection; no status line
 * and no end, which are frames there.
 */
static void http_2_has_no_fields_of_the_connection(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < BITS; bits++) {
		struct setup setup = setup_of(bits | MINOR, &verdicts[bits % COUNT_OF(verdicts)]);
		char one[POLICY_MAX_HEAD], two[POLICY_MAX_HEAD];
		struct wire wire = stream_of(&setup, one);
		struct writer w;

		setup.facts.version = HTTP_2;
		writer_init(&w, two, sizeof(two));
		head_stream(&w, &setup.rules, &setup.facts);
		struct slice rest = writer_slice(&w);
		for (size_t i = 0; i < wire.count; i++) {
			bool is_hop = slice_eq(wire.fields[i].name, SLICE("Connection")) ||
				      slice_eq(wire.fields[i].name, SLICE("Transfer-Encoding"));
			struct slice line = slice_upto(rest, slice_find(rest, '\r'));

			if (is_hop)
				continue;
			assert_true(slice_starts(line, wire.fields[i].name));
			assert_true(slice_ends(line, wire.fields[i].value));
			rest = slice_from(rest, line.len + 2);
		}
		assert_int_equal(rest.len, 0);
	}
}

static void a_short_answer_over_http_2_says_nothing_of_the_connection(void **state)
{
	struct setup setup = setup_of(0, NULL);
	struct short_answer answer = {.refusal = REFUSAL_FULL, .retry_after_s = 5};
	char text[POLICY_MAX_HEAD];
	struct writer w;

	(void)state;
	setup.facts.version = HTTP_2;
	setup.facts.keep_alive = false;
	writer_init(&w, text, sizeof(text));
	head_short(&w, &setup.rules, &setup.facts, &answer);
	assert_int_equal(head_status(&answer), 503);
	assert_false(slice_starts(writer_slice(&w), SLICE("HTTP")));
	text[w.len] = '\0';
	assert_null(strstr(text, "Connection"));
	assert_true(slice_ends(writer_slice(&w), SLICE("\r\n")));
	assert_false(slice_ends(writer_slice(&w), SLICE("\r\n\r\n")));
}

/* Rows in the order of the table, each at most once, and nothing that is not in the table. */
static void check_order(const struct wire *wire, unsigned scope, bool seen[])
{
	size_t row = 0;

	for (size_t i = 0; i < wire->count; i++) {
		while (row < policy_field_count &&
		       ((policy_fields[row].scope & scope) == 0 ||
			!slice_eq(policy_fields[row].name, wire->fields[i].name)))
			row++;
		if (row == policy_field_count)
			fail_msg("%.*s is out of the table", SLICE_ARG(wire->fields[i].name));
		seen[row++] = true;
	}
}

static const struct short_answer answers[] = {
	{.refusal = REFUSAL_NO_CREDENTIAL,
	 .content_type = S("application/json"),
	 .content_length = 87},
	{.status = 405,
	 .refusal = REFUSAL_METHOD,
	 .content_type = S("application/json"),
	 .allow = S("GET, HEAD, OPTIONS")},
	{.status = 204, .allow = S("GET, HEAD, OPTIONS"), .preflight = true},
	{.status = 503,
	 .refusal = REFUSAL_FULL,
	 .content_type = S("application/json"),
	 .retry_after_s = 30},
	{.status = 200,
	 .content_type = S("text/html"),
	 .cacheable = true,
	 .csp = S("x"),
	 .content_length = UINT64_MAX},
};

static void every_row_is_written_in_order(void **state)
{
	bool seen[64] = {false};

	(void)state;
	assert_true(policy_field_count <= COUNT_OF(seen));
	for (unsigned bits = 0; bits < BITS; bits++) {
		struct setup setup = setup_of(bits, &verdicts[bits % COUNT_OF(verdicts)]);
		char text[POLICY_MAX_HEAD];
		if (bits % 2 == 1)
			setup.facts.set_cookie = SLICE("sluice-resume=x; Path=/stream; HttpOnly");
		struct wire wire = stream_of(&setup, text);

		check_order(&wire, FIELD_STREAM, seen);
		wire = short_of(&setup, &answers[bits / 5 % COUNT_OF(answers)], text);
		check_order(&wire, FIELD_SHORT, seen);
	}
	for (size_t i = 0; i < policy_field_count; i++)
		if (!seen[i])
			fail_msg("%.*s is never written", SLICE_ARG(policy_fields[i].name));
}

static const struct {
	const char *name;
	size_t answer;
	size_t verdict;
	unsigned bits;
	const char *field;
	const char *value;
} short_cases[] = {
	{"401 names the way", 0, 4, MINOR, "WWW-Authenticate", "Bearer realm=\"sluice\""},
	{"a refusal is not stored", 0, 4, MINOR, "Cache-Control", "no-store"},
	{"a refusal has its type", 0, 4, MINOR, "Content-Type", "application/json"},
	{"a refusal has its length", 0, 4, MINOR, "Content-Length", "87"},
	{"a refusal is readable for who may read", 0, 0, MINOR, "Access-Control-Allow-Origin",
	 "https://app.example.com"},
	{"with credentials", 0, 0, MINOR, "Access-Control-Allow-Credentials", "true"},
	{"and its Retry-After, too", 3, 0, MINOR, "Access-Control-Expose-Headers",
	 "Last-Event-ID, Retry-After"},
	{"a refusal varies", 0, 4, MINOR | ACCEPT, "Vary",
	 "Origin, Accept, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest"},
	{"a refusal runs nothing", 0, 4, MINOR, "Content-Security-Policy",
	 "default-src 'none'; frame-ancestors 'none'; sandbox"},
	{"HSTS on errors", 0, 4, MINOR | HTTPS, "Strict-Transport-Security",
	 "max-age=63072000; includeSubDomains"},
	{"405 says what would do", 1, 4, MINOR, "Allow", "GET, HEAD, OPTIONS"},
	{"405 is no 401", 1, 4, MINOR, "WWW-Authenticate", NULL},
	{"OPTIONS says it, too", 2, 4, MINOR, "Allow", "GET, HEAD, OPTIONS"},
	{"204 has no length", 2, 4, MINOR, "Content-Length", NULL},
	{"204 has no type", 2, 4, MINOR, "Content-Type", NULL},
	{"a preflight learns the methods", 2, 0, MINOR, "Access-Control-Allow-Methods",
	 "GET, HEAD, OPTIONS"},
	{"a preflight learns the fields", 2, 0, MINOR, "Access-Control-Allow-Headers",
	 "Authorization, Cache-Control, Content-Type, Last-Event-ID"},
	{"a preflight is good for ten minutes", 2, 0, MINOR, "Access-Control-Max-Age", "600"},
	{"a preflight exposes nothing", 2, 0, MINOR, "Access-Control-Expose-Headers", NULL},
	{"a preflight is told by its request field", 2, 0, MINOR, "Vary",
	 "Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest, Access-Control-Request-Method"},
	{"a preflight of nobody learns nothing", 2, 4, MINOR, "Access-Control-Allow-Methods", NULL},
	{"when to come back", 3, 4, MINOR, "Retry-After", "30"},
	{"only where it is known", 0, 4, MINOR, "Retry-After", NULL},
	{"an asset may be asked for again", 4, 4, MINOR, "Cache-Control", "no-cache"},
	{"a page brings its own policy", 4, 4, MINOR, "Content-Security-Policy", "x"},
	{"HTTP/1.1 stays open without a word", 0, 4, MINOR | KEEP, "Connection", NULL},
	{"HTTP/1.1 that closes says so", 0, 4, MINOR, "Connection", "close"},
	{"HTTP/1.0 that stays open says so", 0, 4, KEEP, "Connection", "keep-alive"},
	{"HTTP/1.0 that closes", 0, 4, 0, "Connection", "close"},
};

static void writes_short_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(short_cases); i++) {
		struct setup setup =
			setup_of(short_cases[i].bits, &verdicts[short_cases[i].verdict]);
		char text[POLICY_MAX_HEAD];
		struct wire wire = short_of(&setup, &answers[short_cases[i].answer], text);

		check_field(short_cases[i].name, &wire, short_cases[i].field, short_cases[i].value);
	}
}

static void takes_the_status_of_the_refusal(void **state)
{
	struct setup setup = setup_of(MINOR, NULL);
	char text[POLICY_MAX_HEAD];
	struct wire wire = short_of(&setup, &answers[0], text);

	(void)state;
	check_slice("status", wire.status_line, SLICE("HTTP/1.1 401 Unauthorized"));
	check_field("not judged yet: nothing varies", &wire, "Vary", NULL);
}

static void the_largest_heads_fit(void **state)
{
	char origin[CORS_MAX_ORIGIN], csp[POLICY_MAX_CSP], text[POLICY_MAX_HEAD];
	const struct cors_verdict cors = {.allow_origin = {origin, sizeof(origin)},
					  .credentials = true,
					  .vary_origin = true,
					  .is_cors = true};
	struct setup setup = setup_of(BITS - 1, &cors);
	struct short_answer answer = {.status = 401,
				      .content_type = S("application/json; charset=utf-8"),
				      .csp = {csp, sizeof(csp)},
				      .allow = S("GET, HEAD, POST, OPTIONS"),
				      .preflight = true,
				      .retry_after_s = 4294967295u,
				      .content_length = UINT64_MAX};

	(void)state;
	memset(origin, 'o', sizeof(origin));
	memset(csp, 'c', sizeof(csp));
	(void)stream_of(&setup, text);
	setup.facts.keep_alive = false;
	(void)short_of(&setup, &answer, text);
}

static void every_row_names_a_rule_that_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < policy_field_count; i++) {
		struct slice rule = policy_fields[i].rule;

		assert_true(rule.len == 0 || rule_find(rule) != NULL);
		assert_true(policy_fields[i].why.len > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_usual_stream),
		cmocka_unit_test(writes_variants),
		cmocka_unit_test(every_stream_passes_every_rule),
		cmocka_unit_test(http_2_has_no_fields_of_the_connection),
		cmocka_unit_test(a_short_answer_over_http_2_says_nothing_of_the_connection),
		cmocka_unit_test(every_row_is_written_in_order),
		cmocka_unit_test(writes_short_answers),
		cmocka_unit_test(takes_the_status_of_the_refusal),
		cmocka_unit_test(the_largest_heads_fit),
		cmocka_unit_test(every_row_names_a_rule_that_exists),
	};

	return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}

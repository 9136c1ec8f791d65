/* SPDX-License-Identifier: Apache-2.0 */
/* rules_test.c - every rule has an observation that fails and a clean twin. */
#include "../test.h"

#include "policy/rules.h"

#include <string.h>

enum {
	HTTPS = 1u << 0,
	LOOPBACK = 1u << 1,
	CREDENTIALS = 1u << 2,
	EXPECTED = 1u << 3, /* the Origin ought to be allowed */
	REFUSAL = 1u << 4,  /* a refusal is wanted */
	ON_HTTP_1_0 = 1u << 5,
	ON_HTTP_2 = 1u << 6,
};

#define MAX_FIELDS 8

struct probe {
	unsigned status;
	unsigned flags;
	const char *head; /* lines that end in LF */
	const char *origin;
};

#define STREAM "Content-Type: text/event-stream\n"
#define CACHE  STREAM "Cache-Control: "
#define JSON   "Content-Type: application/json\n"
#define ACAO   STREAM "Access-Control-Allow-Origin: "
#define APP    "https://app.example.com"
#define COOKIE STREAM "Set-Cookie: "
#define HSTS   STREAM "Strict-Transport-Security: "

static const struct {
	const char *name;
	const char *id;
	struct probe failing;
	struct probe clean;
} cases[] = {
	{"JSON is no stream", "A101", {200, 0, JSON}, {200, 0, STREAM}},
	{"no type is no stream",
	 "A101",
	 {200, 0, ""},
	 {200, 0, "content-type: Text/Event-Stream\n"}},
	{"Latin-1",
	 "A102",
	 {200, 0, "Content-Type: text/event-stream;charset=latin1\n"},
	 {200, 0, "Content-Type: text/event-stream; charset=\"UTF-8\"\n"}},
	{"no charset",
	 "A103",
	 {200, 0, STREAM},
	 {200, 0, "Content-Type: text/event-stream; x=\"a;b\"; Charset=utf-8\n"}},
	{"an error instead of a stream", "A104", {502, 0, JSON}, {200, 0, STREAM}},
	{"204 on a first connect", "A105", {204, 0, ""}, {200, 0, STREAM}},
	{"an error in a stream's clothes", "A112", {406, REFUSAL, STREAM}, {406, REFUSAL, JSON}},
	{"an error for people",
	 "A113",
	 {401, REFUSAL, "Content-Type: text/html; charset=utf-8\n"},
	 {401, REFUSAL, JSON}},
	{"a stream with an end", "A114", {200, 0, STREAM "Content-Length: 10\n"}, {200, 0, STREAM}},
	{"a stream in parts",
	 "A117",
	 {200, 0, STREAM "Accept-Ranges: bytes\n"},
	 {200, 0, STREAM "Accept-Ranges: none\n"}},
	{"a part of a stream", "A117", {206, 0, STREAM}, {200, 0, STREAM}},
	{"a range in a stream",
	 "A117",
	 {200, 0, STREAM "Content-Range: bytes 0-1/2\n"},
	 {200, 0, STREAM}},
	{"nothing about caching", "A201", {200, 0, STREAM}, {200, 0, CACHE "no-store\n"}},
	{"a minute in every cache",
	 "A201",
	 {200, 0, CACHE "public, max-age=60\n"},
	 {200, 0, CACHE "private,No-Cache\n"}},
	{"a quoted name is no directive",
	 "A201",
	 {200, 0, CACHE "private=\"x, no-store\"\n"},
	 {200, 0, CACHE "no-cache=\"x\"\n"}},
	{"no-cache alone",
	 "A202",
	 {200, 0, CACHE "no-cache\n"},
	 {200, 0, CACHE "no-cache\nCache-Control: no-store\n"}},
	{"never, for a minute",
	 "A203",
	 {200, 0, CACHE "no-store, max-age=60\n"},
	 {200, 0, CACHE "no-store, max-age=0\n"}},
	{"never, but publicly",
	 "A203",
	 {200, 0, CACHE "no-cache, public\n"},
	 {200, 0, CACHE "no-cache, private\n"}},
	{"an age that is no number",
	 "A203",
	 {200, 0, CACHE "no-store, s-maxage=x\n"},
	 {200, 0, CACHE "no-store, s-maxage=\"0\"\n"}},
	{"old", "A204", {200, 0, STREAM "Age: 5\n"}, {200, 0, STREAM "Age: 0\n"}},
	{"a hit by X-Cache",
	 "A204",
	 {200, 0, STREAM "X-Cache: Hit from cloudfront\n"},
	 {200, 0, STREAM "X-Cache: MISS\n"}},
	{"a hit by Cloudflare",
	 "A204",
	 {200, 0, STREAM "cf-cache-status: HIT\n"},
	 {200, 0, STREAM "cf-cache-status: DYNAMIC\n"}},
	{"a hit by the standard",
	 "A204",
	 {200, 0, STREAM "Cache-Status: a; fwd=miss, b; hit\n"},
	 {200, 0, STREAM "Cache-Status: \"hit; hit\"; fwd=uri-miss\n"}},
	{"may be recompressed",
	 "A207",
	 {200, 0, CACHE "no-store\n"},
	 {200, 0, CACHE "no-transform, no-store\n"}},
	{"an ETag", "A208", {200, 0, STREAM "ETag: \"1\"\n"}, {200, 0, STREAM}},
	{"a date of change", "A208", {200, 0, STREAM "Last-Modified: x\n"}, {200, 0, STREAM}},
	{"somebody's stream on a disk",
	 "A210",
	 {200, CREDENTIALS, CACHE "no-cache\n"},
	 {200, CREDENTIALS, CACHE "no-store\n"}},
	{"compressed", "A306", {200, 0, STREAM "Content-Encoding: gzip\n"}, {200, 0, STREAM}},
	{"nginx is not told", "A307", {200, 0, STREAM}, {200, 0, STREAM "X-Accel-Buffering: no\n"}},
	{"nginx is told nonsense",
	 "A308",
	 {200, 0, STREAM "X-Accel-Buffering: off\n"},
	 {200, 0, STREAM "X-Accel-Buffering: no\n"}},
	{"no Incremental", "A309", {200, 0, STREAM}, {200, 0, STREAM "Incremental: ?1\n"}},
	{"an Incremental that is no boolean",
	 "A309",
	 {200, 0, STREAM "Incremental: true\n"},
	 {200, 0, STREAM "Incremental: ?1\n"}},
	{"everybody with cookies",
	 "A403",
	 {200, 0, ACAO "*\nAccess-Control-Allow-Credentials: true\n"},
	 {200, 0, ACAO "*\n"}},
	{"everybody with a token",
	 "A404",
	 {200, CREDENTIALS, ACAO "*\n"},
	 {200, CREDENTIALS, ACAO APP "\n"}},
	{"null may read", "A405", {200, 0, ACAO "null\n", "null"}, {200, 0, STREAM, "null"}},
	{"the page may not read",
	 "A418",
	 {200, EXPECTED, STREAM, APP},
	 {200, EXPECTED, ACAO APP "\n", APP}},
	{"a slash more than the page",
	 "A418",
	 {200, EXPECTED, ACAO APP "/\n", APP},
	 {200, EXPECTED, ACAO "*\n", APP}},
	{"True is not true",
	 "A419",
	 {200, 0, STREAM "Access-Control-Allow-Credentials: True\n"},
	 {200, 0, STREAM "Access-Control-Allow-Credentials: true\n"}},
	{"cookies were sent, nothing said",
	 "A419",
	 {200, EXPECTED | CREDENTIALS, ACAO APP "\n", APP},
	 {200, EXPECTED | CREDENTIALS, ACAO APP "\nAccess-Control-Allow-Credentials: true\n", APP}},
	{"application and proxy",
	 "A420",
	 {200, 0, ACAO APP "\nAccess-Control-Allow-Origin: " APP "\n"},
	 {200, 0, ACAO APP "\n"}},
	{"a list", "A420", {200, 0, ACAO APP ", https://b.example\n"}, {200, 0, ACAO "*\n"}},
	{"a final slash", "A421", {200, 0, ACAO APP "/\n"}, {200, 0, ACAO APP "\n"}},
	{"a space", "A421", {200, 0, ACAO APP " https://b.example\n"}, {200, 0, ACAO "null\n"}},
	{"an error that nobody can read",
	 "A422",
	 {401, EXPECTED | REFUSAL, JSON, APP},
	 {401, EXPECTED | REFUSAL, JSON "Access-Control-Allow-Origin: " APP "\n", APP}},
	{"a preflight's field",
	 "A427",
	 {200, 0, STREAM "Access-Control-Max-Age: 5\n"},
	 {200, 0, STREAM}},
	{"one origin for all",
	 "A430",
	 {200, 0, ACAO APP "\nVary: Accept\n"},
	 {200, 0, ACAO APP "\nVary: Accept\nVary: x, origin\n"}},
	{"Vary says nothing",
	 "A431",
	 {200, 0, STREAM "Vary: *\n"},
	 {200, 0, STREAM "Vary: Origin\n"}},
	{"all origins apart",
	 "A432",
	 {200, 0, ACAO "*\nVary: Origin\n"},
	 {200, 0, ACAO "*\nVary: Accept\n"}},
	{"a 401 without a way",
	 "A502",
	 {401, REFUSAL, JSON},
	 {401, REFUSAL, JSON "WWW-Authenticate: Bearer\n"}},
	{"come back, whenever",
	 "A512",
	 {429, REFUSAL, JSON},
	 {429, REFUSAL, JSON "Retry-After: 5\n"}},
	{"two framings",
	 "A701",
	 {200, 0, STREAM "Content-Length: 1\nTransfer-Encoding: chunked\n"},
	 {200, 0, STREAM "Transfer-Encoding: chunked\n"}},
	{"chunks for 1.0",
	 "A702",
	 {200, ON_HTTP_1_0, STREAM "Transfer-Encoding: chunked\n"},
	 {200, ON_HTTP_1_0, STREAM}},
	{"1.0 waits for ever",
	 "A704",
	 {200, ON_HTTP_1_0, STREAM "Connection: Keep-Alive\n"},
	 {200, ON_HTTP_1_0, STREAM "Connection: close\n"}},
	{"a hop's field in HTTP/2",
	 "A706",
	 {200, ON_HTTP_2, STREAM "Connection: keep-alive\n"},
	 {200, ON_HTTP_2, STREAM}},
	{"a timeout that nobody asked for",
	 "A710",
	 {200, 0, STREAM "Keep-Alive: timeout=5\n"},
	 {200, 0, STREAM "Connection: keep-alive\n"}},
	{"two types", "A711", {200, 0, STREAM STREAM}, {200, 0, STREAM}},
	{"in clear", "A801", {200, 0, STREAM}, {200, HTTPS, STREAM}},
	{"no HSTS", "A803", {200, HTTPS, STREAM}, {200, HTTPS, HSTS "max-age=15768000\n"}},
	{"HSTS for a day",
	 "A803",
	 {200, HTTPS, HSTS "max-age=86400\n"},
	 {200, HTTPS, HSTS "includeSubDomains; Max-Age=\"63072000\"\n"}},
	{"HSTS is taken back",
	 "A803",
	 {200, HTTPS, HSTS "max-age=0\n"},
	 {200, HTTPS, HSTS "max-age=31536000\n"}},
	{"HSTS over http",
	 "A803",
	 {200, 0, HSTS "max-age=63072000\n"},
	 {200, HTTPS, HSTS "max-age=63072000\n"}},
	{"preload for one host",
	 "A804",
	 {200, HTTPS, HSTS "max-age=63072000; preload\n"},
	 {200, HTTPS, HSTS "max-age=63072000; includeSubDomains; preload\n"}},
	{"an error without HSTS",
	 "A805",
	 {401, HTTPS | REFUSAL, JSON},
	 {401, HTTPS | REFUSAL, JSON "Strict-Transport-Security: max-age=63072000\n"}},
	{"may be a script",
	 "A810",
	 {200, 0, STREAM},
	 {200, 0, STREAM "X-Content-Type-Options: NoSniff\n"}},
	{"no policy",
	 "A811",
	 {200, 0, STREAM},
	 {200, 0, STREAM "Content-Security-Policy: sandbox; default-src 'none'\n"}},
	{"a page's policy",
	 "A811",
	 {200, 0, STREAM "Content-Security-Policy: default-src 'none'; script-src 'self'\n"},
	 {200, 0, STREAM "Content-Security-Policy: default-src 'none'\n"}},
	{"a version",
	 "A815",
	 {200, 0, STREAM "Server: nginx/1.22.1\n"},
	 {200, 0, STREAM "Server: nginx\n"}},
	{"a framework", "A815", {200, 0, STREAM "X-Powered-By: Express\n"}, {200, 0, STREAM}},
	{"another framework",
	 "A815",
	 {200, 0, STREAM "X-AspNetMvc-Version: 5\n"},
	 {200, 0, STREAM}},
	{"a cookie in clear",
	 "A820",
	 {200, 0, COOKIE "s=1; HttpOnly\n"},
	 {200, 0, COOKIE "s=1; httponly; secure\n"}},
	{"the second of two cookies",
	 "A820",
	 {200, 0, COOKIE "s=1; Secure; HttpOnly\nSet-Cookie: t=1; Secure\n"},
	 {200, 0, COOKIE "s=1; Secure; HttpOnly\nSet-Cookie: t=1; Secure; HttpOnly\n"}},
	{"a cookie without SameSite",
	 "A821",
	 {200, 0, COOKIE "s=1\n"},
	 {200, 0, COOKIE "s=1; SameSite=Lax\n"}},
	{"None without Secure",
	 "A821",
	 {200, 0, COOKIE "s=1; SameSite=None\n"},
	 {200, 0, COOKIE "s=1; SameSite=None; Secure\n"}},
	{"a host cookie with a domain",
	 "A823",
	 {200, 0, COOKIE "__Host-s=1; Secure; Path=/; Domain=example.com\n"},
	 {200, 0, COOKIE "__Host-s=1; Secure; Path=/\n"}},
	{"a secure cookie that is not",
	 "A823",
	 {200, 0, COOKIE "__Secure-s=1; Path=/stream\n"},
	 {200, 0, COOKIE "__Secure-s=1; Secure\n"}},
	{"a cookie for ever",
	 "A824",
	 {200, 0, COOKIE "s=1; Max-Age=34560001\n"},
	 {200, 0, COOKIE "s=1; Max-Age=34560000\n"}},
	{"a partition in clear",
	 "A824",
	 {200, 0, COOKIE "s=1; Partitioned\n"},
	 {200, 0, COOKIE "s=1; Partitioned; Secure\n"}},
	{"a hop's error",
	 "A904",
	 {200, 0, STREAM "Proxy-Status: edge; error=dns_timeout\n"},
	 {200, 0, STREAM "Proxy-Status: \"x; error=\"; received-status=200\n"}},
};

/* Where the question does not arise, the answer is NA and never PASS. */
static const struct {
	const char *name;
	const char *id;
	struct probe probe;
} outside[] = {
	{"no type is asked of an error", "A101", {401, 0, JSON}},
	{"an error has no charset to give", "A103", {401, 0, JSON}},
	{"a refusal is wanted", "A104", {401, REFUSAL, JSON}},
	{"a stream is no error", "A112", {200, 0, STREAM}},
	{"an error may be cached for all A201 cares", "A201", {404, 0, JSON}},
	{"nobody in particular", "A210", {200, 0, STREAM}},
	{"behind nginx it cannot be seen", "A307", {200, 0, STREAM "Server: nginx\n"}},
	{"no CORS here", "A403", {200, 0, STREAM}},
	{"no page to please", "A418", {200, 0, STREAM, APP}},
	{"a strange origin that comes back is for A415",
	 "A421",
	 {200, 0, ACAO "file://\n", "file://"}},
	{"a list is for A420", "A421", {200, 0, ACAO APP ", x\n"}},
	{"a star needs no Vary", "A430", {200, 0, ACAO "*\n"}},
	{"403 needs no challenge", "A502", {403, REFUSAL, JSON}},
	{"1.1 knows chunks", "A702", {200, 0, STREAM "Transfer-Encoding: chunked\n"}},
	{"a length ends it",
	 "A704",
	 {200, ON_HTTP_1_0, "Connection: keep-alive\nContent-Length: 1\n"}},
	{"HTTP/1 has connections", "A706", {200, 0, STREAM "Connection: keep-alive\n"}},
	{"HTTP/2 is for A706", "A710", {200, ON_HTTP_2, STREAM "Keep-Alive: x\n"}},
	{"nobody is on the way", "A801", {200, LOOPBACK, STREAM}},
	{"no HSTS over http is right", "A803", {200, 0, STREAM}},
	{"no cookies", "A820", {200, 0, STREAM}},
	{"no proxy speaks", "A904", {200, 0, STREAM}},
};

static enum verdict judge(const char *name, const char *id, const struct probe *probe)
{
	const struct rule *rule = rule_find(slice_of(id));
	struct http_field fields[MAX_FIELDS];
	struct slice head = slice_of(probe->head);
	struct observation o = {
		.request_minor = probe->flags & ON_HTTP_2 ? 2 : !(probe->flags & ON_HTTP_1_0),
		.request_h2 = probe->flags & ON_HTTP_2,
		.https = probe->flags & HTTPS,
		.loopback = probe->flags & LOOPBACK,
		.origin = probe->origin ? slice_of(probe->origin) : SLICE_NONE,
		.origin_expected = probe->flags & EXPECTED,
		.credentials = probe->flags & CREDENTIALS,
		.expect_refusal = probe->flags & REFUSAL,
		.status = probe->status,
		.response_minor = 1,
		.fields = fields,
	};

	check(name, rule != NULL);
	while (head.len > 0) {
		struct slice value = slice_cut(&head, '\n');
		struct slice field = slice_cut(&value, ':');

		check(name, o.field_count < MAX_FIELDS);
		fields[o.field_count++] = (struct http_field){field, slice_trim(value)};
	}
	return (rule->check)(&o);
}

static void tells_wrong_from_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *id = cases[i].id;

		check(cases[i].name, judge(cases[i].name, id, &cases[i].failing) == VERDICT_FAIL);
		check(cases[i].name, judge(cases[i].name, id, &cases[i].clean) != VERDICT_FAIL);
	}
}

static void knows_where_it_does_not_apply(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(outside); i++)
		check(outside[i].name,
		      judge(outside[i].name, outside[i].id, &outside[i].probe) == VERDICT_NA);
}

static void every_rule_has_a_case_that_fails_and_one_that_passes(void **state)
{
	(void)state;
	for (size_t r = 0; r < policy_rule_count; r++) {
		bool passes = policy_rules[r].check == NULL; /* tests/unit/audit has its twins */

		for (size_t i = 0; i < COUNT_OF(cases); i++)
			if (slice_eq(slice_of(cases[i].id), policy_rules[r].id))
				passes |= judge(cases[i].name, cases[i].id, &cases[i].clean) ==
					  VERDICT_PASS;
		if (!passes)
			fail_msg("%.*s has no pair of cases", SLICE_ARG(policy_rules[r].id));
	}
}

/* Nothing seen at all: no rule may crash, and most have nothing to say. */
static void survives_an_empty_observation(void **state)
{
	const struct observation nothing = {0};

	(void)state;
	for (size_t i = 0; i < policy_rule_count; i++) {
		enum verdict verdict;

		if (policy_rules[i].check == NULL)
			continue;
		verdict = (policy_rules[i].check)(&nothing);
		assert_true(verdict != VERDICT_FAIL || slice_eq(policy_rules[i].id, SLICE("A104")));
	}
}

static void rows_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < policy_rule_count; i++) {
		const struct rule *rule = &policy_rules[i];

		check(rule->id.ptr, rule->id.len == 4 && rule->id.ptr[0] == 'A');
		check(rule->id.ptr, i == 0 || slice_cmp(policy_rules[i - 1].id, rule->id) < 0);
		check(rule->id.ptr, rule->title.len > 0 && !slice_ends(rule->title, SLICE(".")));
		check(rule->id.ptr, slice_ends(rule->why, SLICE(".")));
		check(rule->id.ptr, slice_ends(rule->fix, SLICE(".")));
		check(rule->id.ptr, rule->source.len > 0);
	}
	assert_ptr_equal(rule_find(SLICE("a201")), rule_find(SLICE("A201")));
	assert_null(rule_find(SLICE("A2010")));
	assert_null(rule_find(SLICE("")));
}

static void a_remedy_is_said_in_the_words_of_the_stack(void **state)
{
	const struct rule *rule = rule_find(SLICE("A302"));

	(void)state;
	check_slice("A302", rule_fix(rule, STACK_GENERIC), rule->fix);
	check_slice("A302", slice_upto(rule_fix(rule, STACK_GCP), 7), SLICE("Nothing"));
	check_slice("A901", rule_fix(rule_find(SLICE("A901")), STACK_NGINX), SLICE("Nothing."));
	for (int i = STACK_GENERIC; i < STACK_COUNT; i++) {
		assert_int_equal(stack_find(stack_name((enum stack)i)), i);
		assert_true(stack_title((enum stack)i).len > 0);
	}
	assert_int_equal(stack_find(SLICE("NGINX")), STACK_NGINX);
	assert_int_equal(stack_find(SLICE("iis")), STACK_COUNT);
}

static void every_remedy_has_words(void **state)
{
	(void)state;
	for (int i = REMEDY_NONE; i < REMEDY_COUNT; i++) {
		size_t words = 0;

		for (int k = STACK_GENERIC; k < STACK_COUNT; k++)
			words += remedy_text((enum remedy)i, (enum stack)k).len > 0;
		assert_int_equal(words > 0, i != REMEDY_NONE);
	}
}

static void bounds_the_bytes_of_a_cookie(void **state)
{
	static char line[5000];
	const struct rule *rule = rule_find(SLICE("A824"));

	(void)state;
	memset(line, 'v', sizeof(line));
	memcpy(line, "name=", 5);
	for (size_t over = 0; over <= 1; over++) {
		struct http_field field = {SLICE("Set-Cookie"), {line, 4096 + 1 + over}};
		struct observation o = {.fields = &field, .field_count = 1};

		assert_int_equal((rule->check)(&o), over ? VERDICT_FAIL : VERDICT_PASS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_wrong_from_right),
		cmocka_unit_test(knows_where_it_does_not_apply),
		cmocka_unit_test(every_rule_has_a_case_that_fails_and_one_that_passes),
		cmocka_unit_test(survives_an_empty_observation),
		cmocka_unit_test(rows_are_sound),
		cmocka_unit_test(bounds_the_bytes_of_a_cookie),
		cmocka_unit_test(a_remedy_is_said_in_the_words_of_the_stack),
		cmocka_unit_test(every_remedy_has_words),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}

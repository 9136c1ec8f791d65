/* SPDX-License-Identifier: Apache-2.0 */
/* judging_test.c - what the judges stand on: delivery, products, page policies, hops, profiles. */
#include "clean.h"
#include "scene.h"

#include "audit/judge.h"
#include "audit/judging.h"
#include "audit/page_policy.h"

#include <string.h>

static struct scene scene;
static struct finding findings[AUDIT_MAX_FINDINGS];

static const struct finding *judged(const char *text, const char *id)
{
	scene_build(&scene, text);
	return scene_finding(&scene, findings, id);
}

static struct delivery measured(const char *text)
{
	struct delivery d;

	scene_build(&scene, text);
	delivery_measure(&scene.transcripts[0], &d);
	scene_free(&scene);
	return d;
}

static const struct {
	const char *name;
	const char *text;
	size_t bursts;
	uint32_t median_events;
	uint64_t silence_ms;
	bool live;
	bool bursty;
} deliveries[] = {
	{"no body", "baseline 200\n" STREAM "end 4000 cut\n", 0, 0, 3995, false, false},
	{"one event a second", "baseline 200\n" STREAM "@500+1000*4 data: x~~\nend 4000 cut\n", 4,
	 1, 1000, true, false},
	{"history first, then live",
	 "baseline 200\n" STREAM "@6 data: a~~data: b~~data: c~~\n@500+1000*4 data: x~~\n"
	 "end 4000 cut\n",
	 5, 1, 1000, true, false},
	{"reads within 20 ms are one burst",
	 "baseline 200\n" STREAM "@100+10*4 data: x~~\n@2000+10*4 data: x~~\n@4000+10*4 data: x~~\n"
	 "end 4100 cut\n",
	 3, 4, 1960 + 10, false, true},
	{"pieces of 4 KiB",
	 "baseline 200\n" STREAM "@100+1*32 " LINE128 "\n@300+1*32 " LINE128 "\n@500+1*32 " LINE128
	 "\nend 700 cut\n",
	 3, 32, 169, false, true},
	{"the send times say that it is the server who groups",
	 "baseline 200\n" STREAM
	 "@1000 data: {\"sentMs\":1000}~~data: {\"sentMs\":1000}~~data: {\"sentMs\":1000}~~\n"
	 "@3000 data: {\"sentMs\":3000}~~data: {\"sentMs\":3000}~~data: {\"sentMs\":3000}~~\n"
	 "end 4000 cut\n",
	 2, 3, 2000, false, false},
	{"the send times say that a hop does",
	 "baseline 200\n" STREAM
	 "@1000 data: {\"sentMs\":0}~~data: {\"sentMs\":500}~~data: {\"sentMs\":900}~~\n"
	 "@3000 data: {\"sentMs\":1500}~~data: {\"sentMs\":2000}~~data: {\"sentMs\":2900}~~\n"
	 "end 4000 cut\n",
	 2, 3, 2000, false, true},
};

static void measures_how_a_stream_arrived(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(deliveries); i++) {
		struct delivery d = measured(deliveries[i].text);

		if (d.bursts != deliveries[i].bursts ||
		    d.median_events != deliveries[i].median_events ||
		    d.silence_ns / NS_PER_MS != deliveries[i].silence_ms)
			fail_msg("%s: %zu bursts of %u events, silence %zu ms", deliveries[i].name,
				 d.bursts, d.median_events, (size_t)(d.silence_ns / NS_PER_MS));
		check(deliveries[i].name, delivery_is_live(&d) == deliveries[i].live);
		check(deliveries[i].name, delivery_is_bursty(&d) == deliveries[i].bursty);
	}
}

static void finds_the_middle(void **state)
{
	uint64_t odd[] = {9, 1, 5};
	uint64_t sorted[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

	(void)state;
	assert_int_equal(delivery_median(odd, 3), 5);
	assert_int_equal(delivery_median(odd, 0), 0);
	assert_int_equal(delivery_percentile(sorted, 10, 99), 10);
	assert_int_equal(delivery_percentile(sorted, 10, 50), 5);
	assert_int_equal(delivery_percentile(sorted, 0, 50), 0);
}

static void reads_the_time_of_sending(void **state)
{
	uint64_t ns = 0;

	(void)state;
	assert_true(delivery_sent_ns(SLICE("{\"a\":1,\"sentMs\":1790,\"b\":2}"), &ns));
	assert_int_equal(ns, 1790 * NS_PER_MS);
	assert_true(delivery_sent_ns(SLICE("{\"sentMs\":1,\"sinceNs\":1000007}"), &ns));
	assert_int_equal(ns, 1000007);
	assert_false(delivery_sent_ns(SLICE("{\"sentMs\":}"), &ns));
	assert_false(delivery_sent_ns(SLICE("{\"sentMs\""), &ns));
	assert_false(delivery_sent_ns(SLICE(""), &ns));
}

static void more_than_is_kept_is_no_harm(void **state)
{
	struct delivery d =
		measured("baseline 200\n" STREAM "@10+30*1100 data: x~~\nend 40000 cut\n");

	(void)state;
	assert_int_equal(d.bursts, DELIVERY_MAX_BURSTS);
	assert_true(delivery_is_live(&d));
	/* What came behind the kept bursts, and the kept reads, is no silence. */
	assert_int_equal(d.tail_ns / NS_PER_MS, 40000 - (10 + 30 * 1099));
	d = measured("baseline 200\n" STREAM "@10+30*4096 :~~\n@122970+2000*3 :~~\n"
		     "end 126980 closed\n");
	assert_int_equal(d.tail_ns / NS_PER_MS, 10);
	assert_int_equal(d.silence_ns / NS_PER_MS, 2000);
}

static const struct {
	const char *name;
	const char *policy;
	const char *stream;
	bool allowed;
} policies[] = {
	{"no policy", "", "https://s.example/x", true},
	{"a policy without connections", "script-src 'none'", "https://s.example/x", true},
	{"default-src in its place", "default-src 'self'", "https://s.example/x", false},
	{"self", "default-src 'self'", "https://app.example.com/x", true},
	{"connect-src goes first", "connect-src https://s.example; default-src 'none'",
	 "https://s.example/x", true},
	{"none", "connect-src 'none'", "https://app.example.com/x", false},
	{"an empty list is none", "connect-src", "https://app.example.com/x", false},
	{"a star", "connect-src *", "https://s.example/x", true},
	{"a scheme", "connect-src https:", "https://s.example/x", true},
	{"http covers https", "connect-src http://s.example", "https://s.example/x", true},
	{"https does not cover http", "connect-src https://s.example", "http://s.example/x", false},
	{"a subdomain", "connect-src *.example", "https://s.example/x", true},
	{"the domain is no subdomain of its own", "connect-src *.s.example", "https://s.example/x",
	 false},
	{"another port", "connect-src https://s.example", "https://s.example:8443/x", false},
	{"that port", "connect-src https://s.example:8443", "https://s.example:8443/x", true},
	{"any port", "connect-src https://s.example:*", "https://s.example:8443/x", true},
	{"a path", "connect-src https://s.example/x", "https://s.example/x?t=1", true},
	{"another path", "connect-src https://s.example/y", "https://s.example/x", false},
	{"a folder", "connect-src https://s.example/a/", "https://s.example/a/b", true},
	{"any case", "Connect-Src HTTPS://S.Example", "https://s.example/x", true},
	{"a host without a scheme", "connect-src s.example", "https://s.example/x", true},
	{"not down to http", "connect-src s.example", "http://s.example/x", false},
	{"the first of two counts", "connect-src 'none'; connect-src *", "https://s.example/x",
	 false},
};

static void reads_the_policy_of_a_page(void **state)
{
	struct url page, stream;

	(void)state;
	assert_int_equal(url_parse(SLICE("https://app.example.com/"), &page), OK);
	for (size_t i = 0; i < COUNT_OF(policies); i++) {
		assert_int_equal(url_parse(slice_of(policies[i].stream), &stream), OK);
		check(policies[i].name, page_policy_allows(slice_of(policies[i].policy), &page,
							   &stream) == policies[i].allowed);
	}
	check_slice("wide", page_policy_wide_source(SLICE("default-src 'self' *")), SLICE("*"));
	assert_null(page_policy_wide_source(SLICE("connect-src 'self'; img-src *")).ptr);
}

static void names_products_by_their_signs(void **state)
{
	struct fingerprint fp;

	(void)state;
	scene_build(&scene, "baseline 200\nServer: Openresty\nVia: 1.1 abc (CloudFront)\n" TYPE);
	fingerprint_take(&scene.run, 0, &fp);
	assert_true(fp.seen[PRODUCT_NGINX] && fp.seen[PRODUCT_CLOUDFRONT]);
	assert_false(fp.seen[PRODUCT_FASTLY]);
	assert_true(fingerprint_has_cache(&fp));
	assert_int_equal(fingerprint_idle_s(&fp), 30);
	assert_int_equal(fingerprint_stack(&fp, REMEDY_GRAMMAR, false), STACK_GENERIC);
	assert_int_equal(fingerprint_stack(&fp, REMEDY_ORIGIN, false), STACK_CLOUDFRONT);
	fp = (struct fingerprint){.seen[PRODUCT_NGINX] = true, .seen[PRODUCT_EXPRESS] = true};
	assert_int_equal(fingerprint_stack(&fp, REMEDY_BUFFERING, true), STACK_NGINX);
	assert_int_equal(fingerprint_stack(&fp, REMEDY_BUFFERING, false), STACK_EXPRESS);
	scene_free(&scene);
	scene_build(&scene, "baseline 200\n" TYPE);
	fingerprint_take(&scene.run, 0, &fp);
	assert_true(fingerprint_is_empty(&fp));
	assert_int_equal(fingerprint_idle_s(&fp), 0);
	scene_free(&scene);
}

static bool tells(const struct finding *f, const char *part)
{
	struct slice text = {f->evidence, f->evidence_len};

	return text_has(text, slice_of(part));
}

static void blames_the_hop_where_it_begins(void **state)
{
	const struct finding *f = judged("run via=app,nginx\nbaseline 200\n" TYPE
					 "via 200 hop=1\n" STREAM "via 200 hop=2\n" TYPE,
					 "A201");

	(void)state;
	assert_int_equal(f->verdict, VERDICT_FAIL);
	assert_int_equal(f->hop, 2);
	assert_true(tells(f, "begins at nginx, and is right at app"));
	scene_free(&scene);
	f = judged("run via=app\nbaseline 200\n" TYPE "via 200 hop=1\n" STREAM, "A201");
	assert_int_equal(f->hop, 0);
	assert_true(tells(f, "begins at target, and is right at app"));
	scene_free(&scene);
	f = judged("run via=app\nbaseline 200\n" TYPE "via - hop=1 outcome=refused\n", "A201");
	assert_int_equal(f->hop, 0);
	assert_false(tells(f, "begins"));
	scene_free(&scene);
}

static void gives_the_fix_of_the_stack_that_was_seen(void **state)
{
	const struct finding *f = judged("baseline 200\nX-Powered-By: Express\n" TYPE, "A201");

	(void)state;
	assert_true(
		text_has((struct slice){f->fix, f->fix_len}, SLICE("private. Express: res.set(")));
	scene_free(&scene);
	f = judged("baseline 200\n" TYPE, "A201");
	assert_int_equal(f->fix_len, 0);
	scene_free(&scene);
}

/* A fix of the longest row of both tables must fit. */
static void every_fix_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < policy_rule_count; i++)
		for (int k = STACK_GENERIC; k < STACK_COUNT; k++) {
			const struct rule *rule = &policy_rules[i];
			size_t len = rule->fix.len + 3 + stack_title((enum stack)k).len +
				     remedy_text(rule->remedy, (enum stack)k).len;

			check(rule->id.ptr, len <= FINDING_MAX_FIX);
		}
}

static const struct {
	const char *name;
	const char *text;
	const char *id;
	enum verdict verdict;
	enum severity severity;
} weights[] = {
	{"no-cache and max-age behind Fastly",
	 "baseline 200\nX-Fastly-Request-Id: 1\nCache-Control: no-cache, max-age=5\n" TYPE, "A202",
	 VERDICT_FAIL, SEVERITY_ERROR},
	{"no-cache alone", "baseline 200\nCache-Control: no-cache\n" TYPE, "A202", VERDICT_FAIL,
	 SEVERITY_WARNING},
	{"the guide is content with it",
	 "run profile=seed\nbaseline 200\nCache-Control: no-cache\n" TYPE, "A202", VERDICT_NA,
	 SEVERITY_WARNING},
	{"reflection of a public stream",
	 "run profile=public\n" BASE "origin-random 200 origin=" EVIL "\n" STREAM ACAO EVIL "\n",
	 "A402", VERDICT_FAIL, SEVERITY_INFO},
	{"null with cookies", BASE "origin-null 200 origin=null\n" STREAM ACAO "null\n" ACAC,
	 "A405", VERDICT_FAIL, SEVERITY_ERROR},
	{"null without cookies", BASE "origin-null 200 origin=null\n" STREAM ACAO "null\n", "A405",
	 VERDICT_FAIL, SEVERITY_WARNING},
	{"no Vary, and no cache", BASE "origin-allowed 200 origin=" APP "\n" TYPE ACAO APP "\n",
	 "A430", VERDICT_FAIL, SEVERITY_WARNING},
	{"no Vary, and a cache",
	 BASE "origin-allowed 200 origin=" APP "\nCF-Ray: 1\n" TYPE ACAO APP "\n", "A430",
	 VERDICT_FAIL, SEVERITY_ERROR},
	{"a cookie that is no session", "baseline 200\nSet-Cookie: theme=1\n" STREAM, "A820",
	 VERDICT_FAIL, SEVERITY_WARNING},
	{"a certificate that ran out", "baseline 200 days=0\n" STREAM, "A806", VERDICT_FAIL,
	 SEVERITY_ERROR},
	{"no TLS 1.3", BASE "tls-old - outcome=tls-failed\ntls-13 - outcome=tls-failed\n", "A807",
	 VERDICT_FAIL, SEVERITY_INFO},
	{"strict, and says so", BASE "accept-any 406\n" JSON, "A108", VERDICT_NA, SEVERITY_INFO},
	{"the guide wants it strict", "run profile=seed\n" BASE "accept-any 406\n" JSON, "A108",
	 VERDICT_PASS, SEVERITY_INFO},
	{"reflection of everything is told once",
	 BASE "origin-random 200 origin=" EVIL "\n" STREAM ACAO EVIL "\n"
	      "origin-suffix 200 origin=" APP ".evil.example\n" STREAM ACAO APP ".evil.example\n",
	 "A406", VERDICT_NA, SEVERITY_ERROR},
	{"an edge that is late, by send times",
	 "run via=app\nbaseline 200\n" STREAM "@10 :~~\n@700+1000*8 data: {\"sinceNs\":#}~~\n"
	 "via 200 hop=1\n" STREAM "@10 :~~\n@500+1000*8 data: {\"sinceNs\":#}~~\n",
	 "A319", VERDICT_FAIL, SEVERITY_INFO},
	{"two users of a stream that begins anew for each",
	 "baseline 200\n" STREAM TICKS "repeat 200\n" STREAM TICKS
	 "first-user 200 cred=first\n" STREAM TICKS "second-user 200 cred=second\n" STREAM TICKS,
	 "A206", VERDICT_INCONCLUSIVE, SEVERITY_ERROR},
	{"an origin probe without an answer is not a refusal",
	 BASE "origin-suffix - origin=" APP ".evil.example outcome=timed-out\n", "A406",
	 VERDICT_INCONCLUSIVE, SEVERITY_ERROR},
	{"a resume of what is only live",
	 BASE "resume 200 lid=10\n" STREAM "@20 id: 99~data: new~~\n", "A620", VERDICT_NA,
	 SEVERITY_ERROR},
	{"a resume that repeats", BASE "resume 200 lid=10\n" STREAM "@20 id: 10~data: tick 10~~\n",
	 "A620", VERDICT_FAIL, SEVERITY_ERROR},
	{"a greeting is no event of the feed",
	 BASE "resume 200 lid=10\n" STREAM
	      "@20 id: 10~event: connected~data: {}~~id: 11~data: tick 11~~\n",
	 "A620", VERDICT_PASS, SEVERITY_ERROR},
	{"twelve seconds of silence tell nothing of thirty", "baseline 200\n" STREAM "@10 :~~\n",
	 "A311", VERDICT_INCONCLUSIVE, SEVERITY_WARNING},
	{"a short stream that repeats is no recording",
	 "baseline 200\n" STREAM "@10 data: 0123456789~~\nend 2000 closed\n"
	 "repeat 200\n" STREAM "@10 data: 0123456789~~\nend 20 closed\n"
	 "random-query 200\n" STREAM "@10 data: 0123456789~~\nend 20 closed\n",
	 "A205", VERDICT_INCONCLUSIVE, SEVERITY_ERROR},
};

static void circumstances_move_verdict_and_severity(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(weights); i++) {
		const struct finding *f = judged(weights[i].text, weights[i].id);

		if (f->verdict != weights[i].verdict || f->severity != weights[i].severity)
			fail_msg("%s: %.*s, %.*s (%.*s)", weights[i].name,
				 SLICE_ARG(verdict_name(f->verdict)),
				 SLICE_ARG(severity_name(f->severity)), (int)f->evidence_len,
				 f->evidence);
		scene_free(&scene);
	}
}

#define CODED "+stream\nContent-Encoding: br\n"

/* Bytes that nobody can read: at their own pace, with an end where one is given. */
#define NOISE "@20+1000*12 \xc3\x28~~id: 1~id: 1~~^data\n"
#define SOON  "@20 \xc3\x28noise~~\nend 300 closed\n"

static const struct {
	const char *id;
	const char *name;
	const char *text;
} unread[] = {
	{"A205", "the same end at once, in other bytes",
	 "baseline 200\n" CODED NOISE "repeat 200\n" CODED SOON},
	{"A206", "two users",
	 "baseline 200\n" CODED NOISE "first-user 200 cred=first\n" CODED NOISE
	 "second-user 200 cred=second\n" CODED NOISE},
	{"A302", "events in each burst", "baseline 200\n" CODED NOISE},
	{"A304", "pairs", "baseline 200\n" CODED NOISE},
	{"A305", "nothing plain to compare with",
	 "baseline 200\n" CODED NOISE "gzip 200\nContent-Encoding: gzip\n+stream\n" NOISE},
	{"A313", "heartbeats that are events", "baseline 200\n" CODED NOISE},
	{"A317", "two protocols alike",
	 "baseline 200\n" CODED NOISE "http2 200 h2 tls=TLSv1.3\n" CODED NOISE},
	{"A318", "two families alike",
	 "baseline 200\n" CODED NOISE "other-family 200\n" CODED NOISE},
	{"A319", "the same events at two hops",
	 "run via=app\nbaseline 200\n" CODED NOISE "via 200 hop=1\n" CODED NOISE},
	{"A501", "a stream for strangers that ends soon",
	 BASE "no-credential 200 refusal\n" CODED SOON},
	{"A505", "a refusal within the stream", BASE "no-credential 200 refusal\n" CODED SOON},
	{"A506", "a token in the query", BASE "query-token 200 refusal\n" CODED SOON},
	{"A507", "a secret that comes back", "run bearer\nbaseline 200 cred=first\n" CODED NOISE},
	{"A508", "a ticket that is used again",
	 BASE "ticket-use 200 cred=ticket\n" STREAM "ticket-reuse 200 cred=ticket\n" CODED SOON},
	{"A601", "UTF-8", "baseline 200\n" CODED NOISE},
	{"A602", "ids", "baseline 200\n" CODED NOISE},
	{"A604", "line ends", "baseline 200\n" CODED NOISE},
	{"A606", "retry", "baseline 200\n" CODED NOISE},
	{"A607", "jitter", "baseline 200\n" CODED NOISE "repeat 200\n" CODED NOISE},
	{"A608", "events with ids", "baseline 200\n" CODED NOISE},
	{"A609", "ids that come twice", "baseline 200\n" CODED NOISE},
	{"A610", "a block that is cut", "baseline 200\n" CODED SOON},
	{"A620", "what comes behind an id", BASE "resume 200 lid=1\n" CODED NOISE},
	{"A623", "an end without an event", "baseline 200\n" CODED SOON "repeat 200\n" CODED SOON},
	{"A624", "a farewell", "baseline 200\n" CODED SOON},
	{"A625", "ids in a row", "run soak=60000\n" BASE "soak 200\n" CODED NOISE},
	{"A626", "a made-up event", "run marker=x\n" BASE "inject 200\n" CODED NOISE},
	{"A703", "HTTP/1.0 in bursts", "baseline 200\n" CODED NOISE "http10 200 h10\n" CODED NOISE},
	{"A902", "what nginx is known for", "baseline 200\nServer: nginx\n" CODED NOISE},
};

/* Neither a pass nor a failure, and the evidence says why. */
static void what_is_not_read_decides_nothing(void **state)
{
	static const struct slice why = SLICE_INIT("compressed though");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(unread); i++) {
		const struct finding *f = judged(unread[i].text, unread[i].id);
		struct slice evidence = {f->evidence, f->evidence_len};

		if (f->verdict != VERDICT_INCONCLUSIVE ||
		    (!text_has(evidence, SLICE("was not read")) && !text_has(evidence, why)))
			fail_msg("%s: %s: %.*s (%.*s)", unread[i].id, unread[i].name,
				 SLICE_ARG(verdict_name(f->verdict)), SLICE_ARG(evidence));
		scene_free(&scene);
	}
}

/* Whatever a server sends, the evidence is short printable ASCII. */
static void evidence_is_one_plain_line(void **state)
{
	static char text[9000] = "baseline 200\nServer: 1";
	const struct finding *f;

	(void)state;
	for (size_t i = slice_of(text).len; i + 2 < sizeof(text); i++)
		text[i] = (char)(i % 2 ? '\xff' : '\t');
	text[sizeof(text) - 2] = '\n';
	f = judged(text, "A815");
	assert_int_equal(f->verdict, VERDICT_FAIL);
	for (size_t i = 0; i < f->evidence_len; i++)
		assert_true(f->evidence[i] >= ' ' && f->evidence[i] <= '~');
	scene_free(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_how_a_stream_arrived),
		cmocka_unit_test(finds_the_middle),
		cmocka_unit_test(reads_the_time_of_sending),
		cmocka_unit_test(more_than_is_kept_is_no_harm),
		cmocka_unit_test(reads_the_policy_of_a_page),
		cmocka_unit_test(names_products_by_their_signs),
		cmocka_unit_test(blames_the_hop_where_it_begins),
		cmocka_unit_test(gives_the_fix_of_the_stack_that_was_seen),
		cmocka_unit_test(every_fix_fits),
		cmocka_unit_test(circumstances_move_verdict_and_severity),
		cmocka_unit_test(what_is_not_read_decides_nothing),
		cmocka_unit_test(evidence_is_one_plain_line),
	};

	return cmocka_run_group_tests_name("judging", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a request is answered with, as tables. The order of decisions: tests/sim/refusal_test.c. */
#include "../edge.h"
#include "../test.h"

#include "stream/decide.h"

#define KEY       "subscriber-key-1"
#define PUBLISHER "publisher-key-01"
#define X16       "xxxxxxxxxxxxxxxx"
#define X128      X16 X16 X16 X16 X16 X16 X16 X16

static const struct slice hosts[] = {SLICE_INIT("h")};
static const struct slice origins[] = {SLICE_INIT("https://app.test")};
static const struct slice public_topics[] = {SLICE_INIT("open"), SLICE_INIT("news/**")};
static const struct slice fixed[] = {SLICE_INIT("a"), SLICE_INIT("b/*")};

#define STREAM(a_path) .kind = ROUTE_STREAM, .path = SLICE_INIT(a_path)
#define PUBLIC         .public_topics = public_topics, .public_count = 2

static const struct route routes[] = {
	{STREAM("/strict"), PUBLIC},
	{STREAM("/lenient"), PUBLIC, .accept = ACCEPT_LENIENT},
	{STREAM("/any"), PUBLIC, .accept = ACCEPT_ANY},
	{STREAM("/hard"), PUBLIC, .refuse = REFUSE_HARD},
	{STREAM("/soft"), PUBLIC, .refuse = REFUSE_SOFT},
	{STREAM("/fixed"), .fixed_topics = fixed, .fixed_count = 2},
	{.kind = ROUTE_PUBLISH, .path = SLICE_INIT("/publish")},
	{.kind = ROUTE_HEALTH, .path = SLICE_INIT("/healthz")},
	{.kind = ROUTE_ASSET, .path = SLICE_INIT("/")},
};

struct world {
	struct stream_settings settings;
	struct key_ring subscribers;
	struct key_ring publishers;
	struct arena arena;
	struct http_request req;
	struct ask ask;
};

static int set_up(void **state)
{
	static struct world w;

	keys_init(&w.subscribers);
	keys_init(&w.publishers);
	arena_init(&w.arena, 1u << 20);
	w.settings = (struct stream_settings){
		.hosts = {hosts, 1},
		.cors = {.origins = origins, .origin_count = 1, .credentials = true},
		.routes = routes,
		.route_count = COUNT_OF(routes),
		.authenticates = true,
		.cookie = SLICE("session"),
		.subscribers = &w.subscribers,
		.publishers = &w.publishers,
		.topics_per_stream = 3,
		.max_body = 1000,
	};
	*state = &w;
	return keys_add(&w.subscribers, SLICE("alice"), SLICE(KEY)) ||
	       keys_add(&w.publishers, SLICE(""), SLICE(PUBLISHER)) ||
	       keys_bind(&w.subscribers, false, (struct siphash_key){1, 2}) ||
	       keys_bind(&w.publishers, true, (struct siphash_key){1, 2});
}

static int tear_down(void **state)
{
	struct world *w = *state;

	principal_unref(w->ask.principal);
	w->ask = (struct ask){0};
	keys_fini(&w->subscribers);
	keys_fini(&w->publishers);
	arena_free(&w->arena);
	return 0;
}

/* Parses a head that ends where readable memory ends. */
static void parse(struct world *w, const char *method, const char *target, const char *fields)
{
	principal_unref(w->ask.principal);
	w->ask = (struct ask){0};
	char text[2048];
	struct writer out;

	writer_init(&out, text, sizeof(text));
	put(&out, slice_of(method));
	put_char(&out, ' ');
	put(&out, slice_of(target));
	put(&out, SLICE(" HTTP/1.1\r\nHost: h\r\n"));
	put(&out, slice_of(fields));
	put(&out, SLICE("\r\n"));
	assert_false(out.overflow);
	struct slice head = place_at_edge(writer_slice(&out));
	assert_int_equal(http_request_parse(head, &w->req), HTTP_FAULT_NONE);
}

static void expect(const char *name, enum refusal got, enum refusal want)
{
	if (got != want)
		fail_msg("%s: %s, want %s", name, got ? refusal_row(got)->name.ptr : "none",
			 want ? refusal_row(want)->name.ptr : "none");
}

static const struct {
	const char *name;
	const char *method;
	const char *target;
	const char *fields;
	enum refusal want;
	const char *allow; /* NULL: not looked at */
} routings[] = {
	{"a stream", "GET", "/strict", "", REFUSAL_NONE, "GET, HEAD, OPTIONS"},
	{"its head", "HEAD", "/strict", "", REFUSAL_NONE, NULL},
	{"its preflight", "OPTIONS", "/strict", "Origin: https://app.test\r\n", REFUSAL_NONE, NULL},
	{"a preflight from a stranger says so", "OPTIONS", "/strict",
	 "Origin: https://evil.test\r\n", REFUSAL_ORIGIN, NULL},
	{"a publish", "POST", "/publish", "Content-Length: 1\r\n", REFUSAL_NONE, "POST, OPTIONS"},
	{"publish is not read", "GET", "/publish", "", REFUSAL_METHOD, "POST, OPTIONS"},
	{"a stream takes no POST", "POST", "/strict", "Content-Length: 0\r\n", REFUSAL_METHOD,
	 "GET, HEAD, OPTIONS"},
	{"a method of nobody's", "BREW", "/strict", "", REFUSAL_METHOD, NULL},
	{"a path is compared whole", "GET", "/strict/", "", REFUSAL_ROUTE, NULL},
	{"a path is compared as sent", "GET", "/%73trict", "", REFUSAL_ROUTE, NULL},
	{"a page is for everybody", "GET", "/", "Origin: https://evil.test\r\n", REFUSAL_NONE,
	 NULL},
	{"health too", "GET", "/healthz", "Origin: null\r\n", REFUSAL_NONE, NULL},
	{"a stream is no page", "GET", "/strict",
	 "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
	 REFUSAL_FETCH_SITE, NULL},
	{"a body of none is a body", "GET", "/strict", "Content-Length: 0\r\n",
	 REFUSAL_BODY_ON_STREAM, NULL},
	{"an expectation", "GET", "/strict", "Expect: x\r\n", REFUSAL_CONTINUE, NULL},
};

static void route_table(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(routings); i++) {
		parse(w, routings[i].method, routings[i].target, routings[i].fields);
		expect(routings[i].name, decide_route(&w->settings, &w->req, false, &w->ask),
		       routings[i].want);
		if (routings[i].allow)
			check_slice(routings[i].name, w->ask.allow, slice_of(routings[i].allow));
	}
}

/* Refused requests too get the fields with which a page reads why. */
static void refused_requests_keep_their_cors_verdict(void **state)
{
	struct world *w = *state;

	parse(w, "GET", "/nothing", "Origin: https://app.test\r\n");
	expect("route", decide_route(&w->settings, &w->req, false, &w->ask), REFUSAL_ROUTE);
	check_slice("origin", w->ask.cors.allow_origin, SLICE("https://app.test"));
	assert_true(w->ask.cors.credentials && w->ask.cors.vary_origin);
}

/* What the engine does with static keys. */
static enum refusal identify(struct world *w, const struct key_ring *ring)
{
	struct slice resume;
	enum refusal refusal = decide_credential(&w->settings, &w->ask, &resume);

	if (refusal || w->ask.credential.source == CREDENTIAL_NONE)
		return refusal;
	return decide_key(ring, &w->ask) ? REFUSAL_NONE : decide_fault(AUTH_UNKNOWN_KEY);
}

static enum refusal decide(struct world *w, const char *target, const char *fields)
{
	parse(w, "GET", target, fields);
	enum refusal refusal = decide_route(&w->settings, &w->req, false, &w->ask);

	if (refusal)
		return refusal;
	decide_query(&w->settings, &w->ask, &w->arena);
	refusal = identify(w, w->settings.subscribers);
	if (!refusal)
		refusal = decide_rights(&w->settings, &w->ask);
	return refusal ? refusal : decide_stream(&w->ask);
}

#define ACCEPT "Accept: text/event-stream\r\n"
#define ALICE  ACCEPT "Authorization: Bearer " KEY "\r\n"

static const struct {
	const char *name;
	const char *target;
	const char *fields;
	enum refusal want;
} streams[] = {
	{"a public topic", "/strict?topic=open", ACCEPT, REFUSAL_NONE},
	{"one below a public pattern", "/strict?topic=news/a/b", ACCEPT, REFUSAL_NONE},
	{"a pattern within a public one", "/strict?topic=news/*", ACCEPT, REFUSAL_NONE},
	{"a pattern that reaches further", "/strict?topic=**", ACCEPT, REFUSAL_NO_CREDENTIAL},
	{"one topic of two is not public", "/strict?topic=open&topic=secret", ACCEPT,
	 REFUSAL_NO_CREDENTIAL},
	{"alice may", "/strict?topic=open&topic=secret", ALICE, REFUSAL_NONE},
	{"by her cookie", "/strict?topic=secret", ACCEPT "Cookie: session=" KEY "\r\n",
	 REFUSAL_NONE},
	{"a wrong cookie is no anonymous", "/strict?topic=open",
	 ACCEPT "Cookie: session=" X16 "\r\n", REFUSAL_BAD_CREDENTIAL},
	{"a publisher's key is no subscriber's", "/strict?topic=open",
	 ACCEPT "Authorization: Bearer " PUBLISHER "\r\n", REFUSAL_BAD_CREDENTIAL},
	{"as many topics as may be", "/strict?topic=a&topic=b&topic=c", ALICE, REFUSAL_NONE},
	{"one more", "/strict?topic=a&topic=b&topic=c&topic=d", ALICE, REFUSAL_BAD_TOPIC},
	{"no topic, logged in", "/strict", ALICE, REFUSAL_NO_TOPIC},
	{"no topic, anonymous", "/strict", ACCEPT, REFUSAL_NO_CREDENTIAL},
	{"an empty topic", "/strict?topic=", ALICE, REFUSAL_BAD_TOPIC},
	{"a topic without a value", "/strict?topic", ALICE, REFUSAL_BAD_TOPIC},
	{"an escape in the name", "/strict?t%6fpic=open", ACCEPT, REFUSAL_NONE},
	{"a broken escape in a name that is not ours", "/strict?topic=open&%zz=1", ACCEPT,
	 REFUSAL_BAD_QUERY},
	{"names that are not ours", "/strict?topic=open&_=123&x", ACCEPT, REFUSAL_NONE},
	{"not UTF-8", "/strict?topic=open&x=%ff", ACCEPT, REFUSAL_BAD_QUERY},
	{"bound topics need no query", "/fixed", ALICE, REFUSAL_NONE},
	{"and take none", "/fixed?topic=a", ALICE, REFUSAL_TOPIC},
	{"an id of 128 bytes", "/strict?topic=open", ACCEPT "Last-Event-ID: " X128 "\r\n",
	 REFUSAL_NONE},
	{"an id of 129 bytes", "/strict?topic=open", ACCEPT "Last-Event-ID: " X128 "x\r\n",
	 REFUSAL_LAST_EVENT_ID},
	{"an id of 129 bytes in the query", "/strict?topic=open&last-event-id=" X128 "x", ACCEPT,
	 REFUSAL_LAST_EVENT_ID},
	{"two ids", "/strict?topic=open", ACCEPT "Last-Event-ID: a\r\nLast-Event-ID: a\r\n",
	 REFUSAL_LAST_EVENT_ID},
	{"two ids in the query", "/strict?topic=open&last-event-id=a&last-event-id=a", ACCEPT,
	 REFUSAL_BAD_QUERY},
	{"an id past ASCII", "/strict?topic=open&last-event-id=%c3%a9", ACCEPT,
	 REFUSAL_LAST_EVENT_ID},
};

static void stream_table(void **state)
{
	for (size_t i = 0; i < COUNT_OF(streams); i++)
		expect(streams[i].name, decide(*state, streams[i].target, streams[i].fields),
		       streams[i].want);
}

static const struct {
	const char *name;
	const char *fields;
	bool strict, lenient; /* is taken; `any` takes all */
} accepts[] = {
	{"named", "Accept: text/event-stream\r\n", true, true},
	{"named in a list", "Accept: application/json, text/event-stream\r\n", true, true},
	{"named in a second line", "Accept: application/json\r\nAccept: Text/Event-Stream\r\n",
	 true, true},
	{"named with a weight", "Accept: text/event-stream;q=0.1, */*;q=0.9\r\n", true, true},
	{"named and excluded", "Accept: */*, text/event-stream;q=0\r\n", false, false},
	{"a wildcard", "Accept: */*\r\n", false, true},
	{"a wildcard of the type", "Accept: text/*\r\n", false, true},
	{"none", "", false, true},
	{"another type", "Accept: text/html\r\n", false, false},
	{"no list of types", "Accept: text\r\n", false, false},
};

static void accept_table(void **state)
{
	for (size_t i = 0; i < COUNT_OF(accepts); i++) {
		const char *fields = accepts[i].fields;

		expect(accepts[i].name, decide(*state, "/strict?topic=open", fields),
		       accepts[i].strict ? REFUSAL_NONE : REFUSAL_NOT_ACCEPTABLE);
		expect(accepts[i].name, decide(*state, "/lenient?topic=open", fields),
		       accepts[i].lenient ? REFUSAL_NONE : REFUSAL_NOT_ACCEPTABLE);
		expect(accepts[i].name, decide(*state, "/any?topic=open", fields), REFUSAL_NONE);
	}
}

static void ask_says_what_was_asked(void **state)
{
	struct world *w = *state;

	expect("alice", decide(w, "/strict?topic=n%65ws%2Fa+&topic=b/*&last-event-id=%7E1", ALICE),
	       REFUSAL_BAD_TOPIC);
	expect("alice", decide(w, "/strict?topic=n%65ws%2Fa&topic=b/*&last-event-id=%7E1", ALICE),
	       REFUSAL_NONE);
	assert_int_equal(w->ask.pattern_count, 2);
	check_slice("decoded", w->ask.patterns[0], SLICE("news/a"));
	check_slice("pattern", w->ask.patterns[1], SLICE("b/*"));
	check_slice("id", w->ask.last_event_id, SLICE("~1"));
	assert_non_null(w->ask.principal);
	check_slice("user", w->ask.principal->facts.subject, SLICE("alice"));
	assert_int_equal(w->ask.credential.source, CREDENTIAL_BEARER);
	expect("bound", decide(w, "/fixed", ALICE), REFUSAL_NONE);
	assert_int_equal(w->ask.pattern_count, 2);
	check_slice("bound", w->ask.patterns[1], SLICE("b/*"));
	expect("empty id", decide(w, "/strict?topic=open&last-event-id=", ACCEPT), REFUSAL_NONE);
	assert_null(w->ask.last_event_id.ptr);
	assert_null(w->ask.principal);
}

static void server_without_keys_serves_public_topics(void **state)
{
	struct world *w = *state;

	w->settings.subscribers = NULL;
	w->settings.authenticates = false;
	expect("public", decide(w, "/strict?topic=open", ACCEPT), REFUSAL_NONE);
	expect("no topic", decide(w, "/strict", ACCEPT), REFUSAL_NO_TOPIC);
	expect("not public", decide(w, "/strict?topic=x", ACCEPT), REFUSAL_NO_CREDENTIAL);
	expect("no key is right", decide(w, "/strict?topic=open", ALICE), REFUSAL_BAD_CREDENTIAL);
}

#define BEARER "Authorization: Bearer " PUBLISHER "\r\n"
#define JSON   "Content-Type: application/json\r\n"

static const struct {
	const char *name;
	const char *fields;
	enum refusal want;
	bool ndjson;
} publishes[] = {
	{"JSON", BEARER JSON "Content-Length: 1\r\n", REFUSAL_NONE, false},
	{"in chunks", BEARER JSON "Transfer-Encoding: chunked\r\n", REFUSAL_NONE, false},
	{"NDJSON", BEARER "Content-Type: application/x-ndjson\r\nContent-Length: 1\r\n",
	 REFUSAL_NONE, true},
	{"JSON lines", BEARER "Content-Type: Application/JSONL ; x=y\r\nContent-Length: 1\r\n",
	 REFUSAL_NONE, true},
	{"the largest body", BEARER JSON "Content-Length: 1000\r\n", REFUSAL_NONE, false},
	{"a byte more", BEARER JSON "Content-Length: 1001\r\n", REFUSAL_BODY_TOO_LARGE, false},
	{"no length", BEARER JSON, REFUSAL_LENGTH_REQUIRED, false},
	{"a form's type", BEARER "Content-Type: text/plain\r\nContent-Length: 1\r\n",
	 REFUSAL_MEDIA_TYPE, false},
	{"a type that begins alike",
	 BEARER "Content-Type: application/jsonx\r\nContent-Length: 1\r\n", REFUSAL_MEDIA_TYPE,
	 false},
	{"two types", BEARER JSON JSON "Content-Length: 1\r\n", REFUSAL_MEDIA_TYPE, false},
	{"no type", BEARER "Content-Length: 1\r\n", REFUSAL_MEDIA_TYPE, false},
	{"no key", JSON "Content-Length: 1\r\n", REFUSAL_NO_CREDENTIAL, false},
	{"a subscriber's key", "Authorization: Bearer " KEY "\r\n" JSON "Content-Length: 1\r\n",
	 REFUSAL_BAD_CREDENTIAL, false},
	{"a cookie is no publisher's key",
	 "Cookie: session=" PUBLISHER "\r\n" JSON "Content-Length: 1\r\n", REFUSAL_NO_CREDENTIAL,
	 false},
};

static void publish_table(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(publishes); i++) {
		parse(w, "POST", "/publish", publishes[i].fields);
		expect(publishes[i].name, decide_route(&w->settings, &w->req, false, &w->ask),
		       REFUSAL_NONE);
		enum refusal refusal = identify(w, w->settings.publishers);

		if (!refusal)
			refusal = decide_post(&w->settings, &w->ask);
		expect(publishes[i].name, refusal, publishes[i].want);
		check(publishes[i].name, decide_is_ndjson(&w->req) == publishes[i].ndjson);
	}
}

#define NATIVE "Accept: text/event-stream\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
#define ID     "Last-Event-ID: 1\r\n"

static const struct {
	const char *name;
	const char *method;
	const char *target;
	const char *fields;
	bool shed; /* softly when the server is full */
	bool auth; /* softly when the login is missing */
} softness[] = {
	{"a browser's first visit", "GET", "/strict", NATIVE, true, false},
	{"a browser that was streaming", "GET", "/strict", NATIVE ID, true, true},
	{"a program", "GET", "/strict", "Accept: text/event-stream\r\n" ID, false, false},
	{"a fetch with more in Accept", "GET", "/strict",
	 "Accept: text/event-stream, */*\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n" ID,
	 false, false},
	{"a navigation", "GET", "/strict",
	 "Accept: text/event-stream\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: empty\r\n",
	 false, false},
	{"refuse: hard", "GET", "/hard", NATIVE ID, false, false},
	{"refuse: soft", "GET", "/soft", "", true, true},
	{"HEAD", "HEAD", "/soft", NATIVE ID, false, false},
	{"a page", "GET", "/", NATIVE ID, false, false},
};

static void softness_table(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT_OF(softness); i++) {
		const char *name = softness[i].name;

		parse(w, softness[i].method, softness[i].target, softness[i].fields);
		(void)decide_route(&w->settings, &w->req, false, &w->ask);
		check(name, decide_softly(&w->ask, REFUSAL_FULL) == softness[i].shed);
		check(name, decide_softly(&w->ask, REFUSAL_ADDRESS_LIMIT) == softness[i].shed);
		check(name, decide_softly(&w->ask, REFUSAL_DRAINING) == softness[i].shed);
		check(name, decide_softly(&w->ask, REFUSAL_NO_MEMORY) == softness[i].shed);
		check(name, decide_softly(&w->ask, REFUSAL_NO_CREDENTIAL) == softness[i].auth);
		check(name, decide_softly(&w->ask, REFUSAL_BAD_CREDENTIAL) == softness[i].auth);
		/* What no retry cures is never soft. */
		check(name, !decide_softly(&w->ask, REFUSAL_BAD_TOPIC));
		check(name, !decide_softly(&w->ask, REFUSAL_ORIGIN));
		check(name, !decide_softly(&w->ask, REFUSAL_NOT_ACCEPTABLE));
	}
}

static void soft_events_have_names(void **state)
{
	(void)state;
	check_slice("full", decide_soft_event(REFUSAL_FULL), SLICE("overloaded"));
	check_slice("address", decide_soft_event(REFUSAL_ADDRESS_LIMIT), SLICE("overloaded"));
	check_slice("draining", decide_soft_event(REFUSAL_DRAINING), SLICE("draining"));
	check_slice("login", decide_soft_event(REFUSAL_NO_CREDENTIAL), SLICE("auth_expired"));
	check_slice("key", decide_soft_event(REFUSAL_BAD_CREDENTIAL), SLICE("auth_expired"));
}

/* The memory of a query is bounded, and its end is a refusal. */
static void query_memory_ends_in_a_refusal(void **state)
{
	struct world *w = *state;
	struct arena none;

	parse(w, "GET", "/strict?topic=open", ACCEPT);
	expect("route", decide_route(&w->settings, &w->req, false, &w->ask), REFUSAL_NONE);
	arena_init(&none, 0);
	decide_query(&w->settings, &w->ask, &none);
	expect("no room", decide_rights(&w->settings, &w->ask), REFUSAL_NO_MEMORY);
	arena_free(&none);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(route_table),
		CASE(refused_requests_keep_their_cors_verdict),
		CASE(stream_table),
		CASE(accept_table),
		CASE(ask_says_what_was_asked),
		CASE(server_without_keys_serves_public_topics),
		CASE(publish_table),
		CASE(softness_table),
		CASE(soft_events_have_names),
		CASE(query_memory_ends_in_a_refusal),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}

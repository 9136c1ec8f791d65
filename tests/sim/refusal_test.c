/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refusals: each row of refusals.def by a request that earns it, their order (SPEC 4), and what
 * they do not give away.
 */
#include "auth.h"

#define HOST   "Host: sluice.test\r\n"
#define ACCEPT "Accept: text/event-stream\r\n"
#define ALICE  "Authorization: Bearer " SIM_SUBSCRIBER_KEY "\r\n"
#define BEARER "Authorization: Bearer " SIM_PUBLISHER_KEY "\r\n"
#define EVIL   "Origin: https://evil.test\r\n"
#define JSON   "Content-Type: application/json\r\n"

#define GET(target)  "GET " target " HTTP/1.1\r\n" HOST ACCEPT
#define POST(target) "POST " target " HTTP/1.1\r\n" HOST BEARER
#define BODY(length) "Content-Length: " #length "\r\n\r\n"

/* What the server is like when the request comes. */
enum server {
	USUAL,
	FULL,     /* the one stream that may be open is */
	CROWDED,  /* the one stream of this address is open */
	DRAINING, /* and the head was begun before */
	LATE,     /* nothing more comes of the request */
	HURRIED,  /* the one event that a publisher may send in a second has come */
	SPENT,    /* one ticket and one revocation fill their tables, and are there */
	PLAIN,    /* speaks TLS */
	LADEN,    /* a body of 40 MiB is being read */
	HASTY,    /* the one request for a stream that an address may make in a second has come */
	BUSY,     /* the one stream of each route is open */
	SHORT,    /* of memory */
	TAKEN,    /* the one stream of each user and of each token is open */
};

struct request {
	const char *name;
	enum refusal want;
	enum server server;
	const char *text;
	/* For what is too long: `fill` so many times, and `tail`. */
	const char *fill;
	unsigned times;
	const char *tail;
};

#define X64 "................................................................"
#define X1K X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64

static const struct request rows[] = {
	{"a control in the head", REFUSAL_BAD_REQUEST, USUAL, "GET / HTTP/1.1\r\nA: \x01\r\n\r\n"},
	{"a long target", REFUSAL_URI_TOO_LONG, USUAL, "GET /", "x", 8200,
	 " HTTP/1.1\r\n" HOST "\r\n"},
	{"a long head", REFUSAL_HEAD_TOO_LARGE, USUAL, GET("/"), "Name: sixteen bytes...\r\n", 1000,
	 "\r\n"},
	{"HTTP/2 in the request line", REFUSAL_BAD_VERSION, USUAL,
	 "GET / HTTP/2.0\r\n" HOST "\r\n"},
	{"gzip as a transfer coding", REFUSAL_BAD_CODING, USUAL,
	 POST("/publish") "Transfer-Encoding: gzip, chunked\r\n\r\n"},
	{"a body on a stream", REFUSAL_BODY_ON_STREAM, USUAL,
	 GET("/stream?topic=open") BODY(1) "x"},
	{"half a head", REFUSAL_HEAD_TIMEOUT, LATE, "GET / HT"},
	{"no Host", REFUSAL_BAD_HOST, USUAL, "GET / HTTP/1.1\r\n\r\n"},
	{"a stranger's Host", REFUSAL_WRONG_HOST, USUAL,
	 "GET / HTTP/1.1\r\nHost: rebound.test\r\n\r\n"},
	{"HTTP in the clear to a TLS port", REFUSAL_PLAINTEXT, PLAIN, GET("/") "\r\n"},
	{"a method that a stream has not", REFUSAL_METHOD, USUAL,
	 "POST /stream HTTP/1.1\r\n" HOST BODY(0)},
	{"a path that is not served", REFUSAL_ROUTE, USUAL, GET("/streams") "\r\n"},
	{"an expectation we cannot meet", REFUSAL_CONTINUE, USUAL,
	 GET("/") "Expect: magic\r\n\r\n"},
	{"a stranger's Origin", REFUSAL_ORIGIN, USUAL, GET("/stream?topic=open") EVIL "\r\n"},
	{"a sandboxed frame", REFUSAL_ORIGIN_NULL, USUAL,
	 GET("/stream?topic=open") "Origin: null\r\n\r\n"},
	{"an Origin with a path", REFUSAL_ORIGIN_MALFORMED, USUAL,
	 GET("/stream?topic=open") "Origin: https://app.test/x\r\n\r\n"},
	{"an image of a stranger's page", REFUSAL_FETCH_SITE, USUAL,
	 GET("/stream?topic=open") "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"
				   "Sec-Fetch-Dest: image\r\n\r\n"},
	{"a full server", REFUSAL_FULL, FULL, GET("/stream?topic=open") "\r\n"},
	{"a crowded address", REFUSAL_ADDRESS_LIMIT, CROWDED, GET("/stream?topic=open") "\r\n"},
	{"a server that goes down", REFUSAL_DRAINING, DRAINING, GET("/stream?topic=open") "\r\n"},
	{"a hasty address", REFUSAL_CONNECT_RATE, HASTY, GET("/stream?topic=open") "\r\n"},
	{"a busy route", REFUSAL_ROUTE_LIMIT, BUSY, GET("/stream?topic=open") "\r\n"},
	{"a stream for which there is no memory", REFUSAL_MEMORY, SHORT,
	 GET("/stream?topic=open") "\r\n"},
	{"a publish for which there is none", REFUSAL_MEMORY, SHORT,
	 POST("/publish?topic=open") JSON BODY(10) "{\"data\":1}"},
	{"more bodies than the worker keeps", REFUSAL_NO_MEMORY, LADEN,
	 POST("/publish") JSON BODY(33554432), X1K, 32768, ""},
	{"a key and a cookie", REFUSAL_TWO_CREDENTIALS, USUAL,
	 GET("/stream?topic=open") ALICE "Cookie: session=another-session-key\r\n\r\n"},
	{"no credential", REFUSAL_NO_CREDENTIAL, USUAL, GET("/stream?topic=secret") "\r\n"},
	{"an unknown key", REFUSAL_BAD_CREDENTIAL, USUAL,
	 GET("/stream?topic=open") "Authorization: Bearer 0123456789abcdef\r\n\r\n"},
	{"a token that cannot be checked now", REFUSAL_AUTH_UNAVAILABLE, USUAL,
	 GET("/stream?topic=open") "Authorization: Bearer token-that-is-checked-nowhere\r\n\r\n"},
	{"a ticket too many", REFUSAL_TICKETS_FULL, SPENT,
	 "POST /auth/stream-token HTTP/1.1\r\n" HOST BOB JSON BODY(2) "{}"},
	{"a revocation too many", REFUSAL_REVOCATIONS_FULL, SPENT,
	 POST("/auth/revoke") JSON BODY(13) "{\"sub\":\"bob\"}"},
	{"a topic where they are bound", REFUSAL_TOPIC, USUAL,
	 GET("/fixed?topic=other") ALICE "\r\n"},
	{"a user's second stream", REFUSAL_USER_LIMIT, TAKEN,
	 GET("/stream?topic=open") ALICE "\r\n"},
	{"a token's second stream", REFUSAL_TOKEN_LIMIT, TAKEN,
	 GET("/stream?topic=open") BOB "\r\n"},
	{"Accept for a page", REFUSAL_NOT_ACCEPTABLE, USUAL,
	 "GET /stream?topic=open HTTP/1.1\r\n" HOST "Accept: text/html\r\n\r\n"},
	{"an id with a space", REFUSAL_LAST_EVENT_ID, USUAL,
	 GET("/stream?topic=open") "Last-Event-ID: a b\r\n\r\n"},
	{"no topic", REFUSAL_NO_TOPIC, USUAL, GET("/stream") ALICE "\r\n"},
	{"a topic with a space", REFUSAL_BAD_TOPIC, USUAL, GET("/stream?topic=a+b") "\r\n"},
	{"half an escape", REFUSAL_BAD_QUERY, USUAL, GET("/stream?topic=%4") "\r\n"},
	{"a form", REFUSAL_MEDIA_TYPE, USUAL,
	 POST("/publish") "Content-Type: text/plain\r\n" BODY(2) "{}"},
	{"a large body", REFUSAL_BODY_TOO_LARGE, USUAL, POST("/publish") JSON BODY(99999999)},
	{"no length", REFUSAL_LENGTH_REQUIRED, USUAL, POST("/publish") JSON "\r\n"},
	{"broken JSON", REFUSAL_BAD_JSON, USUAL, POST("/publish") JSON BODY(1) "{"},
	{"no data", REFUSAL_BAD_EVENT, USUAL, POST("/publish?topic=open") JSON BODY(2) "{}"},
	{"a name of the hub's", REFUSAL_RESERVED_TYPE, USUAL,
	 POST("/publish?topic=open") JSON BODY(32) "{\"event\":\"connected\",\"data\":100}"},
	{"an id like the hub's", REFUSAL_ID_CONFLICT, USUAL,
	 POST("/publish?topic=open") JSON BODY(21) "{\"id\":\"1~1\",\"data\":1}"},
	{"a second event in a second", REFUSAL_PUBLISH_RATE, HURRIED,
	 POST("/publish?topic=open") JSON BODY(10) "{\"data\":1}"},
};

static void send_request(struct sim_peer *p, const struct request *r)
{
	sim_send(p, r->text);
	for (unsigned i = 0; i < r->times; i++)
		sim_send(p, r->fill);
	if (r->tail)
		sim_send(p, r->tail);
}

static void load_with_a_body(struct sim *sim)
{
	static const struct request half = {
		.text = POST("/publish") JSON BODY(41943041), .fill = X1K, .times = 40960};

	send_request(sim_connect(sim, 0), &half);
	sim_run(sim);
}

/* Each route has room for one stream. */
static void narrow_routes(struct sim_options *o)
{
	static struct route routes[32];

	assert_in_range(o->settings.route_count, 1, COUNT_OF(routes));
	memcpy(routes, o->settings.routes, o->settings.route_count * sizeof(*routes));
	for (size_t i = 0; i < o->settings.route_count; i++)
		routes[i].max_streams = 1;
	o->settings.routes = routes;
}

static struct sim_options options(enum server kind)
{
	struct sim_options o = auth_options();

	if (kind == SPENT)
		o.tickets = o.revocations = 1;
	if (kind == FULL)
		o.limits.streams = 1;
	if (kind == CROWDED)
		o.limits.per_address = 1;
	if (kind == HASTY)
		o.limits.connect_rate = o.limits.connect_burst = 1;
	if (kind == SHORT)
		o.limits.memory = 1000;
	if (kind == TAKEN) {
		o.limits.per_user = 2;
		o.limits.per_token = 1;
	}
	if (kind == BUSY)
		narrow_routes(&o);
	if (kind == HURRIED)
		o.limits.publish_rate = 1;
	if (kind == LADEN)
		o.settings.max_body = (size_t)48 << 20;
	return o;
}

static struct sim *server(enum server kind)
{
	struct sim_options o = options(kind);
	struct sim *sim = sim_new(&o);

	if (kind == FULL || kind == CROWDED || kind == HASTY || kind == BUSY)
		expect_open("the one that may be", sim_get(sim, 0, "/stream?topic=open", ""));
	if (kind == TAKEN) {
		expect_open("the first", sim_get(sim, 0, "/stream?topic=open", ALICE));
		expect_open("the second", sim_get(sim, 0, "/stream?topic=open", ALICE));
		expect_open("the token's", sim_get(sim, 0, "/stream?topic=open", BOB));
	}
	if (kind == SHORT)
		admit_set_resident(sim->admit, 1001);
	if (kind == HURRIED)
		(void)sim_post(sim, "application/json", SLICE("{\"topic\":\"open\",\"data\":0}"));
	if (kind == SPENT) {
		(void)ask_ticket(sim, BOB, "{}");
		(void)revoke(sim, "{\"sub\":\"nobody\"}");
	}
	if (kind == LADEN)
		load_with_a_body(sim);
	return sim;
}

static void expect_row(const struct request *r)
{
	struct sim *sim = server(r->server);
	struct sim_peer *p =
		r->server == PLAIN ? sim_connect_shaking(sim, 0, "p") : sim_connect(sim, 0);

	if (r->server == DRAINING) {
		sim_send_slice(p, slice_upto(slice_of(r->text), 1));
		sim_run(sim);
		engine_drain(sim->workers[0].engine, 1000);
		sim_send_slice(p, slice_from(slice_of(r->text), 1));
	} else {
		send_request(p, r);
	}
	sim_run(sim);
	if (r->server == LATE)
		sim_pass(sim, sim->options.settings.head_timeout_ms + 16);
	expect_refusal(r->name, p, r->want);
	check(r->name, sim_counters(sim, 0)->refusals[r->want] == 1);
	check_slice(r->name, client_field(&p->client, "Content-Type"), SLICE("application/json"));
	check_slice(r->name, client_field(&p->client, "Cache-Control"), SLICE("no-store"));
	bool again = refusal_row(r->want)->status == 429 || refusal_row(r->want)->status == 503;
	check(r->name, (client_field(&p->client, "Retry-After").len > 0) == again);
	sim_free(sim);
}

/* A row that is added to refusals.def needs a request here. */
static void every_row_is_given(void **state)
{
	bool given[REFUSAL_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		expect_row(&rows[i]);
		given[rows[i].want] = true;
	}
	for (unsigned i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++) {
		if (!given[i])
			fail_msg("no request earns %s", refusal_row((enum refusal)i)->name.ptr);
	}
}

/* Each request has at least two faults, one at its own step and one at a later one. */
static const struct request order[] = {
	{"framing before Host", REFUSAL_BAD_REQUEST, USUAL,
	 "GET / HTTP/1.1\r\nHost: rebound.test\r\nA : b\r\n\r\n"},
	{"Host before method", REFUSAL_WRONG_HOST, USUAL,
	 "DELETE /nothing HTTP/1.1\r\nHost: rebound.test\r\n\r\n"},
	{"method before route", REFUSAL_METHOD, USUAL, "DELETE /nothing HTTP/1.1\r\n" HOST "\r\n"},
	{"route before Origin", REFUSAL_ROUTE, USUAL, GET("/nothing") EVIL "\r\n"},
	{"body before Origin", REFUSAL_BODY_ON_STREAM, USUAL, GET("/stream") EVIL BODY(1) "x"},
	{"Origin before limits", REFUSAL_ORIGIN, FULL, GET("/stream") EVIL "\r\n"},
	{"limits before credentials", REFUSAL_FULL, FULL,
	 GET("/stream") ALICE "Cookie: session=x\r\n\r\n"},
	{"address before credentials", REFUSAL_ADDRESS_LIMIT, CROWDED,
	 GET("/stream") ALICE "Cookie: session=x\r\n\r\n"},
	{"draining before credentials", REFUSAL_DRAINING, DRAINING,
	 GET("/stream") ALICE "Cookie: session=x\r\n\r\n"},
	{"memory before all other limits", REFUSAL_MEMORY, SHORT,
	 GET("/stream") ALICE "Cookie: session=x\r\n\r\n"},
	{"the rate of an address before credentials", REFUSAL_CONNECT_RATE, HASTY,
	 GET("/stream") ALICE "Cookie: session=x\r\n\r\n"},
	{"the route before credentials", REFUSAL_ROUTE_LIMIT, BUSY,
	 GET("/stream") ALICE "Cookie: session=x\r\n\r\n"},
	{"the right to a topic before the user's limit", REFUSAL_TOPIC, TAKEN,
	 GET("/stream?topic=carol/1") BOB "\r\n"},
	{"the user's limit before Accept", REFUSAL_USER_LIMIT, TAKEN,
	 "GET /stream?topic=open HTTP/1.1\r\n" HOST ALICE "Accept: text/html\r\n\r\n"},
	{"the token's limit before Last-Event-ID", REFUSAL_TOKEN_LIMIT, TAKEN,
	 GET("/stream?topic=open") BOB "Last-Event-ID: a b\r\n\r\n"},
	{"two credentials before authentication", REFUSAL_TWO_CREDENTIALS, USUAL,
	 GET("/stream?topic=a+b") "Authorization: Bearer 0123456789abcdef\r\nCookie: "
				  "session=x\r\n\r\n"},
	{"authentication before topics", REFUSAL_BAD_CREDENTIAL, USUAL,
	 GET("/stream?topic=a+b") "Authorization: Bearer 0123456789abcdef\r\n\r\n"},
	{"login before the right to a topic", REFUSAL_NO_CREDENTIAL, USUAL,
	 "GET /stream?topic=secret HTTP/1.1\r\n" HOST "Accept: text/html\r\n\r\n"},
	{"topics before Accept", REFUSAL_TOPIC, USUAL,
	 "GET /fixed?topic=x HTTP/1.1\r\n" HOST ALICE "Accept: text/html\r\n\r\n"},
	{"Accept before Last-Event-ID", REFUSAL_NOT_ACCEPTABLE, USUAL,
	 "GET /stream?topic=open HTTP/1.1\r\n" HOST
	 "Accept: text/html\r\nLast-Event-ID: a b\r\n\r\n"},
	{"publish: Origin before credentials", REFUSAL_ORIGIN, USUAL,
	 "POST /publish HTTP/1.1\r\n" HOST EVIL BODY(0)},
	{"publish: credentials before type", REFUSAL_NO_CREDENTIAL, USUAL,
	 "POST /publish HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\n" BODY(99999999)},
	{"publish: type before length", REFUSAL_MEDIA_TYPE, USUAL,
	 POST("/publish") "Content-Type: text/plain\r\n\r\n"},
	{"publish: size before content", REFUSAL_BODY_TOO_LARGE, USUAL,
	 POST("/publish") JSON BODY(99999999) "{"},
	{"publish: query before content", REFUSAL_BAD_TOPIC, USUAL,
	 POST("/publish?topic=a+b") JSON BODY(1) "{"},
	{"publish: content before rate", REFUSAL_BAD_EVENT, HURRIED,
	 POST("/publish?topic=open") "Content-Type: application/jsonl\r\n" BODY(
		 13) "{\"data\":1}\n{}"},
};

static void first_fault_decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(order); i++)
		expect_row(&order[i]);
}

static const char *const unauthorized[] = {
	GET("/stream?topic=secret") "\r\n",
	GET("/stream?topic=secret") "Authorization: Bearer 0123456789abcdef\r\n\r\n",
	GET("/stream?topic=secret") "Authorization: Basic dXNlcjpwYXNz\r\n\r\n",
	GET("/stream?topic=secret") "Cookie: session=expired-session-key\r\n\r\n",
	GET("/stream") "\r\n",
};

/* Byte for byte, head and body; only the log knows which check failed. */
static void unauthorized_answers_are_alike(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *first = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(unauthorized); i++) {
		struct sim_peer *p = sim_connect(sim, 0);

		p->stalled = true;
		sim_send(p, unauthorized[i]);
		sim_run(sim);
		first = first ? first : p;
		check_slice("alike", buf_slice(&p->socket), buf_slice(&first->socket));
		bool none = i == 0 || i == 4;
		check("the record knows",
		      sim_last_record(sim)->r.refusal ==
			      (none ? REFUSAL_NO_CREDENTIAL : REFUSAL_BAD_CREDENTIAL));
	}
	(void)sim_read(first, SIZE_MAX);
	check_slice("names a way in", client_field(&first->client, "WWW-Authenticate"),
		    SLICE("Bearer realm=\"sluice\""));
	sim_free(sim);
}

#define SECRET "s3cr3t-never-in-a-record"

/* Wherever a secret stands in a request, no record holds it. */
static void records_hold_no_secret(void **state)
{
	static const char *const texts[] = {
		GET("/stream?topic=open&ticket=" SECRET) "\r\n",
		GET("/stream?topic=open&" SECRET) "\r\n",
		GET("/stream?topic=secret") "Authorization: Bearer " SECRET "\r\n\r\n",
		GET("/stream?topic=secret") "Authorization: " SECRET "\r\n\r\n",
		GET("/stream?topic=secret") "Cookie: session=" SECRET "\r\n\r\n",
		GET("/stream?topic=open") ALICE "Cookie: session=" SECRET "\r\n\r\n",
		GET("/nothing?token=" SECRET) "\r\n",
		GET("/" SECRET) "\r\n",
		"GET /stream?" SECRET " HTTP/9.9\r\n" HOST "\r\n",
		"GET /\r\nAuthorization: " SECRET "\r\n\r\n",
		"POST /publish?ticket=" SECRET " HTTP/1.1\r\n" HOST "Authorization: Bearer " SECRET
		"\r\n" JSON BODY(0),
		POST("/publish?topic=" SECRET "%") JSON BODY(1) "{",
		POST("/publish") JSON BODY(26) "{\"" SECRET,
	};
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct sim_peer *p = sim_connect(sim, 0);
		size_t before = sim_record_count(sim);

		sim_send(p, texts[i]);
		sim_run(sim);
		sim_hang_up(p);
		sim_run(sim);
		check(texts[i], sim_record_count(sim) > before);
	}
	check("records were made", sim->record_text.len > 0);
	check("no secret", !holds(buf_slice(&sim->record_text), SLICE(SECRET)));
	check("no key", !holds(buf_slice(&sim->record_text), SLICE(SIM_SUBSCRIBER_KEY)) &&
				!holds(buf_slice(&sim->record_text), SLICE(SIM_PUBLISHER_KEY)));
	sim_free(sim);
}

static void records_tell_the_whole_story(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open",
				     ALICE "Origin: https://app.test\r\nUser-Agent: test/1\r\n"
					   "Last-Event-ID: 1700000000000~0\r\n");

	(void)state;
	const struct sim_record *r = sim_last_record(sim);
	assert_int_equal(r->r.kind, RECORD_CONNECT);
	check_slice("user", slice_of(r->user), SLICE("alice"));
	check_slice("origin", slice_of(r->origin), SLICE("https://app.test"));
	check_slice("agent", slice_of(r->agent), SLICE("test/1"));
	check_slice("auth", slice_of(r->auth), SLICE("bearer"));
	check_slice("route", slice_of(r->route), SLICE("/stream"));
	check_slice("resumes", slice_of(r->last_event_id), SLICE("1700000000000~0"));
	check("allowed", r->r.cors_allowed && r->r.version == HTTP_1_1 && r->r.status == 200);
	uint64_t id = r->r.request_id;
	publish_numbers(sim, "open", 0, 3);
	sim_pass(sim, 5000);
	sim_hang_up(p);
	sim_run(sim);
	r = sim_last_record(sim);
	assert_int_equal(r->r.kind, RECORD_DISCONNECT);
	check("the same request", r->r.request_id == id);
	check("its account", r->r.events == 3 && r->r.bytes == p->sent && r->r.dropped == 0);
	check("its time", r->r.duration_ms == 5000);
	check_slice("where it got to", slice_of(r->last_event_id), SLICE("1700000000000~3"));
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_given),
		cmocka_unit_test(first_fault_decides),
		cmocka_unit_test(unauthorized_answers_are_alike),
		cmocka_unit_test(records_hold_no_secret),
		cmocka_unit_test(records_tell_the_whole_story),
	};

	return cmocka_run_group_tests_name("sim refusals", tests, NULL, NULL);
}

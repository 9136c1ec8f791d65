/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as bytes: in any pieces, in a row, slowly, in both versions of HTTP. */
#include "expect.h"

#include "stream/conn.h"

#define HOST   "Host: sluice.test\r\n"
#define ACCEPT "Accept: text/event-stream\r\n"
#define BEARER "Authorization: Bearer " SIM_PUBLISHER_KEY "\r\n"

static struct sim_peer *send_to(struct sim *sim, const char *text)
{
	struct sim_peer *p = sim_connect(sim, 0);

	sim_send(p, text);
	sim_run(sim);
	return p;
}

static const struct {
	const char *name;
	const char *text;
	unsigned status;
	bool closes;
} valid[] = {
	{"a page", "GET / HTTP/1.1\r\n" HOST "\r\n", 200, false},
	{"a page, with an empty line before", "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 200, false},
	{"health under any name", "GET /healthz HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", 200, false},
	{"what is made for the request", "GET /dynamic HTTP/1.1\r\n" HOST "\r\n", 200, false},
	{"a post to it", "POST /dynamic HTTP/1.1\r\n" HOST "\r\n", 405, false},
	{"what is made for the request, under another name",
	 "GET /dynamic HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", 421, false},
	{"what is made for the request, asked by a stranger's page",
	 "GET /dynamic HTTP/1.1\r\n" HOST "Origin: https://evil.test\r\n\r\n", 403, false},
	{"a stream", "GET /stream?topic=open HTTP/1.1\r\n" HOST ACCEPT "\r\n", 200, false},
	{"an absolute target",
	 "GET http://sluice.test/stream?topic=open HTTP/1.1\r\n" HOST ACCEPT "\r\n", 200, false},
	{"a preflight", "OPTIONS /stream HTTP/1.1\r\n" HOST "Origin: https://app.test\r\n\r\n", 204,
	 false},
	{"a page that is the last", "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 200,
	 true},
	{"a page over HTTP/1.0", "GET / HTTP/1.0\r\n" HOST "\r\n", 200, true},
	{"a page over HTTP/1.0 that stays",
	 "GET / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n", 200, false},
	{"a publish",
	 "POST /publish HTTP/1.1\r\n" HOST BEARER "Content-Type: application/json\r\n"
	 "Content-Length: 26\r\n\r\n{\"topic\":\"other\",\"data\":1}",
	 200, false},
	{"a publish in chunks",
	 "POST /publish HTTP/1.1\r\n" HOST BEARER "Content-Type: application/json\r\n"
	 "Transfer-Encoding: chunked\r\n\r\n"
	 "9;x=y\r\n{\"topic\":\r\n11\r\n\"other\",\"data\":1}\r\n0\r\nX: y\r\n\r\n",
	 200, false},
	{"nothing there", "GET /nothing HTTP/1.1\r\n" HOST "\r\n", 404, false},
};

static void expect_answer(size_t i, const struct sim_peer *p)
{
	if (client_status(&p->client) != valid[i].status)
		fail_msg("%s: status %u, want %u", valid[i].name, client_status(&p->client),
			 valid[i].status);
	check(valid[i].name, !p->client.malformed);
	check(valid[i].name, p->client.is_stream || p->client.complete);
	check(valid[i].name, p->closed == valid[i].closes);
}

static void whole_and_byte_by_byte(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(valid); i++) {
		struct sim_peer *p = sim_connect(sim, 0);

		expect_answer(i, send_to(sim, valid[i].text));
		sim_trickle(p, slice_of(valid[i].text));
		expect_answer(i, p);
	}
	sim_free(sim);
}

/* Split in two at each byte; and a peer that leaves after each prefix is forgotten. */
static void every_prefix(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(valid); i++) {
		struct slice text = slice_of(valid[i].text);

		for (size_t cut = 1; cut < text.len; cut++) {
			struct sim_peer *stays = sim_connect(sim, 0);
			struct sim_peer *leaves = sim_connect(sim, 0);

			sim_send_slice(stays, slice_upto(text, cut));
			sim_send_slice(leaves, slice_upto(text, cut));
			sim_hang_up(leaves);
			sim_run(sim);
			check(valid[i].name, client_status(&stays->client) == 0);
			check(valid[i].name, leaves->closed && leaves->sent == 0);
			sim_send_slice(stays, slice_from(text, cut));
			sim_run(sim);
			expect_answer(i, stays);
			sim_forget(stays);
			sim_forget(leaves);
		}
	}
	sim_free(sim);
}

static const char pipeline[] = "GET / HTTP/1.1\r\n" HOST "\r\n"
			       "GET /nothing HTTP/1.1\r\n" HOST "\r\n"
			       "OPTIONS /publish HTTP/1.1\r\n" HOST "\r\n"
			       "POST /publish HTTP/1.1\r\n" HOST BEARER
			       "Content-Type: application/json\r\nContent-Length: 26\r\n\r\n"
			       "{\"topic\":\"other\",\"data\":1}"
			       "GET /healthz HTTP/1.1\r\n" HOST "\r\n"
			       "GET /stream?topic=open HTTP/1.1\r\n" HOST ACCEPT "\r\n";

static void expect_in_order(const char *name, const struct sim_peer *p)
{
	static const unsigned statuses[] = {200, 404, 204, 200, 200};

	expect_open(name, p);
	check(name, p->client.answered == COUNT_OF(statuses));
	for (size_t i = 0; i < COUNT_OF(statuses); i++)
		check(name, p->client.statuses[i] == statuses[i]);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);

	(void)state;
	expect_in_order("at once", send_to(sim, pipeline));
	struct sim_peer *narrow = sim_connect(sim, 0);
	narrow->capacity = 1;
	narrow->max_recv = 3;
	sim_send(narrow, pipeline);
	sim_run(sim);
	expect_in_order("through a narrow pipe", narrow);
	check("requests counted", sim_counters(sim, 0)->requests == 12);
	sim_free(sim);
}

/* What a request was must not colour the answer to the next one. */
static void head_then_garbage_has_a_body(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	p->stalled = true;
	sim_send(p, "HEAD /healthz HTTP/1.1\r\n" HOST "\r\n\x01");
	sim_run(sim);
	check("the fault is told in a body",
	      holds(buf_slice(&p->socket), SLICE("\"error\":\"bad_request\"")));
	sim_free(sim);
}

static void idle_connections_end_quietly(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = send_to(sim, "GET /healthz HTTP/1.1\r\n" HOST "\r\n");
	struct sim_peer *silent = sim_connect(sim, 0);

	(void)state;
	sim_pass(sim, o.settings.head_timeout_ms + 16);
	check("nothing was ever asked", silent->closed && silent->sent == 0);
	uint64_t sent = p->sent;
	sim_pass(sim, o.settings.idle_timeout_ms - o.settings.head_timeout_ms - 100);
	check("kept so long", !p->closed);
	sim_pass(sim, 200);
	check("and no longer", p->closed && p->sent == sent);
	sim_free(sim);
}

/* A byte a second does not buy another deadline. */
static void head_deadline_is_for_the_whole_head(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect(sim, 0);
	unsigned seconds = 0;

	(void)state;
	while (client_status(&p->client) == 0 && seconds < 60) {
		sim_send(p, "G");
		sim_pass(sim, 1000);
		seconds++;
	}
	check("at its time", seconds == 10 || seconds == 11);
	expect_refusal("trickle", p, REFUSAL_HEAD_TIMEOUT);
	sim_pass(sim, ENGINE_LINGER_MS + 100);
	check("closed", p->closed);
	sim_free(sim);
}

static void body_deadline_is_for_the_whole_body(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p =
		send_to(sim, "POST /publish HTTP/1.1\r\n" HOST BEARER
			     "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
	unsigned seconds = 0;

	(void)state;
	while (client_status(&p->client) == 0 && seconds < 60) {
		sim_send(p, " ");
		sim_pass(sim, 1000);
		seconds++;
	}
	check("at its time", seconds == 20 || seconds == 21);
	expect_refusal("trickle", p, REFUSAL_HEAD_TIMEOUT);
	check_slice("no more requests", client_field(&p->client, "Connection"), SLICE("close"));
	sim_free(sim);
}

static void http10_stream_ends_with_the_connection(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = send_to(
		sim, "GET /stream?topic=open HTTP/1.0\r\nConnection: keep-alive\r\n" ACCEPT "\r\n");

	(void)state;
	expect_open("HTTP/1.0", p);
	check("no chunks", !client_field(&p->client, "Transfer-Encoding").ptr);
	check_slice("says close", client_field(&p->client, "Connection"), SLICE("close"));
	publish_numbers(sim, "open", 0, 3);
	sim_pass(sim, 20000);
	expect_numbers("bare frames", &p->client, 0, 3);
	check("heartbeat", p->client.comments == 1);
	engine_stop(sim->workers[0].engine);
	sim_run(sim);
	expect_clean_end("HTTP/1.0", p);
	check("told", client_count(&p->client, "draining") == 1);
	sim_free(sim);
}

static void head_of_a_stream_has_its_fields_and_no_body(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	p->client.sent_head = true;
	sim_send(p, "HEAD /stream?topic=open HTTP/1.1\r\n" HOST ACCEPT "\r\n");
	sim_run(sim);
	check("the stream's fields", client_status(&p->client) == 200 && p->client.is_stream);
	check("nothing behind", p->client.complete && client_event_count(&p->client) == 0);
	check("no stream", engine_streams(sim->workers[0].engine) == 0 && !p->closed);
	p->client.sent_head = false;
	sim_ask(p, "/stream?topic=open", "");
	expect_open("the next request", p);
	sim_free(sim);
}

static void preflight_is_answered(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p =
		send_to(sim, "OPTIONS /stream HTTP/1.1\r\n" HOST "Origin: https://app.test\r\n"
			     "Access-Control-Request-Method: GET\r\n"
			     "Access-Control-Request-Headers: last-event-id\r\n\r\n");

	(void)state;
	check("no content", client_status(&p->client) == 204 && !p->closed);
	check_slice("for this origin", client_field(&p->client, "Access-Control-Allow-Origin"),
		    SLICE("https://app.test"));
	check("methods", client_field(&p->client, "Access-Control-Allow-Methods").len > 0);
	check("fields", holds(client_field(&p->client, "Access-Control-Allow-Headers"),
			      SLICE("Last-Event-ID")));
	sim_free(sim);
}

#define EXPECTING                                                                                  \
	HOST "Content-Type: application/json\r\nContent-Length: 26\r\nExpect: 100-continue\r\n"
#define BODY "{\"topic\":\"other\",\"data\":1}"

static void client_that_waits_is_told_to_go_on(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *waits = send_to(sim, "POST /publish HTTP/1.1\r\n" BEARER EXPECTING "\r\n");
	struct sim_peer *sends =
		send_to(sim, "POST /publish HTTP/1.1\r\n" BEARER EXPECTING "\r\n" BODY);
	struct sim_peer *old = send_to(sim, "POST /publish HTTP/1.0\r\n" BEARER EXPECTING "\r\n");
	struct sim_peer *refused = send_to(sim, "POST /publish HTTP/1.1\r\n" EXPECTING "\r\n");

	(void)state;
	check("go on", waits->client.interim == 1 && client_status(&waits->client) == 100);
	sim_send(waits, BODY);
	sim_send(old, BODY);
	sim_run(sim);
	check("then the answer", client_status(&waits->client) == 200);
	check("not for a body that is there", sends->client.interim == 0);
	check("nor over HTTP/1.0", old->client.interim == 0 && client_status(&old->client) == 200);
	check("a refusal comes at once",
	      refused->client.interim == 0 && client_status(&refused->client) == 401);
	sim_free(sim);
}

/* What a proxy may read as the next request is never answered here as one. */
static void body_on_a_stream_ends_the_connection(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = send_to(sim, "GET /stream?topic=open HTTP/1.1\r\n" HOST ACCEPT
					  "Content-Length: 4\r\n\r\n"
					  "GET / HTTP/1.1\r\n" HOST "\r\n");

	(void)state;
	expect_refusal("body", p, REFUSAL_BODY_ON_STREAM);
	check("one answer, and shut", p->client.answered == 1 && p->shut);
	sim_pass(sim, ENGINE_LINGER_MS + 100);
	check("closed", p->closed && p->client.answered == 1);
	sim_free(sim);
}

/* So that the answer is not lost to a reset; within a bound of bytes and time. */
static void refused_body_is_read_away(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	const char *refused = "POST /publish HTTP/1.1\r\n" HOST "Content-Length: 9000000\r\n\r\n";
	struct sim_peer *ends = send_to(sim, refused);
	struct sim_peer *floods = send_to(sim, refused);
	char bytes[4096];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (size_t sent = 0; sent < ENGINE_MAX_LINGER; sent += sizeof(bytes)) {
		sim_send_slice(floods, (struct slice){bytes, sizeof(bytes)});
		sim_run(sim);
		check("read away", !floods->closed && floods->to_server.len == 0);
	}
	sim_send(floods, "x");
	sim_hang_up(ends);
	sim_run(sim);
	check("past the bound", floods->closed);
	check("at the end of input", ends->closed);
	expect_refusal("both were answered", ends, REFUSAL_NO_CREDENTIAL);
	sim_free(sim);
}

static void answer_nobody_reads_ends_at_the_write_deadline(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	p->stalled = true;
	p->capacity = 10;
	sim_send(p, "GET / HTTP/1.1\r\n" HOST "\r\n");
	sim_pass(sim, o.settings.write_timeout_ms - 100);
	check("waits", !p->closed);
	sim_pass(sim, 200);
	check("and ends", p->closed);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_and_byte_by_byte),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(head_then_garbage_has_a_body),
		cmocka_unit_test(idle_connections_end_quietly),
		cmocka_unit_test(head_deadline_is_for_the_whole_head),
		cmocka_unit_test(body_deadline_is_for_the_whole_body),
		cmocka_unit_test(http10_stream_ends_with_the_connection),
		cmocka_unit_test(head_of_a_stream_has_its_fields_and_no_body),
		cmocka_unit_test(preflight_is_answered),
		cmocka_unit_test(client_that_waits_is_told_to_go_on),
		cmocka_unit_test(body_on_a_stream_ends_the_connection),
		cmocka_unit_test(refused_body_is_read_away),
		cmocka_unit_test(answer_nobody_reads_ends_at_the_write_deadline),
	};

	return cmocka_run_group_tests_name("sim requests", tests, NULL, NULL);
}

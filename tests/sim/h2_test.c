/* SPDX-License-Identifier: Apache-2.0 */
/* The engine over HTTP/2: the same decisions and deliveries, on streams of one connection. */
#include "auth.h"
#include "h2_peer.h"

#include "stream/conn.h"

#define OPEN "/stream?topic=open"

struct world {
	struct sim *sim;
	struct h2_peer *h;
};

static struct world world_of(const struct sim_options *o, const char *steps, uint32_t window)
{
	struct sim *sim = sim_new(o);
	struct sim_peer *p = steps ? sim_connect_shaking(sim, 0, steps) : sim_connect(sim, 0);

	return (struct world){sim, h2_peer_new(p, window)};
}

static struct world world_new(void)
{
	struct sim_options o = auth_options();

	return world_of(&o, NULL, 0);
}

static void world_free(struct world *w)
{
	h2_peer_free(w->h);
	sim_free(w->sim);
}

static int32_t open_stream_h2(struct world *w)
{
	int32_t id = h2_peer_get(w->h, OPEN, NULL);

	h2_peer_run(w->h);
	check("open", h2_peer_answer(w->h, id)->status == 200 &&
			      h2_peer_has(w->h, id, "event: connected\n"));
	return id;
}

static void publish_all(struct world *w, unsigned from, unsigned to)
{
	publish_numbers(w->sim, "open", from, to);
	h2_peer_run(w->h);
}

/* "data: 1\n" to "data: to - 1\n", in this order and once each. */
static void expect_data(struct world *w, int32_t id, unsigned to)
{
	struct slice rest = buf_slice(&h2_peer_answer(w->h, id)->body);
	unsigned next = 0;

	while (rest.len > 0) {
		struct slice line = slice_upto(rest, slice_find(rest, '\n'));
		uint64_t n;

		rest = slice_from(rest, line.len + 1);
		if (!slice_starts(line, SLICE("data: ")) || parse_u64(slice_from(line, 6), &n))
			continue;
		check("in order", n == next);
		next++;
	}
	check("all", next == to);
}

static bool has_field(struct world *w, int32_t id, const char *line)
{
	struct slice rest = buf_slice(&h2_peer_answer(w->h, id)->fields);

	for (; rest.len > 0; rest = slice_from(rest, slice_find(rest, '\n') + 1)) {
		if (slice_starts(rest, slice_of(line)))
			return true;
	}
	return false;
}

static void a_stream_has_the_same_fields_but_those_of_the_connection(void **state)
{
	struct world w = world_new();
	int32_t id = open_stream_h2(&w);

	(void)state;
	check("type", has_field(&w, id, "content-type: text/event-stream; charset=utf-8"));
	check("cache",
	      has_field(&w, id, "cache-control: no-cache, no-store, no-transform, private"));
	check("no connection", !has_field(&w, id, "connection:"));
	check("no coding", !has_field(&w, id, "transfer-encoding:"));
	check("not ended", !h2_peer_answer(w.h, id)->ended);
	check("the record says so", sim_last_record(w.sim)->r.version == HTTP_2);
	world_free(&w);
}

static void events_and_heartbeats_come(void **state)
{
	struct world w = world_new();
	int32_t id = open_stream_h2(&w);

	(void)state;
	publish_all(&w, 0, 50);
	expect_data(&w, id, 50);
	sim_pass(w.sim, 17000);
	h2_peer_run(w.h);
	check("heartbeat", h2_peer_has(w.h, id, ": heartbeat\n\n"));
	check("no chunks", !h2_peer_has(w.h, id, "\r\n"));
	world_free(&w);
}

static void the_preface_may_come_byte_by_byte(void **state)
{
	struct world w = world_new();
	const uint8_t *bytes;
	int32_t id = h2_peer_get(w.h, OPEN, NULL);

	(void)state;
	for (ssize_t n = nghttp2_session_mem_send(w.h->session, &bytes); n > 0;
	     n = nghttp2_session_mem_send(w.h->session, &bytes))
		sim_trickle(w.h->p, (struct slice){(const char *)bytes, (size_t)n});
	h2_peer_run(w.h);
	check("open", h2_peer_answer(w.h, id)->status == 200);
	world_free(&w);
}

static void it_may_be_agreed_on_in_the_handshake(void **state)
{
	struct sim_options o = auth_options();
	struct world w = world_of(&o, "rh", 0);
	int32_t id = open_stream_h2(&w);

	(void)state;
	check("over TLS", has_field(&w, id, "strict-transport-security:"));
	world_free(&w);
}

static void a_hundred_streams_share_a_connection(void **state)
{
	struct sim_options o = auth_options();

	o.max_connections = 1;
	o.limits = (struct admit_limits){.connections = 1, .streams = 100};
	struct world w = world_of(&o, NULL, 0);
	int32_t ids[100];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		ids[i] = open_stream_h2(&w);
	publish_all(&w, 0, 20);
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		expect_data(&w, ids[i], 20);
	check("one connection", admit_connections(w.sim->admit) == 1);
	check("each counts", admit_streams(w.sim->admit) == 100);
	check("counted", sim_counters(w.sim, 0)->h2_connections == 1);
	world_free(&w);
}

static void a_closed_window_stops_one_stream_and_no_other(void **state)
{
	struct sim_options o = auth_options();
	struct world w = world_of(&o, NULL, 600);
	int32_t slow = open_stream_h2(&w);

	(void)state;
	w.h->silent = true;
	publish_all(&w, 0, 100);
	check("stopped", !h2_peer_has(w.h, slow, "data: 99\n"));
	struct sim_peer *other = sim_get(w.sim, 0, OPEN, "");
	publish_all(&w, 100, 101);
	check("the other goes on", client_count(&other->client, "message") == 1);
	sim_pass(w.sim, o.settings.write_timeout_ms + 100);
	w.h->silent = false;
	h2_peer_run(w.h);
	check("told", h2_peer_has(w.h, slow, "event: dropped\n"));
	check("ended", h2_peer_answer(w.h, slow)->ended);
	check("the connection lives", !w.h->p->closed && open_stream_h2(&w) > slow);
	world_free(&w);
}

/* The window stays closed: what was left to say is given up, one deadline or two later. */
static void last_words_do_not_wait_for_ever(void **state)
{
	struct sim_options o = auth_options();
	struct world w = world_of(&o, NULL, 600);
	int32_t slow = open_stream_h2(&w);

	(void)state;
	(void)h2_peer_get(w.h, "/stream?topic=other", NULL);
	h2_peer_run(w.h);
	w.h->silent = true;
	publish_all(&w, 0, 100);
	sim_pass(w.sim, o.settings.write_timeout_ms + 100);
	h2_peer_run(w.h);
	check("dropped, but not told", !h2_peer_answer(w.h, slow)->closed);
	sim_pass(w.sim, 2 * o.settings.write_timeout_ms + 100);
	h2_peer_run(w.h);
	check("given up", h2_peer_answer(w.h, slow)->closed);
	check("the connection lives", !w.h->p->closed);
	world_free(&w);
}

static void an_opened_window_goes_on_where_it_stopped(void **state)
{
	struct sim_options o = auth_options();
	struct world w = world_of(&o, NULL, 600);
	int32_t id = open_stream_h2(&w);

	(void)state;
	w.h->silent = true;
	publish_all(&w, 0, 1000);
	w.h->silent = false;
	h2_peer_run(w.h);
	expect_data(&w, id, 1000);
	publish_all(&w, 1000, 1001);
	expect_data(&w, id, 1001);
	world_free(&w);
}

/* At every size of the pipe: no byte of a frame is lost where the connection cuts it. */
static void a_slow_connection_gets_every_byte(void **state)
{
	(void)state;
	for (size_t capacity = 1; capacity < 200; capacity += 7) {
		struct world w = world_new();
		int32_t one = open_stream_h2(&w);
		int32_t two = open_stream_h2(&w);

		w.h->p->capacity = capacity;
		publish_all(&w, 0, 30);
		expect_data(&w, one, 30);
		expect_data(&w, two, 30);
		world_free(&w);
	}
}

static void a_connection_that_takes_nothing_is_closed(void **state)
{
	struct world w = world_new();

	(void)state;
	(void)open_stream_h2(&w);
	(void)open_stream_h2(&w);
	w.h->p->capacity = 10;
	publish_numbers(w.sim, "open", 0, 100);
	sim_run(w.sim);
	sim_pass(w.sim, w.sim->options.settings.write_timeout_ms + 100);
	check("closed", w.h->p->closed);
	check("all streams are gone", admit_streams(w.sim->admit) == 0);
	world_free(&w);
}

static void a_reset_ends_one_stream(void **state)
{
	struct world w = world_new();
	int32_t id = open_stream_h2(&w);
	int32_t other = open_stream_h2(&w);

	(void)state;
	(void)nghttp2_submit_rst_stream(w.h->session, 0, id, NGHTTP2_CANCEL);
	publish_all(&w, 0, 1);
	check("gone", admit_streams(w.sim->admit) == 1);
	check("as a client does", sim_last_record(w.sim)->r.close == CLOSE_CLIENT_CLOSED);
	expect_data(&w, other, 1);
	world_free(&w);
}

static void a_reset_connection_ends_all(void **state)
{
	struct world w = world_new();

	(void)state;
	(void)open_stream_h2(&w);
	(void)open_stream_h2(&w);
	sim_reset(w.h->p);
	sim_run(w.sim);
	check("gone", w.h->p->closed && admit_streams(w.sim->admit) == 0);
	check("reason", sim_last_record(w.sim)->r.close == CLOSE_CLIENT_GONE);
	world_free(&w);
}

static void events_are_published(void **state)
{
	struct world w = world_new();
	int32_t reader = open_stream_h2(&w);
	int32_t id = h2_peer_post(w.h, "/publish", SLICE("{\"topic\":\"open\",\"data\":0}"));

	(void)state;
	h2_peer_run(w.h);
	check("taken",
	      h2_peer_answer(w.h, id)->status == 200 && h2_peer_has(w.h, id, "{\"ids\":["));
	check("ended", h2_peer_answer(w.h, id)->ended);
	expect_data(&w, reader, 1);
	world_free(&w);
}

/* More than a stream's window: it opens as the body is used up. */
static void a_large_body_is_read_to_its_end(void **state)
{
	static char body[300000];
	struct world w = world_new();
	int head = snprintf(body, sizeof(body), "{\"topic\":\"open\",\"data\":0}");

	(void)state;
	memset(body + head, ' ', sizeof(body) - (size_t)head);
	int32_t id = h2_peer_post(w.h, "/publish", (struct slice){body, sizeof(body)});
	h2_peer_run(w.h);
	check("taken", h2_peer_answer(w.h, id)->status == 200);
	world_free(&w);
}

static void a_body_too_large_is_refused_and_the_connection_stays(void **state)
{
	static char body[3 << 20];
	struct sim_options o = auth_options();
	o.settings.max_body = 1 << 20;
	struct world w = world_of(&o, NULL, 0);

	(void)state;
	memset(body, ' ', sizeof(body));
	int32_t id = h2_peer_post(w.h, "/publish", (struct slice){body, sizeof(body)});
	h2_peer_run(w.h);
	check("refused", h2_peer_answer(w.h, id)->status == 413);
	(void)open_stream_h2(&w);
	world_free(&w);
}

static const struct {
	const char *name;
	const char *path;
	const char *authorization;
	unsigned status;
	const char *body;
} refusals[] = {
	{"an unknown path", "/nothing", NULL, 404, "\"G302\""},
	{"no credential", "/stream?topic=secret", NULL, 401, "\"G602\""},
	{"an unknown key", OPEN, "Bearer 0123456789abcdef", 401, "\"G602\""},
	{"a forbidden topic", "/stream?topic=secret", "Bearer token-of-bob", 403, "\"error\""},
	{"a publisher's route", "/publish", NULL, 405, "\"G301\""},
	{"a health check", "/healthz", NULL, 200, "\"ok\""},
};

static void refusals_are_those_of_http_1(void **state)
{
	struct world w = world_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		int32_t id = h2_peer_get(w.h, refusals[i].path, refusals[i].authorization);

		h2_peer_run(w.h);
		check(refusals[i].name, h2_peer_answer(w.h, id)->status == refusals[i].status);
		check(refusals[i].name, h2_peer_has(w.h, id, refusals[i].body));
		check(refusals[i].name, h2_peer_answer(w.h, id)->ended);
	}
	(void)open_stream_h2(&w);
	world_free(&w);
}

static void who_asks_may_be_known_later(void **state)
{
	struct world w = world_new();
	int32_t id = h2_peer_get(w.h, "/stream?topic=secret", "Bearer token-of-dave");
	int32_t other = open_stream_h2(&w);

	(void)state;
	check("waits", h2_peer_answer(w.h, id)->status == 0);
	publish_all(&w, 0, 1);
	expect_data(&w, other, 1);
	sim_answer(w.sim, 0);
	h2_peer_run(w.h);
	check("open", h2_peer_answer(w.h, id)->status == 200);
	world_free(&w);
}

static void one_that_leaves_before_the_answer_is_forgotten(void **state)
{
	struct world w = world_new();
	int32_t id = h2_peer_get(w.h, "/stream?topic=secret", "Bearer token-of-dave");

	(void)state;
	h2_peer_run(w.h);
	(void)nghttp2_submit_rst_stream(w.h->session, 0, id, NGHTTP2_CANCEL);
	h2_peer_run(w.h);
	sim_answer(w.sim, 0);
	h2_peer_run(w.h);
	check("no stream", admit_streams(w.sim->admit) == 0 && !w.h->p->closed);
	world_free(&w);
}

static void a_drain_says_goodbye_in_order(void **state)
{
	struct world w = world_new();
	int32_t id = open_stream_h2(&w);

	(void)state;
	engine_drain(w.sim->workers[0].engine, 1000);
	h2_peer_run(w.h);
	check("GOAWAY first", w.h->goaway && w.h->goaway_error == NGHTTP2_NO_ERROR);
	check("the stream goes on", !h2_peer_answer(w.h, id)->ended);
	sim_pass(w.sim, 1100);
	h2_peer_run(w.h);
	check("told", h2_peer_has(w.h, id, "event: draining\n"));
	check("ended whole", h2_peer_answer(w.h, id)->ended);
	check("closed", w.h->p->closed);
	world_free(&w);
}

static void a_stop_tells_all_streams(void **state)
{
	struct world w = world_new();
	int32_t one = open_stream_h2(&w);
	int32_t two = open_stream_h2(&w);

	(void)state;
	engine_stop(w.sim->workers[0].engine);
	h2_peer_run(w.h);
	check("told", h2_peer_has(w.h, one, "event: draining\n"));
	check("and the other", h2_peer_has(w.h, two, "event: draining\n"));
	check("closed", w.h->p->closed);
	world_free(&w);
}

static void a_connection_without_streams_is_idle(void **state)
{
	struct world w = world_new();
	int32_t id = open_stream_h2(&w);

	(void)state;
	sim_pass(w.sim, w.sim->options.settings.idle_timeout_ms + 1000);
	h2_peer_run(w.h);
	check("not with a stream", !w.h->p->closed);
	(void)nghttp2_submit_rst_stream(w.h->session, 0, id, NGHTTP2_CANCEL);
	h2_peer_run(w.h);
	sim_pass(w.sim, w.sim->options.settings.idle_timeout_ms + 1000);
	h2_peer_run(w.h);
	check("GOAWAY", w.h->goaway && w.h->goaway_error == NGHTTP2_NO_ERROR);
	check("closed", w.h->p->closed);
	world_free(&w);
}

static void a_connection_that_asks_nothing_has_the_deadline_of_a_head(void **state)
{
	struct world w = world_new();

	(void)state;
	h2_peer_run(w.h);
	sim_pass(w.sim, w.sim->options.settings.head_timeout_ms + 100);
	h2_peer_run(w.h);
	check("closed", w.h->p->closed);
	world_free(&w);
}

static void a_broken_protocol_ends_the_connection(void **state)
{
	struct world w = world_new();

	(void)state;
	(void)open_stream_h2(&w);
	/* DATA on stream 0 (RFC 9113 6.1). */
	sim_send_slice(w.h->p, (struct slice){"\0\0\1\0\0\0\0\0\0x", 10});
	h2_peer_run(w.h);
	check("GOAWAY", w.h->goaway && w.h->goaway_error == NGHTTP2_PROTOCOL_ERROR);
	check("closed", w.h->p->closed);
	check("reason", sim_last_record(w.sim)->r.close == CLOSE_PROTOCOL_ERROR);
	check("counted", sim_counters(w.sim, 0)->h2_ends[H2_END_PROTOCOL] == 1);
	world_free(&w);
}

static void a_revocation_ends_streams(void **state)
{
	struct world w = world_new();
	int32_t id = h2_peer_get(w.h, OPEN, "Bearer token-of-bob");

	(void)state;
	h2_peer_run(w.h);
	(void)revoke(w.sim, "{\"sub\":\"bob\"}");
	h2_peer_run(w.h);
	check("told", h2_peer_has(w.h, id, "event: auth_expired\n"));
	check("ended", h2_peer_answer(w.h, id)->ended);
	world_free(&w);
}

/* A proxy's connection brings requests of many clients. */
static void each_request_has_its_client(void **state)
{
	static const struct network trusted[] = {{{ADDR_V4, {192, 0, 2, 1}}, 32}};
	struct sim_options o = auth_options();
	const char *field = "x-forwarded-for";

	(void)state;
	o.settings.proxies = (struct forwarded_rules){FORWARDED_FIELD_X, trusted, 1};
	o.limits.per_address = 1;
	struct world w = world_of(&o, NULL, 0);
	int32_t first = h2_peer_get_with(w.h, OPEN, field, "203.0.113.1");
	h2_peer_run(w.h);
	int32_t again = h2_peer_get_with(w.h, OPEN, field, "203.0.113.1");
	h2_peer_run(w.h);
	int32_t other = h2_peer_get_with(w.h, OPEN, field, "203.0.113.2");
	h2_peer_run(w.h);
	int32_t self = h2_peer_get(w.h, OPEN, NULL);
	h2_peer_run(w.h);
	check("a client", h2_peer_answer(w.h, first)->status == 200);
	check("the same one", h2_peer_answer(w.h, again)->status == 429);
	check("another one", h2_peer_answer(w.h, other)->status == 200);
	check("the proxy", h2_peer_answer(w.h, self)->status == 200);
	check("four addresses and routes", admit_keys(w.sim->admit) == 4);
	world_free(&w);
}

/* Each stream has a bucket of its own, whatever connection it is on. */
static void each_stream_has_its_pace(void **state)
{
	struct sim_options o = auth_options();

	(void)state;
	o.settings.emission_rate = 10;
	o.settings.emission_burst = 5;
	struct world w = world_of(&o, NULL, 0);
	int32_t first = open_stream_h2(&w), second = open_stream_h2(&w);
	publish_all(&w, 0, 20);
	expect_data(&w, first, 5);
	expect_data(&w, second, 5);
	sim_pass(w.sim, 2000);
	h2_peer_run(w.h);
	expect_data(&w, first, 20);
	expect_data(&w, second, 20);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_has_the_same_fields_but_those_of_the_connection),
		cmocka_unit_test(events_and_heartbeats_come),
		cmocka_unit_test(the_preface_may_come_byte_by_byte),
		cmocka_unit_test(it_may_be_agreed_on_in_the_handshake),
		cmocka_unit_test(a_hundred_streams_share_a_connection),
		cmocka_unit_test(a_closed_window_stops_one_stream_and_no_other),
		cmocka_unit_test(last_words_do_not_wait_for_ever),
		cmocka_unit_test(an_opened_window_goes_on_where_it_stopped),
		cmocka_unit_test(a_slow_connection_gets_every_byte),
		cmocka_unit_test(a_connection_that_takes_nothing_is_closed),
		cmocka_unit_test(a_reset_ends_one_stream),
		cmocka_unit_test(a_reset_connection_ends_all),
		cmocka_unit_test(events_are_published),
		cmocka_unit_test(a_large_body_is_read_to_its_end),
		cmocka_unit_test(a_body_too_large_is_refused_and_the_connection_stays),
		cmocka_unit_test(refusals_are_those_of_http_1),
		cmocka_unit_test(who_asks_may_be_known_later),
		cmocka_unit_test(one_that_leaves_before_the_answer_is_forgotten),
		cmocka_unit_test(a_drain_says_goodbye_in_order),
		cmocka_unit_test(a_stop_tells_all_streams),
		cmocka_unit_test(a_connection_without_streams_is_idle),
		cmocka_unit_test(a_connection_that_asks_nothing_has_the_deadline_of_a_head),
		cmocka_unit_test(a_broken_protocol_ends_the_connection),
		cmocka_unit_test(a_revocation_ends_streams),
		cmocka_unit_test(each_request_has_its_client),
		cmocka_unit_test(each_stream_has_its_pace),
	};

	return cmocka_run_group_tests_name("sim-h2", tests, NULL, NULL);
}

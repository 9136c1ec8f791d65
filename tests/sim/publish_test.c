/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing: one or many events, all or none, once each. */
#include "expect.h"

#define HOST   "Host: sluice.test\r\n"
#define BEARER "Authorization: Bearer " SIM_PUBLISHER_KEY "\r\n"
#define JSON   "application/json"
#define NDJSON "application/x-ndjson"

static struct sim_peer *watch(struct sim *sim)
{
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open&topic=other", "");

	expect_open("watcher", p);
	return p;
}

static const struct {
	const char *name;
	const char *type;
	const char *body;
	const char *answer;
	unsigned delivered;
	const char *last; /* data of the last event */
} taken[] = {
	{"a string goes out as its text", JSON, "{\"topic\":\"open\",\"data\":\"a\\nb\"}",
	 "{\"ids\":[\"1700000000000~1\"],\"duplicates\":0}\n", 1, "a\nb"},
	{"other JSON goes out as it was written", JSON,
	 "{\"topic\":\"open\",\"data\":{ \"n\" : 1.50 }}",
	 "{\"ids\":[\"1700000000000~1\"],\"duplicates\":0}\n", 1, "{ \"n\" : 1.50 }"},
	{"a parameter of the type is fine", "Application/JSON; charset=utf-8",
	 "{\"topic\":\"open\",\"data\":1}", "{\"ids\":[\"1700000000000~1\"],\"duplicates\":0}\n", 1,
	 "1"},
	{"two topics are one event", JSON, "{\"topic\":[\"open\",\"other\"],\"data\":1}",
	 "{\"ids\":[\"1700000000000~1\"],\"duplicates\":0}\n", 1, "1"},
	{"lines are events", NDJSON,
	 "{\"topic\":\"open\",\"data\":1}\n\n{\"topic\":\"open\",\"data\":2}\r\n",
	 "{\"ids\":[\"1700000000000~1\",\"1700000000000~2\"],\"duplicates\":0}\n", 2, "2"},
	{"the older name of the lines", "application/jsonl", "{\"topic\":\"open\",\"data\":1}",
	 "{\"ids\":[\"1700000000000~1\"],\"duplicates\":0}\n", 1, "1"},
	{"an own id is answered and delivered once", NDJSON,
	 "{\"topic\":\"open\",\"id\":\"x\",\"data\":1}\n{\"topic\":\"open\",\"id\":\"x\",\"data\":"
	 "2}",
	 "{\"ids\":[\"x\",\"x\"],\"duplicates\":1}\n", 1, "1"},
};

static void taken_bodies(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(taken); i++) {
		struct sim *sim = sim_new(&o);
		struct sim_peer *reader = watch(sim);
		struct sim_peer *p = sim_post(sim, taken[i].type, slice_of(taken[i].body));

		check(taken[i].name, client_status(&p->client) == 200 && !p->closed);
		check_slice(taken[i].name, buf_slice(&p->client.body), slice_of(taken[i].answer));
		check(taken[i].name,
		      client_count(&reader->client, "message") == taken[i].delivered);
		check_slice(taken[i].name, slice_of(client_last(&reader->client, "message")->data),
			    slice_of(taken[i].last));
		check(taken[i].name, sim->workers[0].published == 1);
		sim_free(sim);
	}
}

static const struct {
	const char *name;
	const char *type;
	const char *body;
	enum refusal want;
	const char *detail; /* of the body; NULL: none */
} refused[] = {
	{"broken JSON says where", JSON, "{\"topic\":\"open\",\n\"data\":}", REFUSAL_BAD_JSON,
	 "line 2, column 8"},
	{"an empty body", JSON, "", REFUSAL_BAD_JSON, "line 1"},
	{"no lines", NDJSON, "\n\n", REFUSAL_BAD_JSON, "the body has no event"},
	{"the faulty line is named", NDJSON, "{\"topic\":\"open\",\"data\":1}\n[]\n",
	 REFUSAL_BAD_EVENT, "line 2: "},
	{"no topic", JSON, "{\"data\":1}", REFUSAL_BAD_EVENT, "topic is missing"},
	{"a name of the hub's", JSON, "{\"topic\":\"open\",\"event\":\"dropped\",\"data\":1}",
	 REFUSAL_RESERVED_TYPE, "reserved"},
	{"a forged field", JSON, "{\"topic\":\"open\",\"event\":\"a\\nid: 1\",\"data\":1}",
	 REFUSAL_BAD_EVENT, "CR, LF or NUL"},
	{"an id like the hub's", JSON, "{\"topic\":\"open\",\"id\":\"1~2\",\"data\":1}",
	 REFUSAL_ID_CONFLICT, "mints"},
	{"a topic with a wildcard", JSON, "{\"topic\":\"open/*\",\"data\":1}", REFUSAL_BAD_TOPIC,
	 "without '*'"},
};

static void refused_bodies(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *reader = watch(sim);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct sim_peer *p = sim_post(sim, refused[i].type, slice_of(refused[i].body));

		expect_refusal(refused[i].name, p, refused[i].want);
		check(refused[i].name,
		      holds(buf_slice(&p->client.body), slice_of(refused[i].detail)));
		check(refused[i].name,
		      holds(slice_of(sim_last_record(sim)->detail), slice_of(refused[i].detail)));
		check(refused[i].name, !p->closed);
	}
	check("nothing went out", client_count(&reader->client, "message") == 0);
	sim_free(sim);
}

/* A fault in the last line means that nothing of the body happened. */
static void body_is_all_or_nothing(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *reader = watch(sim);
	char body[8192];
	struct writer w;

	(void)state;
	writer_init(&w, body, sizeof(body));
	for (unsigned i = 0; i < 100; i++)
		put(&w, SLICE("{\"topic\":\"open\",\"data\":1}\n"));
	size_t good = w.len;
	put(&w, SLICE("{\"topic\":\"open\"}"));
	expect_refusal("last line", sim_post(sim, NDJSON, writer_slice(&w)), REFUSAL_BAD_EVENT);
	check("nothing", client_count(&reader->client, "message") == 0);
	check("not counted", sim_counters(sim, 0)->published == 0);
	(void)sim_post(sim, NDJSON, (struct slice){body, good});
	check("all", client_count(&reader->client, "message") == 100);
	check("counted", sim_counters(sim, 0)->published == 100);
	sim_free(sim);
}

static void chunked_body_in_any_pieces(void **state)
{
	static const char head[] = "POST /publish?topic=o%70en HTTP/1.1\r\n" HOST BEARER
				   "Content-Type: application/json\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n";
	static const char body[] = "5\r\n{\"dat\r\n8;ext=\"q\"\r\na\":\"xyz\"\r\n1\r\n}\r\n"
				   "0\r\nTrailer: dropped\r\n\r\n";
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *reader = watch(sim);
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	sim_send(p, head);
	sim_trickle(p, slice_of(body));
	check("byte by byte", client_status(&p->client) == 200);
	for (size_t cut = 0; cut < sizeof(body); cut++) {
		sim_send(p, head);
		sim_send_slice(p, slice_upto(slice_of(body), cut));
		sim_run(sim);
		sim_send_slice(p, slice_from(slice_of(body), cut));
		sim_run(sim);
		check("kept alive", !p->closed && client_status(&p->client) == 200);
		/* The kept statuses are bounded. */
		p->client.answered = 0;
	}
	check("all", client_count(&reader->client, "message") == sizeof(body) + 1);
	check_slice("joined", slice_of(client_last(&reader->client, "message")->data),
		    SLICE("xyz"));
	sim_free(sim);
}

/* Bodies of exactly the maximum, and of one byte more, declared and streamed. */
static void body_bound(void **state)
{
	static char body[2001];
	struct sim_options o = sim_defaults();

	(void)state;
	memset(body, ' ', sizeof(body));
	memcpy(body, "{\"topic\":\"open\",\"data\":1}", 25);
	o.settings.max_body = 2000;
	struct sim *sim = sim_new(&o);
	struct sim_peer *at = sim_post(sim, JSON, (struct slice){body, 2000});
	check("at the bound", client_status(&at->client) == 200);
	expect_refusal("past it, declared", sim_post(sim, JSON, (struct slice){body, 2001}),
		       REFUSAL_BODY_TOO_LARGE);
	for (unsigned more = 0; more < 2; more++) {
		struct sim_peer *p = sim_connect(sim, 0);

		sim_send(p, "POST /publish HTTP/1.1\r\n" HOST BEARER
			    "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
		sim_send(p, more ? "7d1\r\n" : "7d0\r\n");
		sim_send_slice(p, (struct slice){body, 2000 + more});
		sim_send(p, "\r\n0\r\n\r\n");
		sim_run(sim);
		if (more)
			expect_refusal("past it, streamed", p, REFUSAL_BODY_TOO_LARGE);
		else
			check("at the bound, streamed", client_status(&p->client) == 200);
	}
	sim_free(sim);
}

static void event_bound(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.settings.max_event = 4;
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_post(sim, JSON, SLICE("{\"topic\":\"open\",\"data\":\"1234\"}"));
	check("at the bound", client_status(&p->client) == 200);
	p = sim_post(sim, JSON, SLICE("{\"topic\":\"open\",\"data\":\"12345\"}"));
	expect_refusal("past it", p, REFUSAL_BODY_TOO_LARGE);
	check("says which bound", holds(buf_slice(&p->client.body), SLICE("max-event")));
	sim_free(sim);
}

static void repeated_id_is_a_success_and_no_event(void **state)
{
	const struct slice body = SLICE("{\"topic\":\"open\",\"id\":\"order-1\",\"data\":1}");
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *reader = watch(sim);

	(void)state;
	(void)sim_post(sim, JSON, body);
	struct sim_peer *again = sim_post(sim, JSON, body);
	check("success", client_status(&again->client) == 200);
	check_slice("the same id, and that it is one", buf_slice(&again->client.body),
		    SLICE("{\"ids\":[\"order-1\"],\"duplicates\":1}\n"));
	check("once", client_count(&reader->client, "message") == 1);
	check("counted", sim_counters(sim, 0)->duplicates == 1);
	sim_free(sim);
}

/* Every worker's readers hear of it. */
static void other_workers_are_told(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.workers = 3;
	struct sim *sim = sim_new(&o);
	struct sim_peer *readers[3];
	for (size_t i = 0; i < 3; i++)
		readers[i] = sim_get(sim, i, "/stream?topic=open", "");
	(void)sim_post(sim, JSON, SLICE("{\"topic\":\"open\",\"data\":0}"));
	check("the host is asked to wake them", sim->workers[0].published == 1);
	for (size_t i = 0; i < 3; i++)
		expect_numbers("worker", &readers[i]->client, 0, 1);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_bodies),
		cmocka_unit_test(refused_bodies),
		cmocka_unit_test(body_is_all_or_nothing),
		cmocka_unit_test(chunked_body_in_any_pieces),
		cmocka_unit_test(body_bound),
		cmocka_unit_test(event_bound),
		cmocka_unit_test(repeated_id_is_a_success_and_no_event),
		cmocka_unit_test(other_workers_are_told),
	};

	return cmocka_run_group_tests_name("sim publish", tests, NULL, NULL);
}

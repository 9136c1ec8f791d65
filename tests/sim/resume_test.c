/* SPDX-License-Identifier: Apache-2.0 */
/* Coming back: by field and query, by minted and own ids, to any worker, after a restart. */
#include "expect.h"

#include "base/rng.h"

#define EPOCH "1700000000000"

/* 0 to 9 as minted ids ~1 to ~10. */
static struct sim *with_history(const struct sim_options *o)
{
	struct sim *sim = sim_new(o);

	publish_numbers(sim, "open", 0, 10);
	sim_run(sim);
	return sim;
}

static const struct {
	const char *name;
	const char *target;
	const char *fields;
	unsigned from;      /* first number that is replayed; 10: none */
	const char *resync; /* its reason; NULL: none */
} resumes[] = {
	{"no id is live only", "/stream?topic=open", "", 10, NULL},
	{"an empty id is none", "/stream?topic=open", "Last-Event-ID:\r\n", 10, NULL},
	{"the field resumes behind the id", "/stream?topic=open", "Last-Event-ID: " EPOCH "~4\r\n",
	 4, NULL},
	{"the query resumes too", "/stream?topic=open&last-event-id=" EPOCH "~7", "", 7, NULL},
	{"the field wins over the query", "/stream?topic=open&last-event-id=" EPOCH "~1",
	 "Last-Event-ID: " EPOCH "~8\r\n", 8, NULL},
	{"an empty field wins too", "/stream?topic=open&last-event-id=" EPOCH "~1",
	 "Last-Event-ID:\r\n", 10, NULL},
	{"the id of before the first event gives all", "/stream?topic=open",
	 "Last-Event-ID: " EPOCH "~0\r\n", 0, NULL},
	{"the newest id gives nothing", "/stream?topic=open", "Last-Event-ID: " EPOCH "~10\r\n", 10,
	 NULL},
	{"the next id is not known", "/stream?topic=open", "Last-Event-ID: " EPOCH "~11\r\n", 10,
	 "unknown_id"},
	{"the largest number is not known", "/stream?topic=open",
	 "Last-Event-ID: " EPOCH "~18446744073709551615\r\n", 10, "unknown_id"},
	{"past 64 bits is not ours", "/stream?topic=open",
	 "Last-Event-ID: " EPOCH "~18446744073709551616\r\n", 10, "unknown_id"},
	{"a foreign id is not known", "/stream?topic=open", "Last-Event-ID: abc\r\n", 10,
	 "unknown_id"},
	{"an epoch to come is not known", "/stream?topic=open",
	 "Last-Event-ID: 1900000000000~1\r\n", 10, "unknown_id"},
	{"an earlier life gives history and says so", "/stream?topic=open",
	 "Last-Event-ID: 1600000000000~999\r\n", 0, "server_restarted"},
	{"another topic has no part in it", "/stream?topic=other", "Last-Event-ID: " EPOCH "~2\r\n",
	 10, NULL},
	{"a pattern resumes as well", "/stream?topic=open/**&topic=open",
	 "Last-Event-ID: " EPOCH "~6\r\n", 6, NULL},
};

static void expect_resync(const char *name, const struct client *c, const char *reason,
			  unsigned oldest)
{
	const struct client_event *resync = client_last(c, "resync");
	char want[128];
	struct writer w;

	check(name, (resync != NULL) == (reason != NULL));
	if (!reason)
		return;
	writer_init(&w, want, sizeof(want));
	put(&w, SLICE("{\"oldest\":\"" EPOCH "~"));
	put_u64(&w, oldest);
	put(&w, SLICE("\",\"reason\":\""));
	put(&w, slice_of(reason));
	put(&w, SLICE("\"}"));
	check_slice(name, slice_of(resync->data), writer_slice(&w));
}

static void resume_table(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = with_history(&o);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(resumes); i++) {
		struct sim_peer *p = sim_get(sim, 0, resumes[i].target, resumes[i].fields);

		expect_open(resumes[i].name, p);
		expect_numbers(resumes[i].name, &p->client, resumes[i].from, 10);
		expect_resync(resumes[i].name, &p->client, resumes[i].resync, 1);
	}
	sim_free(sim);
}

static void own_ids_resume_like_minted_ones(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);

	(void)state;
	sim_publish(sim, "open", "first", SLICE("0"));
	sim_publish(sim, "open", "second", SLICE("1"));
	sim_publish(sim, "open", "third", SLICE("2"));
	sim_publish(sim, "open", "second", SLICE("a publisher's retry"));
	sim_run(sim);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "Last-Event-ID: first\r\n");
	expect_numbers("behind the first", &p->client, 1, 3);
	check_slice("the last id is the publisher's",
		    slice_of(client_last(&p->client, "message")->id), SLICE("third"));
	struct sim_peer *other = sim_get(sim, 0, "/stream?topic=other", "Last-Event-ID: first\r\n");
	expect_resync("not on this topic", &other->client, "unknown_id", 1);
	sim_free(sim);
}

/* The id came from a worker that is ahead of the one that is asked now. */
static void worker_that_is_behind_catches_up(void **state)
{
	static const char *const fields[] = {"Last-Event-ID: " EPOCH "~6\r\n",
					     "Last-Event-ID: own-6\r\n",
					     "Last-Event-ID: " EPOCH "~8\r\n"};
	static const unsigned from[] = {6, 6, 8};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		struct sim_options o = sim_defaults();

		o.workers = 2;
		struct sim *sim = sim_new(&o);
		struct sim_peer *there = sim_get(sim, 1, "/stream?topic=open", "");
		publish_numbers(sim, "open", 0, 5);
		sim_publish(sim, "open", "own-6", SLICE("5"));
		publish_numbers(sim, "open", 6, 8);
		struct sim_peer *p = sim_get(sim, 1, "/stream?topic=open", fields[i]);
		expect_open(fields[i], p);
		check(fields[i], client_event(&p->client, 0)->type[0] == 'c');
		expect_numbers(fields[i], &p->client, from[i], 8);
		check(fields[i], !client_last(&p->client, "resync"));
		expect_numbers("who was there already", &there->client, 0, 8);
		sim_free(sim);
	}
}

static void too_old_is_said_and_the_rest_comes(void **state)
{
	struct sim_options o = sim_defaults();
	char data[1000];

	(void)state;
	memset(data, 'x', sizeof(data));
	o.log.memory = LOG_MIN_MEMORY;
	struct sim *sim = sim_new(&o);
	for (unsigned i = 0; i < 2000; i++)
		sim_publish(sim, "open", NULL, (struct slice){data, sizeof(data)});
	sim_run(sim);
	struct sim_peer *p =
		sim_get(sim, 0, "/stream?topic=open", "Last-Event-ID: " EPOCH "~3\r\n");
	unsigned oldest = (unsigned)log_oldest_seq(sim->log);
	check("the log has dropped some", oldest > 4);
	expect_resync("too old", &p->client, "too_old", oldest);
	check("the rest", client_count(&p->client, "message") == 2000 - oldest + 1);
	struct sim_peer *edge = sim_connect(sim, 0);
	char fields[64];
	struct writer w;
	writer_init(&w, fields, sizeof(fields) - 1);
	put(&w, SLICE("Last-Event-ID: " EPOCH "~"));
	put_u64(&w, oldest - 1);
	put(&w, SLICE("\r\n"));
	fields[w.len] = '\0';
	sim_ask(edge, "/stream?topic=open", fields);
	expect_resync("just kept", &edge->client, NULL, 0);
	check("all", client_count(&edge->client, "message") == 2000 - oldest + 1);
	sim_free(sim);
}

static void replay_is_bounded_in_events(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.settings.replay_events = 6;
	struct sim *sim = with_history(&o);
	struct sim_peer *at =
		sim_get(sim, 0, "/stream?topic=open", "Last-Event-ID: " EPOCH "~4\r\n");
	expect_numbers("at the bound", &at->client, 4, 10);
	expect_resync("at the bound", &at->client, NULL, 0);
	struct sim_peer *past =
		sim_get(sim, 0, "/stream?topic=open", "Last-Event-ID: " EPOCH "~3\r\n");
	expect_numbers("past the bound", &past->client, 10, 10);
	expect_resync("past the bound", &past->client, "too_many", 1);
	sim_free(sim);
}

static void replay_is_bounded_in_bytes(void **state)
{
	struct sim_options o = sim_defaults();
	const size_t frame = sizeof("22\r\nid: 1700000000000~1\ndata: 0\n\n\r\n") - 1;

	(void)state;
	o.settings.replay_bytes = 2 * frame + 1;
	struct sim *sim = with_history(&o);
	struct sim_peer *at =
		sim_get(sim, 0, "/stream?topic=open", "Last-Event-ID: " EPOCH "~8\r\n");
	expect_numbers("at the bound", &at->client, 8, 10);
	struct sim_peer *past =
		sim_get(sim, 0, "/stream?topic=open", "Last-Event-ID: " EPOCH "~7\r\n");
	expect_resync("past the bound", &past->client, "too_many", 1);
	sim_free(sim);
}

/* Whoever is cut before the first event has the id of `connected`. */
static void connected_primes_the_id(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = with_history(&o);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	check_slice("primed", sse_decoder_last_id(&p->client.decoder), SLICE(EPOCH "~10"));
	sim_reconnect(p, 0);
	publish_numbers(sim, "open", 10, 13);
	sim_ask(p, "/stream?topic=open", "Last-Event-ID: " EPOCH "~10\r\n");
	expect_numbers("missed while away", &p->client, 10, 13);
	sim_free(sim);
}

static void rights_of_now_decide_what_is_replayed(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct log_event secret = {.topics = {SLICE("open")},
				   .topic_count = 1,
				   .is_private = true,
				   .sse.data = SLICE("1")};
	struct log_receipt receipt;

	(void)state;
	publish_numbers(sim, "open", 0, 1);
	assert_int_equal(log_publish(sim->log, &secret, sim->now_ms, &receipt), OK);
	sim_run(sim);
	struct sim_peer *anonymous =
		sim_get(sim, 0, "/stream?topic=open", "Last-Event-ID: " EPOCH "~0\r\n");
	expect_numbers("anonymous", &anonymous->client, 0, 1);
	struct sim_peer *alice = sim_get(sim, 0, "/stream?topic=open",
					 "Authorization: Bearer " SIM_SUBSCRIBER_KEY "\r\n"
					 "Last-Event-ID: " EPOCH "~0\r\n");
	expect_numbers("alice", &alice->client, 0, 2);
	check_slice("her name", slice_of(client_event(&alice->client, 0)->data),
		    SLICE("{\"connected\":true,\"userId\":\"alice\"}"));
	sim_free(sim);
}

/* Random cuts. */

#define READERS 6u
#define STEPS   600u
#define WORKERS 3u

struct chaos {
	struct sim *sim;
	struct rng rng;
	struct sim_peer *readers[READERS];
	unsigned published;
};

static uint64_t pick(struct chaos *c, uint64_t n)
{
	return rng_next(&c->rng) % n;
}

/* The id that a browser would send back, in the field or in the query. */
static void ask_again(struct chaos *c, struct sim_peer *p)
{
	struct slice id = sse_decoder_last_id(&p->client.decoder);
	bool in_query = pick(c, 2) == 0;
	char text[512];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	put(&w, SLICE("GET /stream?topic=open"));
	if (in_query) {
		put(&w, SLICE("&last-event-id="));
		put(&w, id);
	}
	put(&w, SLICE(" HTTP/1.1\r\nHost: sluice.test\r\nAccept: text/event-stream\r\n"));
	if (!in_query) {
		put(&w, SLICE("Last-Event-ID: "));
		put(&w, id);
		put(&w, SLICE("\r\n"));
	}
	put(&w, SLICE("\r\n"));
	sim_send_slice(p, writer_slice(&w));
}

/* Anywhere: in the head, between frames, inside one. */
static void cut_one(struct chaos *c)
{
	struct sim_peer *p = c->readers[pick(c, READERS)];

	(void)sim_read(p, pick(c, 400));
	sim_reconnect(p, pick(c, WORKERS));
	p->stalled = pick(c, 2) == 0;
	p->capacity = 1 + pick(c, 2000);
	p->max_send = 1 + pick(c, 500);
	ask_again(c, p);
	if (pick(c, 2))
		sim_run(c->sim);
}

static void publish_some(struct chaos *c)
{
	unsigned n = (unsigned)(1 + pick(c, 5));

	for (unsigned i = 0; i < n; i++) {
		bool own = pick(c, 3) == 0;
		char data[16], id[32];
		struct writer w;

		writer_init(&w, data, sizeof(data));
		put_u64(&w, c->published);
		struct slice number = writer_slice(&w);
		writer_init(&w, id, sizeof(id) - 1);
		put(&w, SLICE("own-"));
		put(&w, number);
		id[w.len] = '\0';
		sim_publish(c->sim, "open", own ? id : NULL, number);
		/* A publisher that did not hear the answer sends it again. */
		if (own && pick(c, 2))
			sim_publish(c->sim, "open", id, number);
		sim_publish(c->sim, "other", NULL, SLICE("noise"));
		c->published++;
	}
}

static void toggle_one(struct chaos *c)
{
	struct sim_peer *p = c->readers[pick(c, READERS)];

	p->stalled = !p->stalled;
	(void)sim_read(p, pick(c, 300));
}

static void chaos_step(struct chaos *c)
{
	switch (pick(c, 7)) {
	case 0:
	case 1:
		publish_some(c);
		break;
	case 2:
		cut_one(c);
		break;
	case 3:
		toggle_one(c);
		break;
	case 4:
		sim_pass(c->sim, pick(c, 300));
		break;
	case 5: /* one worker gets ahead of the others */
		(void)engine_turn(c->sim->workers[pick(c, WORKERS)].engine, 1 + pick(c, 9));
		break;
	default:
		sim_run(c->sim);
		break;
	}
	/* Who was closed for reading too slowly comes back. */
	for (size_t i = 0; i < READERS; i++) {
		if (c->readers[i]->closed) {
			sim_reconnect(c->readers[i], pick(c, WORKERS));
			ask_again(c, c->readers[i]);
		}
	}
}

static void run_chaos(uint64_t seed)
{
	struct sim_options o = sim_defaults();
	struct chaos c = {.rng = {seed}};
	char name[64];

	(void)snprintf(name, sizeof(name), "seed %u", (unsigned)seed);
	o.workers = WORKERS;
	o.turn = 1 + seed % 7;
	c.sim = sim_new(&o);
	for (size_t i = 0; i < READERS; i++)
		c.readers[i] = sim_get(c.sim, i % WORKERS, "/stream?topic=open", "");
	for (unsigned step = 0; step < STEPS; step++)
		chaos_step(&c);
	for (size_t i = 0; i < READERS; i++) {
		c.readers[i]->stalled = false;
		c.readers[i]->capacity = SIM_SOCKET;
	}
	sim_run(c.sim);
	for (size_t i = 0; i < READERS; i++) {
		check(name, client_count(&c.readers[i]->client, "resync") == 0);
		expect_numbers(name, &c.readers[i]->client, 0, c.published);
	}
	sim_free(c.sim);
}

static void random_cuts_lose_and_double_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++)
		run_chaos(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resume_table),
		cmocka_unit_test(own_ids_resume_like_minted_ones),
		cmocka_unit_test(worker_that_is_behind_catches_up),
		cmocka_unit_test(too_old_is_said_and_the_rest_comes),
		cmocka_unit_test(replay_is_bounded_in_events),
		cmocka_unit_test(replay_is_bounded_in_bytes),
		cmocka_unit_test(connected_primes_the_id),
		cmocka_unit_test(rights_of_now_decide_what_is_replayed),
		cmocka_unit_test(random_cuts_lose_and_double_nothing),
	};

	return cmocka_run_group_tests_name("sim resume", tests, NULL, NULL);
}

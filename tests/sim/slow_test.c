/* SPDX-License-Identifier: Apache-2.0 */
/* Slow readers: no torn frame, no loss without a word, no delay for others, bounded memory. */
#include "expect.h"

#include "stream/conn.h"

#define BULK 1000u /* bytes of data of a bulky event */

static void publish_bulk(struct sim *sim, const char *topic, size_t n)
{
	char data[BULK];

	memset(data, 'x', sizeof(data));
	for (size_t i = 0; i < n; i++)
		sim_publish(sim, topic, NULL, (struct slice){data, sizeof(data)});
}

/* A stream whose socket takes `room` bytes more and whose peer then reads nothing. */
static struct sim_peer *open_stalled(struct sim *sim, size_t room)
{
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

	expect_open("stalled reader", p);
	p->stalled = true;
	p->capacity = room;
	return p;
}

static void resume_reading(struct sim_peer *p)
{
	p->stalled = false;
	p->capacity = SIM_SOCKET;
	sim_run(p->sim);
}

/* Cut k lets k bytes of the first frame out before the peer stops reading. */
static void cut_everywhere(struct sim_peer *p, unsigned cuts)
{
	for (unsigned k = 0; k < cuts; k++) {
		p->stalled = true;
		p->capacity = k;
		publish_numbers(p->sim, "open", 3 * k, 3 * k + 1);
		sim_run(p->sim);
		publish_numbers(p->sim, "open", 3 * k + 1, 3 * k + 3);
		sim_run(p->sim);
		check("the socket takes what it can", p->socket.len <= k);
		resume_reading(p);
		check("between frames", client_is_between_events(&p->client));
	}
	expect_numbers("cut at every byte", &p->client, 0, 3 * cuts);
}

static void frame_cut_at_every_byte(void **state)
{
	const unsigned three_frames = 130;
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	cut_everywhere(p, three_frames);
	sim_free(sim);
}

static void frame_cut_at_every_byte_http10(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	sim_send(p, "GET /stream?topic=open HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n");
	sim_run(sim);
	check("close-delimited", p->client.response.body == HTTP_BODY_NONE);
	cut_everywhere(p, 110);
	sim_free(sim);
}

static void socket_of_one_byte(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *p = sim_connect(sim, 0);

	(void)state;
	p->capacity = 1;
	p->max_send = 1;
	sim_ask(p, "/stream?topic=open", "");
	publish_numbers(sim, "open", 0, 50);
	sim_run(sim);
	expect_open("one byte at a time", p);
	expect_numbers("one byte at a time", &p->client, 0, 50);
	sim_free(sim);
}

/* What a browser that is told `dropped` needs: where it was, and up to where it missed. */
static void expect_dropped_range(const struct sim_peer *p, unsigned first_seq, unsigned last_seq)
{
	const struct client_event *dropped = client_last(&p->client, "dropped");
	char want[128];
	struct writer w;

	writer_init(&w, want, sizeof(want));
	put(&w, SLICE("{\"from\":\""));
	log_put_id(p->sim->log, &w, first_seq);
	put(&w, SLICE("\",\"to\":\""));
	log_put_id(p->sim->log, &w, last_seq);
	put(&w, SLICE("\"}"));
	assert_non_null(dropped);
	check_slice("range", slice_of(dropped->data), writer_slice(&w));
}

static void stalled_reader_is_told_and_closed(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *slow = open_stalled(sim, 4096);
	struct sim_peer *fast = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	publish_bulk(sim, "open", 100);
	sim_run(sim);
	check("others get all at once", client_count(&fast->client, "message") == 100);
	sim_pass(sim, o.settings.write_timeout_ms - 100);
	check("not before its time", !slow->closed);
	sim_pass(sim, 200);
	check("closed at the write deadline", slow->closed);
	resume_reading(slow);
	size_t got = client_count(&slow->client, "message");
	check("whole frames came before", got > 0 && got < 100);
	expect_clean_end("stalled", slow);
	expect_dropped_range(slow, (unsigned)got + 1, 100);
	expect_close("stalled", sim, CLOSE_WRITE_TIMEOUT);
	check("record counts the loss", sim_last_record(sim)->r.dropped == 100 - got);
	expect_open("the fast one stays", fast);
	sim_free(sim);
}

static void slow_reader_delays_nobody(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *slow = open_stalled(sim, 100);
	struct sim_peer *fast = sim_get(sim, 0, "/stream?topic=open", "");

	(void)state;
	for (unsigned n = 0; n < 20; n++) {
		publish_numbers(sim, "open", n, n + 1);
		uint64_t published_ms = sim->now_ms;
		sim_run(sim);
		check("at once", client_last(&fast->client, "message")->at_ms == published_ms);
		(void)sim_read(slow, 10);
		sim_pass(sim, 1000);
	}
	expect_numbers("fast", &fast->client, 0, 20);
	resume_reading(slow);
	expect_numbers("slow, in the end", &slow->client, 0, 20);
	sim_free(sim);
}

static void trickling_reader_meets_the_lag_bound(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.settings.lag_ms = 10000;
	struct sim *sim = sim_new(&o);
	struct sim_peer *slow = open_stalled(sim, 2048);
	publish_bulk(sim, "open", 100);
	for (unsigned second = 0; second < 10; second++) {
		sim_pass(sim, 1000);
		(void)sim_read(slow, 100);
	}
	check("within the bound", !slow->closed);
	sim_pass(sim, 1000);
	(void)sim_read(slow, SIZE_MAX);
	sim_pass(sim, 1);
	check("past the bound", slow->closed);
	resume_reading(slow);
	expect_clean_end("lagging", slow);
	check("told", client_count(&slow->client, "dropped") == 1);
	expect_close("lagging", sim, CLOSE_LAGGING);
	sim_free(sim);
}

static void reader_behind_the_log_is_told(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.log.memory = LOG_MIN_MEMORY;
	struct sim *sim = sim_new(&o);
	struct sim_peer *slow = open_stalled(sim, 2048);
	struct sim_peer *fast = sim_get(sim, 0, "/stream?topic=open", "");
	for (unsigned n = 0; n < 3000; n += 100) {
		publish_bulk(sim, "open", 100);
		sim_run(sim);
	}
	check("the fast one has all", client_count(&fast->client, "message") == 3000);
	size_t out = slow->socket.len;
	resume_reading(slow);
	check("it takes what was cut", slow->closed && out > 0);
	expect_clean_end("out of log", slow);
	expect_dropped_range(slow, (unsigned)client_count(&slow->client, "message") + 1, 3000);
	expect_close("out of log", sim, CLOSE_OUT_OF_LOG);
	sim_free(sim);
}

static void pending_is_the_rest_of_one_frame(void **state)
{
	const size_t frame_max = BULK + 64;
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);
	struct sim_peer *slow = open_stalled(sim, 500);

	(void)state;
	for (unsigned n = 0; n < 50; n++) {
		publish_bulk(sim, "open", 100);
		sim_run(sim);
		check("kept", slow->conn->pending != NULL);
		check("one frame at most", slow->conn->pending->len < frame_max);
	}
	resume_reading(slow);
	check("all of it", client_count(&slow->client, "message") == 5000);
	check("given back", slow->conn->pending == NULL);
	sim_free(sim);
}

/*
 * The head fills the socket to the byte, history waits, and the peer takes nothing: nothing was
 * cut, so only the clock can end it.
 */
static void replay_that_never_begins_times_out(void **state)
{
	struct sim_options o = sim_defaults();
	struct sim *sim = sim_new(&o);

	(void)state;
	publish_numbers(sim, "open", 0, 10);
	sim_run(sim);
	struct sim_peer *probe = sim_connect(sim, 0);
	probe->stalled = true;
	sim_ask(probe, "/stream?topic=open", "Last-Event-ID: 1700000000000~10\r\n");
	/* The two heads differ by a digit of an id: a range is tried. */
	size_t head_len = probe->socket.len;
	for (size_t less = 0; less < 4; less++) {
		struct sim_peer *p = sim_connect(sim, 0);

		p->stalled = true;
		p->capacity = head_len - 3 + less;
		sim_ask(p, "/stream?topic=open", "Last-Event-ID: 1700000000000~2\r\n");
		sim_pass(sim, o.settings.write_timeout_ms + 1000);
		check("closed", p->closed);
		expect_close("never begun", sim, CLOSE_WRITE_TIMEOUT);
		resume_reading(p);
		expect_clean_end("never begun", p);
	}
	sim_free(sim);
}

/* Other topics ran on while it was live: that is no lag and no loss of its own. */
static void quiet_reader_is_not_behind(void **state)
{
	struct sim_options o = sim_defaults();

	(void)state;
	o.log.memory = LOG_MIN_MEMORY;
	o.settings.lag_ms = 5000;
	struct sim *sim = sim_new(&o);
	struct sim_peer *quiet = sim_get(sim, 0, "/brisk?topic=other", "");
	publish_bulk(sim, "open", 3000);
	sim_run(sim);
	sim_pass(sim, 10000);
	quiet->stalled = true;
	quiet->capacity = 5;
	sim_pass(sim, 4000);
	check("a heartbeat was cut", quiet->socket.len == 5);
	resume_reading(quiet);
	expect_open("quiet", quiet);
	publish_numbers(sim, "other", 0, 3);
	sim_run(sim);
	expect_numbers("quiet", &quiet->client, 0, 3);
	sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_cut_at_every_byte),
		cmocka_unit_test(frame_cut_at_every_byte_http10),
		cmocka_unit_test(socket_of_one_byte),
		cmocka_unit_test(stalled_reader_is_told_and_closed),
		cmocka_unit_test(slow_reader_delays_nobody),
		cmocka_unit_test(trickling_reader_meets_the_lag_bound),
		cmocka_unit_test(reader_behind_the_log_is_told),
		cmocka_unit_test(pending_is_the_rest_of_one_frame),
		cmocka_unit_test(replay_that_never_begins_times_out),
		cmocka_unit_test(quiet_reader_is_not_behind),
	};

	return cmocka_run_group_tests_name("sim slow readers", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Floods: each is ended at its budget, with GOAWAY, and without growing us. */
#include "lab.h"

#include <stdio.h>
#include <string.h>

#define WHOLE NGHTTP2_FLAG_END_HEADERS
#define END   NGHTTP2_FLAG_END_STREAM

static struct lab lab;

static void rapid_reset(uint32_t i)
{
	lab_get(&lab, 2 * i + 1);
	lab_reset(&lab, 2 * i + 1);
}

/* A window too large makes us reset the stream (CVE-2025-8671). */
static void made_you_reset(uint32_t i)
{
	lab_get(&lab, 2 * i + 1);
	lab_window(&lab, 2 * i + 1, 0x7fffffff);
}

static void malformed_request(uint32_t i)
{
	lab_headers(&lab, 2 * i + 1, WHOLE | END, ":method: GET\n");
}

static void refused_request(uint32_t i)
{
	lab.refuse = true;
	lab_get(&lab, 2 * i + 1);
}

static void late_reset(uint32_t i)
{
	if (i == 0)
		rapid_reset(0);
	else
		lab_reset(&lab, 1);
}

static void settings(uint32_t i)
{
	lab_setting(&lab, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, i);
}

static void goaway(uint32_t i)
{
	(void)i;
	lab_frame(&lab, NGHTTP2_GOAWAY, 0, 0, SLICE("\0\0\0\0\0\0\0\0"));
}

static void ping(uint32_t i)
{
	(void)i;
	lab_frame(&lab, NGHTTP2_PING, 0, 0, SLICE("12345678"));
}

static void ping_ack(uint32_t i)
{
	(void)i;
	lab_frame(&lab, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, SLICE("12345678"));
}

static void continuation(uint32_t i)
{
	if (i == 0)
		lab_headers(&lab, 1, 0, ":method: GET\n:scheme: http\n:path: /\nhost: a\n");
	lab_frame(&lab, NGHTTP2_CONTINUATION, 0, 1, SLICE_NONE);
}

static void continuations_of_many_heads(uint32_t i)
{
	lab_headers(&lab, 2 * i + 1, END, ":method: GET\n:scheme: http\n:path: /\nhost: a\n");
	lab_frame(&lab, NGHTTP2_CONTINUATION, WHOLE, 2 * i + 1, SLICE_NONE);
}

/* One byte names a field of 2,000 bytes in the table. */
static void header_bomb(uint32_t i)
{
	char bomb[64];

	memset(bomb, 0xbe, sizeof(bomb));
	if (i == 0) {
		static char value[2001];
		static char lines[2100];

		memset(value, 'v', sizeof(value) - 1);
		(void)snprintf(lines, sizeof(lines),
			       ":method: GET\n:scheme: http\n:path: /\nhost: a\nx: %s\n", value);
		lab_headers(&lab, 1, 0, lines);
	} else {
		lab_frame(&lab, NGHTTP2_CONTINUATION, 0, 1, (struct slice){bomb, sizeof(bomb)});
	}
}

static void empty_data(uint32_t i)
{
	if (i == 0)
		lab_headers(&lab, 1, WHOLE, ":method: POST\n:scheme: http\n:path: /\nhost: a\n");
	lab_frame(&lab, NGHTTP2_DATA, 0, 1, SLICE_NONE);
}

static void padding_for_data(uint32_t i)
{
	if (i == 0)
		lab_headers(&lab, 1, WHOLE, ":method: POST\n:scheme: http\n:path: /\nhost: a\n");
	lab_frame(&lab, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, SLICE("\3\0\0\0"));
}

static void trailers(uint32_t i)
{
	if (i == 0)
		lab_headers(&lab, 1, WHOLE | END,
			    ":method: GET\n:scheme: http\n:path: /\nhost: a\n");
	lab_frame(&lab, NGHTTP2_HEADERS, WHOLE | END, 1, SLICE("\x82"));
}

static void priority(uint32_t i)
{
	lab_frame(&lab, NGHTTP2_PRIORITY, 0, 2 * i + 1, SLICE("\0\0\0\0\1"));
}

static void priority_update(uint32_t i)
{
	(void)i;
	lab_frame(&lab, 0x10, 0, 0, SLICE("\0\0\0\1u=1"));
}

static void window_update(uint32_t i)
{
	(void)i;
	lab_window(&lab, 0, 1);
}

static void unknown(uint32_t i)
{
	lab_frame(&lab, (uint8_t)(0x20 + i % 100), 0, i, SLICE("?"));
}

static const struct {
	const char *name;
	void (*step)(uint32_t i);
	enum h2_end end;
	uint32_t least; /* steps that are free */
	uint32_t most;  /* steps by which the connection has ended */
} floods[] = {
	{"rapid reset", rapid_reset, H2_END_RESETS, 500, 501},
	{"resets of a stream that is no more", late_reset, H2_END_RESETS, 500, 501},
	{"resets that we are made to send", made_you_reset, H2_END_FAULTS, 200, 201},
	{"malformed requests", malformed_request, H2_END_FAULTS, 200, 201},
	{"requests that are refused", refused_request, H2_END_FAULTS, 200, 201},
	{"SETTINGS", settings, H2_END_SETTINGS, 19, 20},
	{"GOAWAY", goaway, H2_END_SETTINGS, 19, 20},
	{"PING", ping, H2_END_PINGS, 64, 65},
	{"acknowledged PINGs that nobody sent", ping_ack, H2_END_PINGS, 64, 65},
	{"CONTINUATION without an end", continuation, H2_END_CONTINUATIONS, 32, 33},
	{"CONTINUATION of many heads", continuations_of_many_heads, H2_END_CONTINUATIONS, 32, 33},
	{"a bomb of headers", header_bomb, H2_END_HEADERS, 1, 4},
	{"empty DATA", empty_data, H2_END_EMPTY, 64, 65},
	{"DATA of padding", padding_for_data, H2_END_EMPTY, 64, 65},
	{"PRIORITY", priority, H2_END_PRIORITIES, 256, 257},
	{"PRIORITY_UPDATE", priority_update, H2_END_PRIORITIES, 256, 257},
	{"WINDOW_UPDATE", window_update, H2_END_WINDOWS, 1000, 1001},
	{"frames that nobody knows", unknown, H2_END_UNKNOWN, 100, 101},
};

/* How many steps the connection takes. */
static uint32_t steps_of(size_t at, size_t piece, size_t *ret_memory)
{
	uint32_t i = 0;

	lab_init(&lab);
	lab.hold = true;
	assert_true(lab_send(&lab));
	*ret_memory = 0;
	for (bool goes_on = true; goes_on && i < 5000; i++) {
		floods[at].step(i);
		goes_on = lab_feed(&lab, piece);
		size_t memory = h2_session_memory(lab.session);
		*ret_memory = memory > *ret_memory ? memory : *ret_memory;
	}
	return i;
}

static void each_flood_ends_at_its_budget(void **state)
{
	struct lab_reply reply;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(floods); i++) {
		const char *name = floods[i / 2].name;
		size_t memory;
		uint32_t steps = steps_of(i / 2, i % 2 ? 1 : SIZE_MAX, &memory);

		if (steps <= floods[i / 2].least || steps > floods[i / 2].most)
			fail_msg("%s: %u steps, '%.*s'", name, steps,
				 SLICE_ARG(h2_end_word(h2_session_end(lab.session))));
		if (h2_session_end(lab.session) != floods[i / 2].end)
			fail_msg("%s: ended by '%.*s'", name,
				 SLICE_ARG(h2_end_word(h2_session_end(lab.session))));
		check(name, lab_find(&lab, NGHTTP2_GOAWAY, &reply));
		check(name, lab_code(&reply) == NGHTTP2_ENHANCE_YOUR_CALM);
		check(name, memory < 400000);
		check(name, !h2_session_receive(lab.session, SLICE("more"), lab.now_ms));
		check(name, !h2_session_flush(lab.session));
		lab_fini(&lab);
	}
}

static void every_budget_has_a_flood(void **state)
{
	(void)state;
#define X(name, word, burst, rate, help)                                                           \
	{                                                                                          \
		bool found = false;                                                                \
		for (size_t i = 0; i < COUNT_OF(floods); i++)                                      \
			found |= floods[i].end == H2_END_##name;                                   \
		check(word, found);                                                                \
		check_slice(word, h2_end_word(H2_END_##name), SLICE(word));                        \
	}
#include "h2/budget.def"
#undef X
	check_slice("none", h2_end_word(H2_END_NONE), SLICE("none"));
}

static void the_document_has_each_budget(void **state)
{
	static char text[1u << 16];
	FILE *file = fopen(DOCS "/http2.md", "r");

	(void)state;
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
#define X(name, word, burst, rate, help)                                                           \
	check(word, strstr(text, "| `" word "` | " #burst " | " #rate " | " help " |\n"));
#include "h2/budget.def"
#undef X
}

/* HEADERS for a stream that is half closed is a fault of the connection. */
static void trailers_of_a_stream_that_ended_end_the_connection(void **state)
{
	(void)state;
	lab_init(&lab);
	lab.hold = true;
	trailers(0);
	assert_false(lab_send(&lab));
	assert_int_equal(h2_session_end(lab.session), H2_END_PROTOCOL);
	lab_fini(&lab);
}

static void a_budget_fills_again(void **state)
{
	(void)state;
	lab_init(&lab);
	for (uint32_t second = 0; second < 100; second++) {
		lab.now_ms += 1000;
		for (size_t i = 0; i < 8; i++)
			ping(0);
		assert_true(lab_send(&lab));
	}
	lab_fini(&lab);
}

/* Readers come and go: each closes its stream by a reset, and that is no flood. */
static void closing_answered_streams_is_free(void **state)
{
	(void)state;
	lab_init(&lab);
	for (uint32_t i = 0; i < 5000; i++) {
		lab_get(&lab, 2 * i + 1);
		assert_true(lab_send(&lab));
		lab_reset(&lab, 2 * i + 1);
		assert_true(lab_send(&lab));
		buf_reset(&lab.wire);
	}
	assert_int_equal(h2_session_streams(lab.session), 0);
	lab_fini(&lab);
}

static void send_all(struct lab_stream *st, const char *text)
{
	struct slice part = slice_of(text);

	assert_int_equal(h2_stream_send(st->stream, &part, 1), part.len);
}

static void a_window_for_each_event_is_free(void **state)
{
	(void)state;
	lab_init(&lab);
	lab_get(&lab, 1);
	assert_true(lab_send(&lab));
	for (size_t i = 0; i < 5000; i++) {
		send_all(&lab.streams[0], "data: event\n\n");
		lab_window(&lab, 0, 13);
		lab_window(&lab, 1, 13);
		assert_true(lab_send(&lab));
		buf_reset(&lab.wire);
	}
	lab_fini(&lab);
}

/* CVE-2019-9511: a window that is opened byte by byte makes a frame of each byte. */
static void a_window_for_each_byte_is_not(void **state)
{
	const struct slice event = SLICE("data: a long event that the window cuts\n\n");
	size_t steps = 0;

	(void)state;
	lab_init(&lab);
	lab_setting(&lab, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0);
	lab_get(&lab, 1);
	assert_true(lab_send(&lab));
	assert_int_equal(h2_stream_send(lab.streams[0].stream, &event, 1), H2_BLOCKED);
	for (bool goes_on = true; goes_on; steps++) {
		lab_window(&lab, 1, 1);
		goes_on = lab_send(&lab);
		if (goes_on)
			assert_int_equal(h2_stream_send(lab.streams[0].stream, &event, 1), 1);
	}
	assert_in_range(steps, 1000, 1002);
	assert_int_equal(h2_session_end(lab.session), H2_END_WINDOWS);
	lab_fini(&lab);
}

/* The peer provokes and never reads: what waits is bounded, however slowly it goes. */
static const struct {
	const char *name;
	void (*step)(uint32_t i);
	uint32_t per_second;
} unread[] = {
	{"PING", ping, 8},
	{"SETTINGS", settings, 1},
	{"malformed requests", malformed_request, 10},
	{"rapid reset", rapid_reset, 50},
};

static void who_does_not_read_does_not_make_us_grow(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(unread); i++) {
		bool goes_on = true;
		size_t memory = 0;
		uint32_t step = 0;

		lab_init(&lab);
		lab.hold = true;
		lab.room = 20;
		while (goes_on && step < 8000) {
			lab.now_ms += 1000;
			for (uint32_t n = 0; n < unread[i].per_second; n++)
				unread[i].step(step++);
			goes_on = lab_send(&lab);
			memory = h2_session_memory(lab.session);
			check(unread[i].name, memory < 400000);
		}
		/* Rapid resets leave nothing that waits. */
		check(unread[i].name, goes_on == (unread[i].step == rapid_reset));
		check(unread[i].name, goes_on || h2_session_end(lab.session) == H2_END_UNREAD);
		lab_fini(&lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_flood_ends_at_its_budget),
		cmocka_unit_test(every_budget_has_a_flood),
		cmocka_unit_test(the_document_has_each_budget),
		cmocka_unit_test(trailers_of_a_stream_that_ended_end_the_connection),
		cmocka_unit_test(a_budget_fills_again),
		cmocka_unit_test(closing_answered_streams_is_free),
		cmocka_unit_test(a_window_for_each_event_is_free),
		cmocka_unit_test(a_window_for_each_byte_is_not),
		cmocka_unit_test(who_does_not_read_does_not_make_us_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

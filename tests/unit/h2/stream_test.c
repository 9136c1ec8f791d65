/* SPDX-License-Identifier: Apache-2.0 */
#include "lab.h"

#include <stdlib.h>
#include <string.h>

#define WHOLE NGHTTP2_FLAG_END_HEADERS
#define END   NGHTTP2_FLAG_END_STREAM
#define EVENT "data: an event\n\n"
#define BIG   (1u << 20)

static struct lab lab;
static struct buf got;
static char big[BIG];

/* A connection with `n` streams, answered and open. */
static void open_streams(uint32_t n)
{
	struct lab_reply reply;

	lab_init_streams(&lab, n < 100 ? 100 : n);
	buf_init(&got, 64u << 20);
	for (uint32_t i = 0; i < n; i++)
		lab_get(&lab, 2 * i + 1);
	assert_true(lab_send(&lab));
	assert_int_equal(h2_session_streams(lab.session), n);
	while (lab_next(&lab, &reply))
		assert_int_not_equal(reply.type, NGHTTP2_RST_STREAM);
	assert_false(h2_session_is_ready(lab.session));
}

static void close_lab(void)
{
	buf_free(&got);
	lab_fini(&lab);
}

static struct h2_stream *stream(size_t i)
{
	return lab.streams[i].stream;
}

static ptrdiff_t send_text(size_t i, struct slice text)
{
	return h2_stream_send(stream(i), &text, 1);
}

static void fill_big(void)
{
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)('a' + i % 23);
}

static void event_bytes_are_not_copied(void **state)
{
	struct slice parts[3] = {{big, 100}, {big + 1000, 200}, {big + 5000, 50}};

	(void)state;
	fill_big();
	open_streams(1);
	lab.watched = (struct slice){big, BIG};
	lab.sends = 0;
	assert_int_equal(h2_stream_send(stream(0), parts, 3), 350);
	assert_int_equal(lab.sends, 1);
	assert_int_equal(lab.by_reference, 350);
	assert_int_equal(lab_data(&lab, 1, &got), 0);
	for (size_t i = 0, at = 0; i < 3; at += parts[i++].len)
		check_slice("part", slice_upto(slice_from(buf_slice(&got), at), parts[i].len),
			    parts[i]);
	assert_int_equal(lab.streams[0].writable, 0);
	close_lab();
}

static void an_answer_within_the_request_waits_for_its_end(void **state)
{
	(void)state;
	lab_init(&lab);
	buf_init(&got, BIG);
	lab.eager = true;
	lab_get(&lab, 1);
	assert_true(lab_send(&lab));
	assert_int_equal(lab.streams[0].writable, 1);
	assert_int_equal(send_text(0, SLICE(EVENT)), strlen(EVENT));
	assert_int_equal(lab_data(&lab, 1, &got), 0);
	check_slice("data", buf_slice(&got), SLICE(EVENT));
	close_lab();
}

static void a_window_of_nothing_blocks_until_it_opens(void **state)
{
	(void)state;
	lab_init(&lab);
	buf_init(&got, BIG);
	lab_setting(&lab, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0);
	lab_get(&lab, 1);
	lab_get(&lab, 3);
	assert_true(lab_send(&lab));
	assert_int_equal(send_text(0, SLICE(EVENT)), H2_BLOCKED);
	assert_int_equal(send_text(0, SLICE(EVENT)), H2_BLOCKED);
	assert_true(h2_session_flush(lab.session));
	assert_int_equal(lab.streams[0].writable, 0);
	assert_false(h2_session_is_blocked(lab.session));
	lab_window(&lab, 1, 6);
	lab_window(&lab, 3, 6);
	assert_true(lab_send(&lab));
	/* Who asked is told, once; who did not is left in peace. */
	assert_int_equal(lab.streams[0].writable, 1);
	assert_int_equal(lab.streams[1].writable, 0);
	assert_int_equal(send_text(0, SLICE(EVENT)), 6);
	assert_int_equal(lab_data(&lab, 1, &got), 0);
	check_slice("cut by the window", buf_slice(&got), SLICE("data: "));
	lab_setting(&lab, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 100);
	assert_true(lab_send(&lab));
	assert_int_equal(lab.streams[0].writable, 2);
	assert_int_equal(send_text(0, slice_from(SLICE(EVENT), 6)), strlen(EVENT) - 6);
	close_lab();
}

static void the_window_of_the_connection_blocks_all(void **state)
{
	(void)state;
	fill_big();
	open_streams(2);
	assert_int_equal(send_text(0, (struct slice){big, BIG}), 65535);
	assert_int_equal(send_text(1, SLICE(EVENT)), H2_BLOCKED);
	lab_window(&lab, 0, 1000);
	assert_true(lab_send(&lab));
	assert_int_equal(lab.streams[0].writable, 0);
	assert_int_equal(lab.streams[1].writable, 1);
	assert_int_equal(send_text(1, SLICE(EVENT)), strlen(EVENT));
	assert_int_equal(lab.streams[1].writable, 1);
	close_lab();
}

/* However little the connection takes at a time, all bytes arrive, once, and in order. */
static void what_the_connection_cuts_goes_first(void **state)
{
	static const size_t rooms[] = {1, 2, 7, 9, 10, 100, 5000, 16384, 20000};

	(void)state;
	fill_big();
	for (size_t r = 0; r < COUNT_OF(rooms); r++) {
		size_t taken = 0;

		open_streams(1);
		while (taken < 60000) {
			lab.room = rooms[r];
			ptrdiff_t n = send_text(0, (struct slice){big + taken, 60000 - taken});
			taken += n > 0 ? (size_t)n : 0;
			assert_true(n > 0 || n == H2_BLOCKED);
			while (h2_session_is_blocked(lab.session)) {
				assert_int_equal(send_text(0, SLICE(EVENT)), H2_BLOCKED);
				lab.room = rooms[r];
				assert_true(h2_session_flush(lab.session));
			}
			assert_in_range(h2_session_memory(lab.session), 1, 200000);
		}
		lab.room = SIZE_MAX;
		assert_true(h2_session_flush(lab.session));
		assert_int_equal(lab_data(&lab, 1, &got), 0);
		check_slice("bytes", buf_slice(&got), ((struct slice){big, 60000}));
		close_lab();
	}
}

static void a_cork_gathers_the_writes_of_many_streams(void **state)
{
	(void)state;
	open_streams(50);
	lab.sends = 0;
	h2_session_cork(lab.session);
	h2_session_cork(lab.session);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(send_text(i, SLICE(EVENT)), strlen(EVENT));
	assert_int_equal(lab.sends, 0);
	assert_true(h2_session_is_ready(lab.session));
	assert_true(h2_session_flush(lab.session));
	assert_int_equal(lab.sends, 1);
	assert_false(h2_session_is_ready(lab.session));
	for (size_t i = 0; i < 50; i++) {
		lab.read = 0;
		buf_reset(&got);
		assert_int_equal(lab_data(&lab, (uint32_t)(2 * i + 1), &got), 0);
		check_slice("event", buf_slice(&got), SLICE(EVENT));
	}
	close_lab();
}

static void a_cork_holds_back_no_more_than_its_maximum(void **state)
{
	(void)state;
	fill_big();
	open_streams(3);
	lab_window(&lab, 0, BIG);
	assert_true(lab_send(&lab));
	h2_session_cork(lab.session);
	lab.room = 100;
	assert_int_equal(send_text(0, (struct slice){big, 60000}), 60000);
	ptrdiff_t n = send_text(1, (struct slice){big, 60000});
	assert_in_range(n, 1, 16384);
	assert_true(h2_session_is_blocked(lab.session));
	assert_int_equal(send_text(2, SLICE(EVENT)), H2_BLOCKED);
	assert_in_range(h2_session_memory(lab.session), 1, 300000);
	lab.room = SIZE_MAX;
	assert_true(h2_session_flush(lab.session));
	assert_int_equal(lab.streams[1].writable, 1);
	assert_int_equal(lab.streams[2].writable, 1);
	assert_int_equal(lab_data(&lab, 1, &got), 0);
	check_slice("bytes", buf_slice(&got), ((struct slice){big, 60000}));
	close_lab();
}

static const struct {
	const char *name;
	size_t window; /* of the stream */
	size_t room;   /* of the connection */
	size_t len;
	bool cork;
} lasts[] = {
	{"nothing at all", 65535, SIZE_MAX, 0, false},
	{"nothing, through a closed window", 0, SIZE_MAX, 0, false},
	{"a few words", 65535, SIZE_MAX, 40, false},
	{"a few words under a cork", 65535, SIZE_MAX, 40, true},
	{"more than a frame", 65535, SIZE_MAX, 50000, false},
	{"through a closed window", 0, SIZE_MAX, 50000, false},
	{"through a small window", 10, SIZE_MAX, 50000, false},
	{"through a connection that is full", 65535, 0, 50000, false},
	{"through a connection that takes a little", 65535, 1000, 50000, false},
	{"through a connection that takes a little, under a cork", 65535, 1000, 50000, true},
};

static void last_words_are_said(void **state)
{
	(void)state;
	fill_big();
	for (size_t i = 0; i < COUNT_OF(lasts); i++) {
		char *copy = malloc(BIG);

		memcpy(copy, big, BIG);
		lab_init(&lab);
		buf_init(&got, BIG);
		lab_setting(&lab, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)lasts[i].window);
		lab_get(&lab, 1);
		assert_true(lab_send(&lab));
		lab.room = lasts[i].room;
		if (lasts[i].cork)
			h2_session_cork(lab.session);
		h2_stream_finish(stream(0), (struct slice){copy, lasts[i].len});
		free(copy); /* they were copied */
		assert_true(h2_session_flush(lab.session));
		lab.room = SIZE_MAX;
		lab_window(&lab, 1, 65536);
		assert_true(lab_send(&lab));
		check(lasts[i].name, lab_data(&lab, 1, &got) == 1);
		check_slice(lasts[i].name, buf_slice(&got), ((struct slice){big, lasts[i].len}));
		check(lasts[i].name, h2_session_streams(lab.session) == 0);
		check(lasts[i].name, !lab.streams[0].gone);
		close_lab();
	}
}

static void too_many_last_words_are_none(void **state)
{
	static char much[H2_MAX_LAST + 1];
	struct lab_reply reply;
	size_t waiting = 0;

	(void)state;
	lab_init(&lab);
	lab_setting(&lab, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0);
	for (uint32_t i = 0; i < 5; i++)
		lab_get(&lab, 2 * i + 1);
	assert_true(lab_send(&lab));
	h2_stream_finish(stream(0), (struct slice){much, sizeof(much)});
	for (size_t i = 1; i < 5; i++)
		h2_stream_finish(stream(i), (struct slice){much, 5u << 19});
	assert_true(h2_session_flush(lab.session));
	assert_in_range(h2_session_memory(lab.session), 7u << 20, H2_MAX_LASTS + 1000000u);
	while (lab_find(&lab, NGHTTP2_RST_STREAM, &reply))
		waiting++;
	assert_int_equal(waiting, 2); /* the first, and the fourth of 2.5 MiB */
	assert_int_equal(h2_session_streams(lab.session), 3);
	lab_fini(&lab);
}

static void a_stream_that_the_peer_reset_is_gone(void **state)
{
	(void)state;
	open_streams(3);
	lab_reset(&lab, 1);
	assert_true(lab_send(&lab));
	assert_true(lab.streams[0].gone);
	assert_int_equal(h2_session_streams(lab.session), 2);
	/* One that was let go is not told of. */
	h2_stream_reset(stream(1), NGHTTP2_CANCEL);
	lab_reset(&lab, 3);
	assert_true(lab_send(&lab));
	assert_false(lab.streams[1].gone);
	assert_int_equal(h2_session_streams(lab.session), 1);
	close_lab();
}

/* nghttp2 closes a stream while another one writes: the host hears it at the flush. */
static void no_call_comes_from_within_a_send(void **state)
{
	(void)state;
	open_streams(2);
	lab_window(&lab, 1, 0x7fffffff);
	/* A host that is slow to flush. */
	lab.room = 0;
	assert_true(h2_session_receive(lab.session, buf_slice(&lab.out), 0));
	lab.room = SIZE_MAX;
	h2_session_cork(lab.session);
	assert_int_equal(send_text(1, SLICE(EVENT)), H2_BLOCKED);
	assert_false(lab.streams[0].gone);
	assert_int_equal(send_text(0, SLICE(EVENT)), H2_GONE);
	lab.streams[0].stream = NULL;
	assert_true(h2_session_flush(lab.session));
	assert_false(lab.streams[0].gone);
	assert_int_equal(lab.streams[1].writable, 1);
	close_lab();
}

static void an_answer_ends_a_request_that_is_not_whole(void **state)
{
	struct lab_reply reply;

	(void)state;
	lab_init(&lab);
	lab_headers(&lab, 1, WHOLE, ":method: POST\n:scheme: http\n:path: /\nhost: a\n");
	assert_true(lab_send(&lab));
	h2_stream_finish(stream(0), SLICE("no"));
	assert_true(h2_session_flush(lab.session));
	assert_true(lab_find(&lab, NGHTTP2_DATA, &reply));
	assert_int_equal(reply.flags, END);
	assert_int_equal(h2_session_streams(lab.session), 0);
	/* Time to read the answer: a reset behind it would hide it from some. */
	lab.now_ms = 999;
	lab_frame(&lab, NGHTTP2_DATA, 0, 1, SLICE("still"));
	assert_true(lab_send(&lab));
	assert_false(lab_find(&lab, NGHTTP2_RST_STREAM, &reply));
	assert_int_equal(lab.streams[0].body, 0);
	lab.now_ms = 1000;
	lab_frame(&lab, NGHTTP2_DATA, 0, 1, SLICE("still"));
	assert_true(lab_send(&lab));
	assert_true(lab_find(&lab, NGHTTP2_RST_STREAM, &reply));
	assert_int_equal(lab_code(&reply), NGHTTP2_NO_ERROR);
	lab_fini(&lab);
}

static void a_stream_that_is_finished_before_its_head_is_reset(void **state)
{
	struct lab_reply reply;

	(void)state;
	lab_init(&lab);
	lab.hold = true;
	lab_get(&lab, 1);
	assert_true(lab_send(&lab));
	h2_stream_finish(stream(0), SLICE("x"));
	assert_true(h2_session_flush(lab.session));
	assert_true(lab_find(&lab, NGHTTP2_RST_STREAM, &reply));
	assert_int_equal(lab_code(&reply), NGHTTP2_INTERNAL_ERROR);
	lab_fini(&lab);
}

static void a_want_is_told_once_there_is_room(void **state)
{
	(void)state;
	open_streams(1);
	h2_stream_want(stream(0));
	assert_true(h2_session_is_ready(lab.session));
	assert_true(h2_session_flush(lab.session));
	assert_int_equal(lab.streams[0].writable, 1);
	assert_false(h2_session_is_ready(lab.session));
	lab.room = 5;
	assert_int_equal(send_text(0, SLICE(EVENT)), strlen(EVENT));
	h2_stream_want(stream(0));
	assert_false(h2_session_is_ready(lab.session));
	assert_true(h2_session_flush(lab.session));
	assert_int_equal(lab.streams[0].writable, 1);
	lab.room = SIZE_MAX;
	assert_true(h2_session_flush(lab.session));
	assert_int_equal(lab.streams[0].writable, 2);
	close_lab();
}

static void five_thousand_streams_share_a_connection(void **state)
{
	const uint32_t n = 5000;
	size_t memory;

	(void)state;
	open_streams(n);
	memory = h2_session_memory(lab.session) / n;
	assert_in_range(memory, 1, 900);
	h2_session_cork(lab.session);
	for (size_t i = 0; i < n; i++) {
		if (send_text(i, SLICE("x")) != 1)
			fail_msg("stream %zu is blocked", i);
	}
	assert_true(h2_session_flush(lab.session));
	assert_in_range(lab.sends, 1, 200);
	for (uint32_t i = 0; i < n; i++)
		lab_reset(&lab, 2 * i + 1);
	assert_true(lab_send(&lab));
	assert_int_equal(h2_session_streams(lab.session), 0);
	assert_in_range(h2_session_memory(lab.session), 1, 600000);
	for (size_t i = 0; i < n; i++)
		assert_true(lab.streams[i].gone);
	close_lab();
}

static void one_stream_too_many_is_refused(void **state)
{
	struct lab_reply reply;

	(void)state;
	lab_init_streams(&lab, 2);
	for (uint32_t i = 0; i < 3; i++)
		lab_get(&lab, 2 * i + 1);
	assert_true(lab_send(&lab));
	assert_int_equal(lab.asked, 2);
	assert_true(lab_find(&lab, NGHTTP2_RST_STREAM, &reply));
	assert_int_equal(reply.id, 5);
	assert_int_equal(lab_code(&reply), NGHTTP2_REFUSED_STREAM);
	lab_fini(&lab);
}

static void a_session_that_is_freed_tells_its_owners(void **state)
{
	(void)state;
	open_streams(2);
	h2_stream_reset(stream(1), NGHTTP2_CANCEL);
	h2_session_free(lab.session);
	lab.session = NULL;
	assert_true(lab.streams[0].gone);
	assert_false(lab.streams[1].gone);
	close_lab();
}

static void a_shutdown_lets_open_streams_go_on(void **state)
{
	struct lab_reply reply;

	(void)state;
	open_streams(1);
	h2_session_shutdown(lab.session);
	assert_true(h2_session_flush(lab.session));
	assert_true(lab_find(&lab, NGHTTP2_GOAWAY, &reply));
	assert_int_equal(lab_code(&reply), NGHTTP2_NO_ERROR);
	lab_get(&lab, 3);
	assert_true(lab_send(&lab));
	assert_int_equal(lab.asked, 1);
	assert_int_equal(send_text(0, SLICE(EVENT)), strlen(EVENT));
	h2_stream_finish(stream(0), SLICE("bye"));
	(void)h2_session_flush(lab.session);
	assert_int_equal(lab_data(&lab, 1, &got), 1);
	check_slice("all", buf_slice(&got), SLICE(EVENT "bye"));
	assert_int_equal(h2_session_streams(lab.session), 0);
	close_lab();
}

static void goaway_ends_at_once(void **state)
{
	struct lab_reply reply;

	(void)state;
	open_streams(1);
	h2_session_goaway(lab.session, NGHTTP2_INADEQUATE_SECURITY);
	assert_true(lab_find(&lab, NGHTTP2_GOAWAY, &reply));
	assert_int_equal(lab_code(&reply), NGHTTP2_INADEQUATE_SECURITY);
	assert_int_equal(send_text(0, SLICE(EVENT)), H2_GONE);
	assert_false(h2_session_receive(lab.session, SLICE("x"), 0));
	assert_int_equal(h2_session_end(lab.session), H2_END_NONE);
	close_lab();
}

static void a_connection_that_is_gone_is_told(void **state)
{
	(void)state;
	open_streams(2);
	lab.connection_gone = true;
	assert_int_equal(send_text(0, SLICE(EVENT)), H2_GONE);
	assert_int_equal(send_text(1, SLICE(EVENT)), H2_GONE);
	h2_stream_finish(stream(1), SLICE("x"));
	assert_false(h2_session_flush(lab.session));
	assert_false(h2_session_is_ready(lab.session));
	close_lab();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(event_bytes_are_not_copied),
		cmocka_unit_test(an_answer_within_the_request_waits_for_its_end),
		cmocka_unit_test(a_window_of_nothing_blocks_until_it_opens),
		cmocka_unit_test(the_window_of_the_connection_blocks_all),
		cmocka_unit_test(what_the_connection_cuts_goes_first),
		cmocka_unit_test(a_cork_gathers_the_writes_of_many_streams),
		cmocka_unit_test(a_cork_holds_back_no_more_than_its_maximum),
		cmocka_unit_test(last_words_are_said),
		cmocka_unit_test(too_many_last_words_are_none),
		cmocka_unit_test(a_stream_that_the_peer_reset_is_gone),
		cmocka_unit_test(no_call_comes_from_within_a_send),
		cmocka_unit_test(an_answer_ends_a_request_that_is_not_whole),
		cmocka_unit_test(a_stream_that_is_finished_before_its_head_is_reset),
		cmocka_unit_test(a_want_is_told_once_there_is_room),
		cmocka_unit_test(five_thousand_streams_share_a_connection),
		cmocka_unit_test(one_stream_too_many_is_refused),
		cmocka_unit_test(a_session_that_is_freed_tells_its_owners),
		cmocka_unit_test(a_shutdown_lets_open_streams_go_on),
		cmocka_unit_test(goaway_ends_at_once),
		cmocka_unit_test(a_connection_that_is_gone_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

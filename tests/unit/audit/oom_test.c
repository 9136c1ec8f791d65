/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"
#include "play.h"

#include "../oom.h"

#define ANSWER                                                                                     \
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nLocation: /?t=s3cr3t-token\r\n"     \
	"Transfer-Encoding: chunked\r\n\r\n"                                                       \
	"1e\r\nid: 7\nevent: x\ndata: a\n\n: hello\n\r\n0\r\n\r\n"

static const struct recorder_secrets secrets = {{SLICE_INIT("s3cr3t-token")}, 1};

/* Without memory there is less evidence, or no answer; never a secret, never a crash. */
static void record_with_the_nth_failing(size_t nth, bool *ret_reached)
{
	struct transcript t;

	countdown = nth;
	play(&t, SLICE(ANSWER), 16, 3, false, ENDING_CLOSED, &secrets);
	*ret_reached = disarm();
	for (size_t i = 0; i + 12 <= t.head.len; i++)
		assert_false(slice_starts(slice_from(t.head, i), SLICE("s3cr3t-token")));
	assert_true(t.records || t.record_count == 0);
	assert_true(t.reads || t.read_count == 0);
	assert_true(t.fields || t.field_count == 0);
	assert_true(t.body.ptr || t.body.len == 0);
	arena_free(&t.arena);
}

static void http2_with_the_nth_failing(size_t nth, bool *ret_reached)
{
	struct transcript t = {.status = 0};
	struct recorder r;

	countdown = nth;
	recorder_init(&r, &t, false);
	recorder_field(&r, SLICE("content-type"), SLICE("text/event-stream"));
	recorder_field(&r, SLICE("link"), SLICE("s3cr3t-token"));
	recorder_head(&r, 200, 1);
	recorder_data(&r, SLICE("data: a\n\n"), 2);
	recorder_finish(&r, ENDING_WE_CUT, 3, &secrets);
	*ret_reached = disarm();
	for (size_t i = 0; i < t.field_count; i++)
		assert_false(slice_eq(t.fields[i].value, SLICE("s3cr3t-token")));
	arena_free(&t.arena);
}

/* Read whole, or not at all: never in part as if that were all. */
static void packed_with_the_nth_failing(size_t nth, bool *ret_reached)
{
	struct transcript t = {.status = 0};
	struct recorder r;
	struct buf packed;

	buf_init(&packed, 1024);
	pack(&packed, PACK_GZIP, SLICE("data: a\n\ndata: b\n\n"), 9);
	countdown = nth;
	recorder_init(&r, &t, false);
	recorder_field(&r, SLICE("content-type"), SLICE("text/event-stream"));
	recorder_field(&r, SLICE("content-encoding"), SLICE("gzip"));
	recorder_head(&r, 200, 1);
	recorder_data(&r, buf_slice(&packed), 2);
	recorder_finish(&r, ENDING_WE_CUT, 3, &secrets);
	*ret_reached = disarm();
	if (t.text == TEXT_NO_MEMORY)
		assert_int_equal(t.record_count, 0);
	else
		assert_true(t.text == TEXT_READ);
	arena_free(&t.arena);
	buf_free(&packed);
}

static void unpacking_survives_without_memory(void **state)
{
	(void)state;
	fail_each(packed_with_the_nth_failing);
}

static void recording_survives_without_memory(void **state)
{
	(void)state;
	fail_each(record_with_the_nth_failing);
}

static void recording_http2_survives_without_memory(void **state)
{
	(void)state;
	fail_each(http2_with_the_nth_failing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recording_survives_without_memory),
		cmocka_unit_test(unpacking_survives_without_memory),
		cmocka_unit_test(recording_http2_survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

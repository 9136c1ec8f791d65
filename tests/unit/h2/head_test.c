/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of answers: which lines may be fields, and how they go out. */
#include "lab.h"

#include <string.h>

#define WHOLE NGHTTP2_FLAG_END_HEADERS
#define END   NGHTTP2_FLAG_END_STREAM

static struct lab lab;

static struct h2_stream *stream(size_t i)
{
	return lab.streams[i].stream;
}

static const struct {
	const char *name;
	const char *lines;
	enum err err;
	const char *fields; /* what the peer gets */
} heads[] = {
	{"names go out in lower case", "Content-Type: text/event-stream\r\nX-A: B\r\n", OK,
	 ":status: 200\ncontent-type: text/event-stream\nx-a: B\n"},
	{"no field at all", "", OK, ":status: 200\n"},
	{"an empty value", "X:\r\n", OK, ":status: 200\nx: \n"},
	{"a line without a colon", "X\r\n", E_SYNTAX, NULL},
	{"a line without an end", "X: y", E_SYNTAX, NULL},
	{"a line that ends in LF", "X: y\n", E_SYNTAX, NULL},
	{"an empty line", "X: y\r\n\r\n", E_SYNTAX, NULL},
	{"an empty name", ": y\r\n", E_SYNTAX, NULL},
	{"a space in a name", "X Y: z\r\n", E_SYNTAX, NULL},
	{"LF in a value", "X: y\nz: a\r\n", E_SYNTAX, NULL},
	{"Connection", "Connection: close\r\n", E_BAD_FIELD, NULL},
	{"Keep-Alive", "KEEP-ALIVE: x\r\n", E_BAD_FIELD, NULL},
	{"Transfer-Encoding", "Transfer-Encoding: chunked\r\n", E_BAD_FIELD, NULL},
	{"Upgrade", "Upgrade: h2c\r\n", E_BAD_FIELD, NULL},
	{"Proxy-Connection", "Proxy-Connection: close\r\n", E_BAD_FIELD, NULL},
};

static void heads_are_written(void **state)
{
	struct lab_reply reply;
	struct buf got;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		lab_init(&lab);
		buf_init(&got, 4096);
		lab.hold = true;
		lab_get(&lab, 1);
		assert_true(lab_send(&lab));
		check(heads[i].name, h2_stream_respond(stream(0), 200, slice_of(heads[i].lines),
						       false) == heads[i].err);
		assert_true(h2_session_flush(lab.session));
		bool found = lab_find(&lab, NGHTTP2_HEADERS, &reply);
		check(heads[i].name, found == (heads[i].err == OK));
		if (found) {
			lab_fields(&lab, &reply, &got);
			check_slice(heads[i].name, buf_slice(&got), slice_of(heads[i].fields));
		}
		buf_free(&got);
		lab_fini(&lab);
	}
}

static void too_many_fields_are_no_head(void **state)
{
	struct buf lines;

	(void)state;
	lab_init(&lab);
	buf_init(&lines, 1u << 20);
	lab.hold = true;
	lab_get(&lab, 1);
	assert_true(lab_send(&lab));
	for (size_t i = 0; i < H2_MAX_FIELDS; i++)
		assert_int_equal(buf_append(&lines, SLICE("A: b\r\n")), OK);
	assert_int_equal(buf_append(&lines, SLICE("A: b\r\n")), OK);
	assert_int_equal(h2_stream_respond(stream(0), 200, buf_slice(&lines), false), E_TOO_BIG);
	while (lines.len <= H2_MAX_LINES)
		assert_int_equal(buf_append(&lines, SLICE("A: b\r\n")), OK);
	assert_int_equal(h2_stream_respond(stream(0), 200, buf_slice(&lines), false), E_TOO_BIG);
	lines.len = H2_MAX_FIELDS * 6;
	assert_int_equal(h2_stream_respond(stream(0), 200, buf_slice(&lines), false), OK);
	buf_free(&lines);
	lab_fini(&lab);
}

static void a_head_may_be_all(void **state)
{
	struct lab_reply reply;

	(void)state;
	lab_init(&lab);
	lab.hold = true;
	lab_get(&lab, 1);
	assert_true(lab_send(&lab));
	h2_stream_continue(stream(0));
	assert_int_equal(h2_stream_respond(stream(0), 204, SLICE(""), true), OK);
	h2_stream_finish(stream(0), SLICE_NONE);
	assert_true(h2_session_flush(lab.session));
	assert_true(lab_find(&lab, NGHTTP2_HEADERS, &reply));
	assert_int_equal(reply.flags, WHOLE);
	assert_true(lab_find(&lab, NGHTTP2_HEADERS, &reply));
	assert_int_equal(reply.flags, WHOLE | END);
	assert_int_equal(h2_session_streams(lab.session), 0);
	assert_int_equal(lab.told.len, strlen("GET /? @a.example body=0 fault=no fault\n"));
	lab_fini(&lab);
}

static uint32_t setting_of(struct slice payload, uint16_t id)
{
	const unsigned char *p = (const unsigned char *)payload.ptr;

	for (size_t at = 0; at + 6 <= payload.len; at += 6) {
		if ((p[at] << 8 | p[at + 1]) == id)
			return (uint32_t)p[at + 2] << 24 | (uint32_t)p[at + 3] << 16 |
			       (uint32_t)p[at + 4] << 8 | p[at + 5];
	}
	fail_msg("no setting %u", id);
	return 0;
}

/* Whoever keeps no table sends the same head twice, and asks the peer to do so too. */
static void a_connection_keeps_no_fields_for_later(void **state)
{
	(void)state;
	struct lab_reply settings, first, second;

	lab_init(&lab);
	lab_get(&lab, 1);
	lab_get(&lab, 3);
	assert_true(lab_send(&lab));
	assert_true(lab_find(&lab, NGHTTP2_SETTINGS, &settings));
	assert_int_equal(setting_of(settings.payload, NGHTTP2_SETTINGS_HEADER_TABLE_SIZE), 0);
	assert_true(lab_find(&lab, NGHTTP2_HEADERS, &first));
	assert_true(lab_find(&lab, NGHTTP2_HEADERS, &second));
	assert_int_equal(first.payload.ptr[0], 0x20); /* RFC 7541 6.3: the table's size is 0 */
	assert_true(slice_eq(slice_from(first.payload, 1), second.payload));
	lab_fini(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_written),
		cmocka_unit_test(too_many_fields_are_no_head),
		cmocka_unit_test(a_head_may_be_all),
		cmocka_unit_test(a_connection_keeps_no_fields_for_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

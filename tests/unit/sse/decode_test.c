/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"
#include "transcript.h"

#define BOM      "\xef\xbb\xbf"
#define MAX_TEXT 512

static const struct sse_decoder_limits limits = {.line = 64, .event = 64};

static const struct {
	const char *name;
	struct slice in;
	struct slice out;
} cases[] = {
	{"nothing", SLICE_INIT(""), SLICE_INIT("")},
	{"one line of data", SLICE_INIT("data: a\n\n"), SLICE_INIT("<message|a|>")},
	{"lines of data are joined by LF", SLICE_INIT("data: a\ndata: b\n\n"),
	 SLICE_INIT("<message|a\nb|>")},
	{"CR ends a line", SLICE_INIT("data: a\rdata: b\r\r"), SLICE_INIT("<message|a\nb|>")},
	{"CRLF ends one line", SLICE_INIT("data: a\r\ndata: b\r\n\r\n"),
	 SLICE_INIT("<message|a\nb|>")},
	{"the three line ends mixed", SLICE_INIT("data: a\rdata: b\r\ndata: c\n\r\ndata: d\r\n\n"),
	 SLICE_INIT("<message|a\nb\nc|><message|d|>")},
	{"LF CR is two line ends", SLICE_INIT("data: a\n\rdata: b\n\r"),
	 SLICE_INIT("<message|a|><message|b|>")},
	{"one byte order mark is dropped", SLICE_INIT(BOM "data: a\n\n"),
	 SLICE_INIT("<message|a|>")},
	{"a second byte order mark is part of a name", SLICE_INIT(BOM BOM "data: a\n\ndata: b\n\n"),
	 SLICE_INIT("<message|b|>")},
	{"a byte order mark later is part of a name", SLICE_INIT("\n" BOM "data: a\n\n"),
	 SLICE_INIT("")},
	{"half a byte order mark is part of a name",
	 SLICE_INIT("\xef\xbb"
		    "data: a\n\ndata: b\n\n"),
	 SLICE_INIT("<message|b|>")},
	{"a byte order mark alone on its line", SLICE_INIT(BOM "\ndata: a\n\n"),
	 SLICE_INIT("<message|a|>")},
	{"one leading space goes", SLICE_INIT("data:a\ndata: b\ndata:  c\ndata:\td\n\n"),
	 SLICE_INIT("<message|a\nb\n c\n\td|>")},
	{"a field without a colon has an empty value", SLICE_INIT("data\n\ndata\ndata\n\n"),
	 SLICE_INIT("<message||><message|\n|>")},
	{"an empty value dispatches", SLICE_INIT("data:\n\n"), SLICE_INIT("<message||>")},
	{"no data, no message", SLICE_INIT("event: x\n\ndata: a\n\n"), SLICE_INIT("<message|a|>")},
	{"the type holds for one event", SLICE_INIT("event: x\ndata: a\n\ndata: b\n\n"),
	 SLICE_INIT("<x|a|><message|b|>")},
	{"the last type wins", SLICE_INIT("event: x\nevent: y\ndata: a\n\n"), SLICE_INIT("<y|a|>")},
	{"an empty type is message", SLICE_INIT("event: x\nevent\ndata: a\n\n"),
	 SLICE_INIT("<message|a|>")},
	{"unknown fields are ignored",
	 SLICE_INIT("foo: x\ndata : x\n data: x\nDATA: x\ndata: a\n\n"),
	 SLICE_INIT("<message|a|>")},
	{"a comment", SLICE_INIT(": hi\n:\ndata: a\n:x\n\n"),
	 SLICE_INIT("<: hi><:><:x><message|a|>")},
	{"an id stays for later events", SLICE_INIT("id: 1\ndata: a\n\ndata: b\n\n"),
	 SLICE_INIT("<message|a|1><message|b|1>")},
	{"an empty id resets", SLICE_INIT("id: 1\ndata: a\n\nid\ndata: b\n\ndata: c\n\n"),
	 SLICE_INIT("<message|a|1><message|b|><message|c|>")},
	{"an id with NUL is ignored", SLICE_INIT("id: 1\nid: 2\0\ndata: a\n\n"),
	 SLICE_INIT("<message|a|1>")},
	{"NUL in data is kept", SLICE_INIT("data: a\0b\n\n"), SLICE_INIT("<message|a\0b|>")},
	{"an id alone moves the cursor", SLICE_INIT("id: 7\n\ndata: a\n\n"),
	 SLICE_INIT("<id 7><message|a|7>")},
	{"an empty id alone resets the cursor", SLICE_INIT("id: 7\n\nid:\n\ndata: a\n\n"),
	 SLICE_INIT("<id 7><id ><message|a|>")},
	{"retry of digits", SLICE_INIT("retry: 1000\nretry:03\n"),
	 SLICE_INIT("<retry 1000><retry 3>")},
	{"retry of something else is ignored",
	 SLICE_INIT("retry: 1s\nretry: -1\nretry:\nretry\nretry: 1.5\nretry:  1\n"),
	 SLICE_INIT("")},
	{"retry past 64 bits is ignored", SLICE_INIT("retry: 18446744073709551616\n"),
	 SLICE_INIT("")},
	{"an unterminated block is discarded", SLICE_INIT("data: a\n\nid: 2\ndata: b\n"),
	 SLICE_INIT("<message|a|>")},
	{"an unterminated line is discarded", SLICE_INIT("data: a\n\ndata: b"),
	 SLICE_INIT("<message|a|>")},
	{"many blank lines", SLICE_INIT("\n\n\r\r\n\r\n\ndata: a\n\n\n\n"),
	 SLICE_INIT("<message|a|>")},
	{"bytes that are not UTF-8 are kept", SLICE_INIT("data: \xff\xc0\n\n"),
	 SLICE_INIT("<message|\xff\xc0|>")},
	{"a colon in the value stays", SLICE_INIT("data:a:b\n\n"), SLICE_INIT("<message|a:b|>")},
};

struct run {
	char text[MAX_TEXT];
	struct writer w;
	struct sse_decoder d;
};

static void begin(struct run *run)
{
	writer_init(&run->w, run->text, sizeof(run->text));
	sse_decoder_init(&run->d, transcript_sink(&run->w), limits);
}

static struct slice end(struct run *run)
{
	sse_decoder_fini(&run->d);
	return writer_slice(&run->w);
}

static void cases_hold_in_one_piece(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct run run;

		begin(&run);
		check(cases[i].name, sse_decoder_feed(&run.d, place_at_edge(cases[i].in)) == OK);
		check_slice(cases[i].name, end(&run), cases[i].out);
	}
}

static void cases_hold_cut_at_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t cut = 0; cut <= cases[i].in.len; cut++) {
			struct run run;

			begin(&run);
			(void)sse_decoder_feed(&run.d, slice_upto(cases[i].in, cut));
			(void)sse_decoder_feed(&run.d, slice_from(cases[i].in, cut));
			check_slice(cases[i].name, end(&run), cases[i].out);
		}
	}
}

static void cases_hold_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct run run;

		begin(&run);
		for (size_t at = 0; at < cases[i].in.len; at++)
			(void)sse_decoder_feed(&run.d, (struct slice){cases[i].in.ptr + at, 1});
		check_slice(cases[i].name, end(&run), cases[i].out);
	}
}

static void a_prefix_reports_a_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t len = 0; len < cases[i].in.len; len++) {
			struct run run;

			begin(&run);
			(void)sse_decoder_feed(&run.d, place_at_edge(slice_upto(cases[i].in, len)));
			check(cases[i].name, slice_starts(cases[i].out, end(&run)));
		}
	}
}

static const struct {
	const char *name;
	size_t bytes; /* of data in each line */
	size_t lines;
	enum err err;
} bounds[] = {
	{"a line at its maximum", 58, 1, OK},
	{"a line one byte past it", 59, 1, E_TOO_BIG},
	{"an event at its maximum", 31, 2, OK},
	{"an event one byte past it", 32, 2, E_TOO_BIG},
};

static enum err feed_lines(struct sse_decoder *d, size_t bytes, size_t lines, size_t piece)
{
	char text[256];
	struct writer w;
	enum err err = OK;

	writer_init(&w, text, sizeof(text));
	for (size_t line = 0; line < lines; line++) {
		put(&w, SLICE("data: "));
		for (size_t i = 0; i < bytes + (line > 0); i++)
			put_char(&w, 'x');
		put_char(&w, '\n');
	}
	put_char(&w, '\n');
	for (size_t at = 0; at < w.len && !err; at += piece)
		err = sse_decoder_feed(d, slice_upto(slice_from(writer_slice(&w), at), piece));
	return err;
}

static void bounds_hold_whatever_the_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		for (size_t piece = 1; piece < 200; piece++) {
			struct run run;

			begin(&run);
			enum err err = feed_lines(&run.d, bounds[i].bytes, bounds[i].lines, piece);
			check(bounds[i].name, err == bounds[i].err);
			check(bounds[i].name, (end(&run).len > 0) == (err == OK));
		}
	}
}

static void an_error_lasts_until_restart(void **state)
{
	(void)state;
	struct run run;

	begin(&run);
	assert_int_equal(sse_decoder_feed(&run.d, SLICE("id: 4\n\n")), OK);
	assert_int_equal(feed_lines(&run.d, 59, 1, 200), E_TOO_BIG);
	assert_int_equal(sse_decoder_feed(&run.d, SLICE("\ndata: a\n\n")), E_TOO_BIG);
	sse_decoder_restart(&run.d);
	check_slice("the last id stays", sse_decoder_last_id(&run.d), SLICE("4"));
	assert_int_equal(sse_decoder_feed(&run.d, SLICE(BOM "data: b\n\n")), OK);
	check_slice("after restart", end(&run), SLICE("<id 4><message|b|4>"));
}

static void a_restart_drops_the_open_block(void **state)
{
	(void)state;
	struct run run;

	begin(&run);
	(void)sse_decoder_feed(&run.d, SLICE("id: 1\nevent: x\ndata: a\ndata: b\r"));
	sse_decoder_restart(&run.d);
	check_slice("an id counts from its blank line on", sse_decoder_last_id(&run.d), SLICE(""));
	(void)sse_decoder_feed(&run.d, SLICE("\ndata: c\n\n"));
	check_slice("nothing of the old block", end(&run), SLICE("<message|c|>"));
}

static void a_sink_may_be_empty(void **state)
{
	(void)state;
	struct sse_decoder d;

	sse_decoder_init(&d, (struct sse_sink){0}, limits);
	assert_int_equal(sse_decoder_feed(&d, SLICE(": c\nretry: 1\nid: 1\n\ndata: a\n\n")), OK);
	check_slice("the last id", sse_decoder_last_id(&d), SLICE("1"));
	sse_decoder_fini(&d);
}

static void a_resumed_stream_starts_with_its_id(void **state)
{
	(void)state;
	struct run run;

	begin(&run);
	assert_int_equal(sse_decoder_set_last_id(&run.d, SLICE("41")), OK);
	assert_int_equal(sse_decoder_feed(&run.d, SLICE("data: a\n\nid: 42\n\n")), OK);
	check_slice("resumed", end(&run), SLICE("<message|a|41><id 42>"));
}

static void count_message(void *ctx, const struct sse_message *message)
{
	*(size_t *)ctx += message->data.len;
}

static void a_large_event_does_not_stay_in_memory(void **state)
{
	(void)state;
	static char large[2 * SSE_KEEP];
	struct sse_decoder d;
	size_t bytes = 0;

	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = 'x';
	sse_decoder_init(&d, (struct sse_sink){.ctx = &bytes, .on_message = count_message},
			 (struct sse_decoder_limits){SSE_MAX_LINE, SSE_MAX_EVENT});
	(void)sse_decoder_feed(&d, SLICE("data:"));
	(void)sse_decoder_feed(&d, (struct slice){large, sizeof(large)});
	assert_int_equal(sse_decoder_feed(&d, SLICE("\n\n")), OK);
	assert_int_equal(bytes, sizeof(large));
	assert_true(d.line.cap <= SSE_KEEP && d.data.cap <= SSE_KEEP);
	sse_decoder_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_hold_in_one_piece),
		cmocka_unit_test(cases_hold_cut_at_every_byte),
		cmocka_unit_test(cases_hold_byte_by_byte),
		cmocka_unit_test(a_prefix_reports_a_prefix),
		cmocka_unit_test(bounds_hold_whatever_the_pieces),
		cmocka_unit_test(an_error_lasts_until_restart),
		cmocka_unit_test(a_restart_drops_the_open_block),
		cmocka_unit_test(a_sink_may_be_empty),
		cmocka_unit_test(a_resumed_stream_starts_with_its_id),
		cmocka_unit_test(a_large_event_does_not_stay_in_memory),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}

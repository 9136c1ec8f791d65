/* SPDX-License-Identifier: Apache-2.0 */
#include "pack.h"
#include "play.h"

#include "audit/unpack.h"

#include <stdlib.h>

#define TEXT                                                                                       \
	"retry: 4000\n\nid: 1\ndata: one\n\n: still here\n\nid: 2\nevent: note\ndata: two\n\n"     \
	"id: 2\ndata: \xc3\x28\n\nDATA: three\n\n"
#define MIB (1u << 20)

static const struct recorder_secrets no_secrets = {.count = 0};

static void keep(void *ctx, struct slice text)
{
	assert_int_equal(buf_append(ctx, text), OK);
}

static void count(void *ctx, struct slice text)
{
	*(size_t *)ctx += text.len;
}

/* `packed` in pieces of `n` bytes. */
static enum text unpacked(struct slice coding, struct slice packed, size_t n, struct buf *ret)
{
	struct unpack *u = unpack_new(coding);
	enum text state = TEXT_READ;

	assert_non_null(u);
	buf_reset(ret);
	for (; packed.len > 0; packed = slice_from(packed, n))
		state = unpack_feed(u, slice_upto(packed, n), keep, ret);
	unpack_free(u);
	return state;
}

static const struct {
	const char *name;
	struct slice coding;
	enum wrapping wrapping;
	size_t every;
} forms[] = {
	{"gzip", SLICE_INIT("gzip"), PACK_GZIP, 0},
	{"gzip, flushed often", SLICE_INIT("GZip"), PACK_GZIP, 7},
	{"gzip by its old name", SLICE_INIT("x-gzip"), PACK_GZIP, 40},
	{"deflate", SLICE_INIT("deflate"), PACK_ZLIB, 0},
	{"deflate, flushed often", SLICE_INIT("deflate"), PACK_ZLIB, 7},
	{"deflate without zlib around it", SLICE_INIT("Deflate"), PACK_RAW, 0},
	{"bare deflate, flushed often", SLICE_INIT("deflate"), PACK_RAW, 7},
};

static void each_form_unpacks_whole_and_in_pieces(void **state)
{
	struct buf packed, text;

	(void)state;
	buf_init(&packed, MIB);
	buf_init(&text, MIB);
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		const char *name = forms[i].name;

		buf_reset(&packed);
		pack(&packed, forms[i].wrapping, SLICE(TEXT), forms[i].every);
		check(name, unpack_knows(forms[i].coding));
		for (size_t n = 1; n <= packed.len; n++) {
			check(name,
			      unpacked(forms[i].coding, buf_slice(&packed), n, &text) == TEXT_READ);
			check_slice(name, buf_slice(&text), SLICE(TEXT));
		}
	}
	buf_free(&packed);
	buf_free(&text);
}

/* What was flushed is there with its last byte, and nothing is ever made up. */
static void every_prefix_is_a_prefix_of_the_text(void **state)
{
	struct buf packed, text;

	(void)state;
	buf_init(&packed, MIB);
	buf_init(&text, MIB);
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		size_t longest = 0;

		buf_reset(&packed);
		pack(&packed, forms[i].wrapping, SLICE(TEXT), forms[i].every);
		for (size_t n = 0; n <= packed.len; n++) {
			struct slice part = slice_upto(buf_slice(&packed), n);

			check(forms[i].name,
			      unpacked(forms[i].coding, part, 3, &text) == TEXT_READ);
			check(forms[i].name, slice_starts(SLICE(TEXT), buf_slice(&text)));
			check(forms[i].name, text.len >= longest);
			longest = text.len;
		}
		check(forms[i].name, longest == sizeof(TEXT) - 1);
	}
	buf_free(&packed);
	buf_free(&text);
}

static void members_of_gzip_are_one_text(void **state)
{
	struct buf packed, text;

	(void)state;
	buf_init(&packed, MIB);
	buf_init(&text, MIB);
	pack(&packed, PACK_GZIP, SLICE("data: one\n\n"), 0);
	pack(&packed, PACK_GZIP, SLICE(""), 0);
	pack(&packed, PACK_GZIP, SLICE("data: two\n\n"), 0);
	for (size_t n = 1; n <= packed.len; n++) {
		assert_int_equal(unpacked(SLICE("gzip"), buf_slice(&packed), n, &text), TEXT_READ);
		check_slice("members", buf_slice(&text), SLICE("data: one\n\ndata: two\n\n"));
	}
	buf_free(&packed);
	buf_free(&text);
}

static const struct {
	const char *name;
	struct slice coding;
	struct slice bytes;
} broken[] = {
	{"text that calls itself gzip", SLICE_INIT("gzip"), SLICE_INIT("data: a\n\n")},
	{"text that calls itself deflate", SLICE_INIT("deflate"), SLICE_INIT("data: a\n\n")},
	{"a method that gzip has not", SLICE_INIT("gzip"),
	 SLICE_INIT("\x1f\x8b\x07\0\0\0\0\0\0\3")},
	{"a window that is too large", SLICE_INIT("deflate"), SLICE_INIT("\x88\x1c\x03\0\0\0\0\1")},
	{"a dictionary that nobody has", SLICE_INIT("deflate"),
	 SLICE_INIT("\x78\xbb\0\0\0\1\x03\0")},
	{"a wrong sum behind the text", SLICE_INIT("deflate"),
	 SLICE_INIT("\x78\x9c\x03\0\0\0\0\2")},
	{"bytes behind the end", SLICE_INIT("deflate"), SLICE_INIT("\x78\x9c\x03\0\0\0\0\1x")},
	{"no gzip behind the end of gzip", SLICE_INIT("gzip"),
	 SLICE_INIT("\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0\0\0")},
};

static void what_is_in_no_coding_is_broken_for_good(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, MIB);
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct unpack *u = unpack_new(broken[i].coding);

		for (size_t n = 1; n <= broken[i].bytes.len; n++)
			check(broken[i].name,
			      unpacked(broken[i].coding, broken[i].bytes, n, &text) == TEXT_BROKEN);
		assert_non_null(u);
		(void)unpack_feed(u, broken[i].bytes, keep, &text);
		buf_reset(&text);
		check(broken[i].name, unpack_feed(u, broken[i].bytes, keep, &text) == TEXT_BROKEN);
		check(broken[i].name, text.len == 0);
		unpack_free(u);
	}
	buf_free(&text);
}

static void what_it_does_not_know(void **state)
{
	(void)state;
	assert_false(unpack_knows(SLICE("br")));
	assert_false(unpack_knows(SLICE("zstd")));
	assert_false(unpack_knows(SLICE("gzip, gzip")));
	assert_false(unpack_knows(SLICE("")));
	assert_false(unpack_knows(SLICE_NONE));
	unpack_free(NULL);
}

/* `len` zeros, about a thousand to a byte. */
static enum text unpacked_zeros(size_t len, size_t *ret_given)
{
	struct slice zeros = {calloc(1, len), len};
	struct unpack *u = unpack_new(SLICE("gzip"));
	enum text state;
	struct buf packed;

	assert_non_null(zeros.ptr);
	assert_non_null(u);
	buf_init(&packed, MIB);
	pack(&packed, PACK_GZIP, zeros, 0);
	*ret_given = 0;
	state = unpack_feed(u, buf_slice(&packed), count, ret_given);
	/* And nothing more. */
	if (state != TEXT_READ)
		assert_int_equal(unpack_feed(u, buf_slice(&packed), count, ret_given), state);
	buf_free(&packed);
	unpack_free(u);
	free((void *)(uintptr_t)zeros.ptr);
	return state;
}

static void a_bomb_ends_at_the_maximum(void **state)
{
	size_t given;

	(void)state;
	assert_int_equal(unpacked_zeros(UNPACK_MAX - 1, &given), TEXT_READ);
	assert_int_equal(given, UNPACK_MAX - 1);
	assert_int_equal(unpacked_zeros(UNPACK_MAX, &given), TEXT_TOO_LONG);
	assert_int_equal(given, UNPACK_MAX);
	assert_int_equal(unpacked_zeros(4 * UNPACK_MAX, &given), TEXT_TOO_LONG);
	assert_int_equal(given, UNPACK_MAX);
}

/* In the recorder. */

static void answer(struct buf *out, const char *coding, enum wrapping wrapping, size_t every)
{
	buf_reset(out);
	assert_int_equal(buf_append(out, SLICE("HTTP/1.1 200 OK\r\nContent-Type: "
					       "text/event-stream\r\nContent-Encoding: ")),
			 OK);
	assert_int_equal(buf_append(out, slice_of(coding)), OK);
	assert_int_equal(buf_append(out, SLICE("\r\n\r\n")), OK);
	pack(out, wrapping, SLICE(TEXT), every);
}

static void a_packed_stream_is_read_like_a_plain_one(void **state)
{
	struct transcript plain, packed;
	struct buf in;

	(void)state;
	buf_init(&in, MIB);
	play(&plain, SLICE("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" TEXT),
	     SIZE_MAX, 0, false, ENDING_CLOSED, &no_secrets);
	for (size_t every = 0; every < 30; every += 7) {
		answer(&in, every % 2 ? "gzip" : "deflate", every % 2 ? PACK_GZIP : PACK_RAW,
		       every);
		play(&packed, buf_slice(&in), 5, every, false, ENDING_CLOSED, &no_secrets);
		assert_int_equal(packed.text, TEXT_READ);
		assert_true(same_records(&plain, &packed));
		assert_true(same_grammar(&plain, &packed));
		check_slice("body", packed.body, SLICE(TEXT));
		assert_int_equal(packed.body_len, in.len - packed.head.len);
		arena_free(&packed.arena);
		for (size_t n = 0; n <= in.len; n++)
			assert_true(pieces_do_not_matter(slice_upto(buf_slice(&in), n), n));
	}
	assert_int_equal(plain.grammar[GRAMMAR_BAD_UTF8].count, 1);
	arena_free(&plain.arena);
	buf_free(&in);
}

/* An event that was flushed has the time of its last packed byte. */
static void packed_events_have_their_times(void **state)
{
	struct transcript t = {.status = 0};
	struct recorder r;
	struct buf packed;

	(void)state;
	buf_init(&packed, MIB);
	pack(&packed, PACK_GZIP, SLICE("data: a\n\ndata: b\n\n"), 9);
	recorder_init(&r, &t, false);
	recorder_field(&r, SLICE("content-type"), SLICE("text/event-stream"));
	recorder_field(&r, SLICE("content-encoding"), SLICE("gzip"));
	recorder_head(&r, 200, 1);
	for (size_t i = 0; i < packed.len; i++)
		recorder_data(&r, slice_upto(slice_from(buf_slice(&packed), i), 1), 2 + i);
	recorder_finish(&r, ENDING_WE_CUT, 999, &no_secrets);
	assert_int_equal(transcript_count(&t, RECORD_EVENT), 2);
	assert_true(t.records[0].t_ns < t.records[1].t_ns);
	assert_int_equal(t.read_count, packed.len);
	assert_int_equal(t.reads[t.records[0].read].t_ns, t.records[0].t_ns);
	arena_free(&t.arena);
	buf_free(&packed);
}

static void a_secret_is_found_in_packed_text(void **state)
{
	static const struct recorder_secrets secrets = {{SLICE_INIT("still here")}, 1};
	struct transcript t;
	struct buf in;

	(void)state;
	buf_init(&in, MIB);
	answer(&in, "gzip", PACK_GZIP, 0);
	play(&t, buf_slice(&in), SIZE_MAX, 0, false, ENDING_CLOSED, &secrets);
	assert_int_equal(t.leaks, LEAK_BODY);
	assert_false(slice_starts(slice_from(t.body, 32), SLICE(": still")));
	arena_free(&t.arena);
	buf_free(&in);
}

/* What came out of it before is not held against the server. */
static void a_stream_that_breaks_off_its_coding_leaves_nothing(void **state)
{
	struct transcript t;
	struct buf in;

	(void)state;
	buf_init(&in, MIB);
	answer(&in, "deflate", PACK_ZLIB, 9);
	assert_int_equal(buf_append(&in, SLICE("data: plain\n\n")), OK);
	play(&t, buf_slice(&in), 4, 1, false, ENDING_CLOSED, &no_secrets);
	assert_int_equal(t.text, TEXT_BROKEN);
	assert_int_equal(t.record_count, 0);
	assert_int_equal(t.body.len, 0);
	for (size_t i = 0; i < GRAMMAR_COUNT; i++)
		assert_int_equal(t.grammar[i].count, 0);
	assert_true(t.body_len > 0);
	arena_free(&t.arena);
	buf_free(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_unpacks_whole_and_in_pieces),
		cmocka_unit_test(every_prefix_is_a_prefix_of_the_text),
		cmocka_unit_test(members_of_gzip_are_one_text),
		cmocka_unit_test(what_is_in_no_coding_is_broken_for_good),
		cmocka_unit_test(what_it_does_not_know),
		cmocka_unit_test(a_bomb_ends_at_the_maximum),
		cmocka_unit_test(a_packed_stream_is_read_like_a_plain_one),
		cmocka_unit_test(packed_events_have_their_times),
		cmocka_unit_test(a_secret_is_found_in_packed_text),
		cmocka_unit_test(a_stream_that_breaks_off_its_coding_leaves_nothing),
	};

	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}

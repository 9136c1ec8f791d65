/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that ends at any point costs the stream or the session, never more. */
#include "../oom.h"

#include "h2/session.h"

#include <string.h>

#include <nghttp2/nghttp2.h>

/* Where no mapping is left, the heap takes its place. */
void *__real_pages_take(size_t size);
void *__wrap_pages_take(size_t size);

void *__wrap_pages_take(size_t size)
{
	return fails_now() ? NULL : __real_pages_take(size);
}

struct host {
	struct h2_stream *streams[4];
	size_t asked;
};

static void *on_request(void *ctx, struct h2_stream *stream, const struct http_request *req,
			enum http_fault fault, bool ended)
{
	struct host *host = ctx;

	(void)req;
	(void)fault;
	(void)ended;
	assert_true(host->asked < COUNT_OF(host->streams));
	host->streams[host->asked] = stream;
	return &host->streams[host->asked++];
}

static void on_body(void *ctx, void *owner, struct slice data)
{
	struct h2_stream **stream = owner;

	(void)ctx;
	h2_stream_consume(*stream, data.len);
}

static void on_nothing(void *ctx, void *owner)
{
	(void)ctx;
	(void)owner;
}

static void on_gone(void *ctx, void *owner)
{
	struct h2_stream **stream = owner;

	(void)ctx;
	*stream = NULL;
}

/* Takes little at a time, so that rests are kept. */
static ptrdiff_t on_send(void *ctx, const struct slice *parts, size_t n)
{
	(void)ctx;
	(void)n;
	return parts[0].len > 7 ? 7 : (ptrdiff_t)parts[0].len;
}

/* Preface, SETTINGS, and two requests: a POST with crumbs of a cookie and a body, and a GET. */
#define INPUT                                                                                      \
	H2_PREFACE "\0\0\0\4\0\0\0\0\0"                                                            \
		   "\0\0\x1a\1\4\0\0\0\1"                                                          \
		   "\x83\x86\x84\x41\1a\x60\3a=b\x60\3c=d\x00\1x\1y\x00\1z\1w"                     \
		   "\0\0\5\0\1\0\0\0\1"                                                            \
		   "12345"                                                                         \
		   "\0\0\6\1\5\0\0\0\3"                                                            \
		   "\x82\x86\x84\x41\1a"

static void answer(struct host *host, struct h2_session *s)
{
	const struct slice event = SLICE("data: an event that is longer than the connection\n\n");

	h2_session_cork(s);
	for (size_t i = 0; i < host->asked; i++) {
		struct h2_stream *stream = host->streams[i];

		if (!stream)
			continue;
		if (h2_stream_respond(stream, 200, SLICE("Content-Type: a/b\r\n"), false) != OK) {
			h2_stream_reset(stream, NGHTTP2_INTERNAL_ERROR);
			host->streams[i] = NULL;
		} else if (h2_stream_send(stream, &event, 1) == H2_GONE) {
			host->streams[i] = NULL;
		}
	}
	(void)h2_session_flush(s);
	for (size_t i = 0; i < host->asked; i++) {
		if (host->streams[i])
			h2_stream_finish(host->streams[i], SLICE("last words\n"));
		host->streams[i] = NULL;
	}
}

static void a_life(size_t nth, bool *ret_reached)
{
	struct host host = {0};
	const struct h2_config config = {
		100,
		{&host, on_request, on_body, on_nothing, on_nothing, on_gone, on_send},
	};

	countdown = nth;
	struct h2_session *s = h2_session_new(&config, 0);
	if (s) {
		bool goes_on = h2_session_receive(s, SLICE(INPUT), 0) && h2_session_flush(s);

		answer(&host, s);
		for (size_t i = 0; i < 100 && goes_on; i++)
			goes_on = h2_session_flush(s);
		*ret_reached = disarm();
		if (!*ret_reached)
			assert_true(goes_on && host.asked == 2);
		if (!*ret_reached)
			assert_int_equal(h2_session_streams(s), 0);
		h2_session_free(s);
	} else {
		*ret_reached = disarm();
		assert_true(*ret_reached);
	}
}

static void memory_that_ends_ends_no_more_than_the_session(void **state)
{
	(void)state;
	fail_each(a_life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_ends_ends_no_more_than_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

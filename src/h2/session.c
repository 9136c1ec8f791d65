/* SPDX-License-Identifier: Apache-2.0 */
#include "base/require.h"
#include "h2/state.h"

#include <stdlib.h>

/*
 * Bytes of each HPACK table. None: a connection opens few streams and lives for hours, in which a
 * table would hold some KiB for heads that are never sent again.
 */
#define HEADER_TABLE 0u
#define MAX_SETTINGS 16u /* entries of one SETTINGS frame: each may touch all streams */
/* CONTINUATION frames of one head: the library counts a frame head that comes in pieces again. */
#define MAX_CONTINUATIONS 360u
#define LINGER_MS         1000u /* between an answer and the reset of a request that is not whole */
#define MAX_ACKS          256u  /* of SETTINGS and PING that wait */
#define MAX_WAITING       512u  /* frames of ours that wait, besides one for each stream */
#define MEMORY_BASE       (512u << 10) /* bytes that nghttp2 may hold */
#define MEMORY_STREAM     4096u        /* and for each stream */
#define LIBRARY_RESETS    16384u       /* RST_STREAM frames at once: our own budget is first */
#define LIBRARY_RESETS_S  4096u        /* and a second */

struct slice h2_end_word(enum h2_end end)
{
	switch (end) {
	case H2_END_NONE:
	case H2_END_COUNT:
		break;
	case H2_END_PROTOCOL:
		return SLICE("protocol");
	case H2_END_MEMORY:
		return SLICE("memory");
	case H2_END_UNREAD:
		return SLICE("unread");
#define X(name, word, burst, rate, help)                                                           \
	case H2_END_##name:                                                                        \
		return SLICE(word);
#include "h2/budget.def"
#undef X
	}
	return SLICE("none");
}

void h2_fail(struct h2_session *s, enum h2_end why)
{
	if (!s->end)
		s->end = why;
}

void h2_fail_code(struct h2_session *s, int code)
{
	switch (code) {
	case NGHTTP2_ERR_NOMEM:
		h2_fail(s, H2_END_MEMORY);
		break;
	case NGHTTP2_ERR_FLOODED:
		h2_fail(s, H2_END_UNREAD);
		break;
	default:
		h2_fail(s, H2_END_PROTOCOL);
		break;
	}
}

static void pump_into(struct h2_session *s)
{
	while (!s->dead && !h2_output_is_blocked(&s->out)) {
		const uint8_t *bytes;
		ssize_t n = nghttp2_session_mem_send(s->ng, &bytes);

		if (n < 0) {
			s->dead = true;
			h2_fail_code(s, (int)n);
		}
		if (n <= 0)
			return;
		h2_output_copy(&s->out, (struct slice){(const char *)bytes, (size_t)n});
	}
}

void h2_pump(struct h2_session *s)
{
	struct h2_gather gather;

	if (s->inside)
		return;
	s->inside = true;
	h2_output_begin(&s->out, &gather);
	pump_into(s);
	if (!s->out.corked)
		h2_output_flush(&s->out);
	s->inside = false;
}

static nghttp2_session_callbacks *new_callbacks(void)
{
	nghttp2_session_callbacks *callbacks;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return NULL;
	h2_receive_callbacks(callbacks);
	nghttp2_session_callbacks_set_send_data_callback(callbacks, h2_send_data);
	return callbacks;
}

/* Second bounds, behind our own; and those that only the library can keep. */
static nghttp2_option *new_options(void)
{
	nghttp2_option *options;

	if (nghttp2_option_new(&options) != 0)
		return NULL;
	nghttp2_option_set_no_auto_window_update(options, 1);
	nghttp2_option_set_no_closed_streams(options, 1);
	nghttp2_option_set_max_deflate_dynamic_table_size(options, HEADER_TABLE);
	nghttp2_option_set_max_outbound_ack(options, MAX_ACKS);
	nghttp2_option_set_max_settings(options, MAX_SETTINGS);
#ifdef H2_HAS_STREAM_RESET_RATE_LIMIT
	nghttp2_option_set_stream_reset_rate_limit(options, LIBRARY_RESETS, LIBRARY_RESETS_S);
#endif
#ifdef H2_HAS_MAX_CONTINUATIONS
	nghttp2_option_set_max_continuations(options, MAX_CONTINUATIONS);
#endif
	return options;
}

static bool submit_settings(struct h2_session *s)
{
	/* Extended CONNECT is not offered; a request with :protocol is then malformed (RFC 8441).
	 */
	const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, s->max_streams},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_STREAM_WINDOW},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_MAX_HEAD},
		{NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, HEADER_TABLE},
		/* No tree of priorities that a peer can make us keep (RFC 9218 2.1). */
		{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
	};

	return nghttp2_submit_settings(s->ng, NGHTTP2_FLAG_NONE, settings,
				       sizeof(settings) / sizeof(settings[0])) == 0;
}

/* False: no memory. */
static bool start(struct h2_session *s)
{
	nghttp2_session_callbacks *callbacks = new_callbacks();
	nghttp2_option *options = new_options();
	nghttp2_mem memory = h2_memory_functions(&s->memory);
	bool made = callbacks && options &&
		    nghttp2_session_server_new3(&s->ng, callbacks, s, options, &memory) == 0;

	nghttp2_session_callbacks_del(callbacks);
	nghttp2_option_del(options);
	return made && submit_settings(s);
}

struct h2_session *h2_session_new(const struct h2_config *config, uint64_t now_ms)
{
	struct h2_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->events = config->events;
	s->max_streams = config->max_streams;
	s->now_ms = now_ms;
	h2_memory_init(&s->memory, MEMORY_BASE + (size_t)MEMORY_STREAM * config->max_streams);
	list_init(&s->streams);
	list_init(&s->ready);
	list_init(&s->departed);
	list_init(&s->lingering);
	h2_meter_init(&s->meter, now_ms);
	h2_output_init(&s->out, config->events.send, config->events.ctx);
	if (!start(s)) {
		h2_session_free(s);
		return NULL;
	}
	return s;
}

static void free_streams(struct h2_session *s)
{
	while (!list_is_empty(&s->streams)) {
		struct h2_stream *stream = container_of(s->streams.next, struct h2_stream, all);
		void *owner = stream->owner;

		stream->closed = true;
		stream->owner = NULL;
		if (owner)
			s->events.gone(s->events.ctx, owner);
		h2_stream_free(stream);
	}
}

void h2_session_free(struct h2_session *s)
{
	if (!s)
		return;
	require(!s->inside);
	s->dead = true;
	free_streams(s);
	h2_head_free(s->head);
	if (!s->memory.failed)
		nghttp2_session_del(s->ng);
	h2_memory_free(&s->memory);
	h2_output_fini(&s->out);
	free(s);
}

/* Too many frames of ours wait for a peer that provokes and does not read. */
static bool is_unread(const struct h2_session *s)
{
	return h2_output_is_blocked(&s->out) &&
	       nghttp2_session_get_outbound_queue_size(s->ng) > MAX_WAITING + s->max_streams;
}

static uint32_t error_code(enum h2_end end)
{
	if (end == H2_END_PROTOCOL)
		return NGHTTP2_PROTOCOL_ERROR;
	return end == H2_END_MEMORY ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM;
}

/* False where the session is over; GOAWAY is then out, or stands behind what is blocked. */
static bool settle(struct h2_session *s)
{
	if (!s->dead && is_unread(s))
		h2_fail(s, H2_END_UNREAD);
	if (s->memory.failed)
		h2_fail(s, H2_END_MEMORY);
	if (s->end && !s->terminated)
		h2_session_goaway(s, error_code(s->end));
	return !s->end && !s->terminated && !s->dead && !s->out.gone;
}

/*
 * The rest of a request that is answered is not wanted (RFC 9113 8.1), and its window stays shut.
 * But clients in wide use lose an answer that a reset follows at once: they get time to read it.
 */
static void end_lingering(struct h2_session *s)
{
	while (!list_is_empty(&s->lingering)) {
		struct h2_stream *stream =
			container_of(s->lingering.next, struct h2_stream, linger);

		if (s->now_ms - stream->linger_ms < LINGER_MS)
			return;
		list_remove(&stream->linger);
		if (nghttp2_submit_rst_stream(s->ng, NGHTTP2_FLAG_NONE, stream->id,
					      NGHTTP2_NO_ERROR) != 0)
			h2_fail(s, H2_END_MEMORY);
	}
}

bool h2_session_receive(struct h2_session *s, struct slice bytes, uint64_t now_ms)
{
	enum h2_end exceeded = H2_END_NONE;

	require(!s->inside);
	s->now_ms = now_ms;
	if (s->end || s->terminated || s->dead)
		return false;
	end_lingering(s);
	bytes = slice_upto(bytes, h2_meter_walk(&s->meter, bytes, now_ms, &exceeded));
	s->inside = true;
	s->receiving = true;
	ssize_t n = nghttp2_session_mem_recv(s->ng, (const uint8_t *)bytes.ptr, bytes.len);
	s->receiving = false;
	s->inside = false;
	if (n < 0)
		h2_fail_code(s, (int)n);
	else if (exceeded)
		h2_fail(s, exceeded);
	h2_pump(s);
	return settle(s);
}

enum h2_end h2_session_end(const struct h2_session *s)
{
	return s->end;
}

static struct h2_stream *first_waiting(const struct list *list)
{
	return container_of(list->next, struct h2_stream, wait);
}

static void tell_departed(struct h2_session *s)
{
	while (!list_is_empty(&s->departed)) {
		struct h2_stream *stream = first_waiting(&s->departed);
		void *owner = stream->owner;

		stream->owner = NULL;
		h2_stream_free(stream);
		if (owner)
			s->events.gone(s->events.ctx, owner);
	}
}

/* Those that wait now; who waits again is told by the next flush. */
static void tell_ready(struct h2_session *s)
{
	struct list now;

	list_init(&now);
	while (!list_is_empty(&s->ready)) {
		struct h2_stream *stream = first_waiting(&s->ready);

		list_remove(&stream->wait);
		list_append(&now, &stream->wait);
	}
	while (!list_is_empty(&now)) {
		struct h2_stream *stream = first_waiting(&now);

		list_remove(&stream->wait);
		if (stream->owner)
			s->events.writable(s->events.ctx, stream->owner);
	}
}

bool h2_session_flush(struct h2_session *s)
{
	require(!s->inside);
	h2_output_flush(&s->out);
	h2_output_rest(&s->out);
	h2_pump(s);
	tell_departed(s);
	if (!s->end && !s->terminated)
		tell_ready(s);
	return settle(s);
}

bool h2_session_is_ready(const struct h2_session *s)
{
	if (s->dead || h2_output_is_blocked(&s->out))
		return false;
	return !list_is_empty(&s->ready) || !list_is_empty(&s->departed) || s->out.gather ||
	       nghttp2_session_want_write(s->ng);
}

bool h2_session_is_blocked(const struct h2_session *s)
{
	return h2_output_is_blocked(&s->out);
}

void h2_session_cork(struct h2_session *s)
{
	require(!s->inside);
	h2_output_cork(&s->out);
}

size_t h2_session_streams(const struct h2_session *s)
{
	return s->stream_count;
}

void h2_session_shutdown(struct h2_session *s)
{
	if (s->end || s->terminated || s->dead)
		return;
	int32_t last = nghttp2_session_get_last_proc_stream_id(s->ng);
	if (nghttp2_submit_goaway(s->ng, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0) != 0)
		h2_fail(s, H2_END_MEMORY);
}

void h2_session_goaway(struct h2_session *s, uint32_t error)
{
	if (s->terminated || s->dead)
		return;
	s->terminated = true;
	if (nghttp2_session_terminate_session(s->ng, error) != 0)
		s->dead = true;
	h2_pump(s);
}

size_t h2_session_memory(const struct h2_session *s)
{
	size_t streams = 0;

	for (const struct list *at = s->streams.next; at != &s->streams; at = at->next)
		streams += sizeof(struct h2_stream);
	return sizeof(*s) + s->memory.used + s->last_bytes + s->out.rest.cap + streams +
	       (s->head ? sizeof(*s->head) + s->head->cookie.cap : 0) +
	       (s->out.corked ? sizeof(*s->out.gather) : 0);
}

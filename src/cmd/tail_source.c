/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/tail_source.h"

#include "cmd/answer.h"
#include "http/chars.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NOTE_MAX 4096 /* bytes of a note: what a server says, each byte made visible, and ours */

enum phase {
	WAITING, /* until due_ms */
	BUSY,    /* an exchange is under way */
	OVER,
};

enum answer {
	ANSWER_NONE, /* no head yet */
	ANSWER_STREAM,
	ANSWER_MOVED,
	ANSWER_EMPTY, /* 204: the server wants no more tries */
	ANSWER_REFUSED,
};

static void note(const struct tail_source *s, enum tail_note kind, struct slice text)
{
	const struct tail_watcher *watcher = &s->reader.watcher;

	watcher->on_note(watcher->ctx, kind, s->reader.label, text);
}

static void end(struct tail_source *s)
{
	client_fini(&s->client);
	s->phase = OVER;
}

static void give_up(struct tail_source *s, struct slice why)
{
	note(s, TAIL_REFUSED, why);
	s->failed = true;
	end(s);
}

/* ---- the sink of the exchange ---- */

static bool is_event_stream(const struct http_response *res)
{
	struct slice type = http_response_get(res, SLICE("Content-Type"));

	return slice_eq_nocase(slice_trim(slice_cut(&type, ';')), SLICE("text/event-stream"));
}

static bool is_redirect(const struct http_response *res)
{
	return (res->status == 301 || res->status == 302 || res->status == 303 ||
		res->status == 307 || res->status == 308) &&
	       http_response_get(res, SLICE("Location")).len > 0;
}

static enum answer judge(const struct http_response *res)
{
	if (res->status == 200 && is_event_stream(res))
		return ANSWER_STREAM;
	if (res->status == 204)
		return ANSWER_EMPTY;
	return is_redirect(res) ? ANSWER_MOVED : ANSWER_REFUSED;
}

static void set_origin(struct tail_source *s)
{
	struct writer w;

	writer_init(&w, s->origin_text, sizeof(s->origin_text));
	location_put_origin(&w, &s->at);
	s->reader.origin = writer_slice(&w);
}

static void open_stream(struct tail_source *s)
{
	set_origin(s);
	s->opened = true;
	s->failures = 0;
	note(s, TAIL_STATE, SLICE("connected"));
}

/* On failure the answer is what it would be without Location: final. */
static void follow(struct tail_source *s, struct slice location)
{
	char text[LOCATION_MAX];
	struct url url;
	struct writer w;

	writer_init(&w, text, sizeof(text));
	if (location_resolve(&w, &s->at, location)) {
		s->answer = ANSWER_REFUSED;
		return;
	}
	memcpy(s->at_text, text, w.len);
	if (url_parse((struct slice){s->at_text, w.len}, &url)) {
		s->answer = ANSWER_REFUSED;
		return;
	}
	s->at = url;
	s->crossed = s->crossed || !location_same_origin(&s->first, &s->at);
}

/* A wrong type says more than the page that came with it. */
static bool open_refusal(struct tail_source *s, const struct http_response *res)
{
	buf_reset(&s->refusal);
	if (res->status != 200)
		return true;
	(void)buf_append(&s->refusal, http_response_get(res, SLICE("Content-Type")));
	return false;
}

static bool on_head(void *ctx, const struct http_response *res)
{
	struct tail_source *s = ctx;

	s->status = res->status;
	s->answer = (int)judge(res);
	if (s->answer == ANSWER_MOVED)
		follow(s, http_response_get(res, SLICE("Location")));
	if (s->answer == ANSWER_REFUSED)
		return open_refusal(s, res);
	if (s->answer == ANSWER_STREAM)
		open_stream(s);
	return s->answer == ANSWER_STREAM;
}

static bool on_body(void *ctx, struct slice piece)
{
	struct tail_source *s = ctx;

	if (s->answer == ANSWER_STREAM)
		return sse_decoder_feed(&s->reader.decoder, piece) == OK;
	piece = slice_upto(piece, TAIL_MAX_REFUSAL - s->refusal.len);
	return buf_append(&s->refusal, piece) == OK && s->refusal.len < TAIL_MAX_REFUSAL;
}

/* ---- the request ---- */

static void put_unless_given(struct writer *w, const struct tail_source *s, struct slice name,
			     struct slice value)
{
	if (s->crossed || !headers_has(&s->settings->headers, name))
		client_put_field(w, name, value);
}

static void put_request(struct writer *w, const struct tail_source *s)
{
	struct slice id = sse_decoder_last_id(&s->reader.decoder);

	client_put_head(w, SLICE("GET"), &s->at);
	put_unless_given(w, s, SLICE("Accept"), SLICE("text/event-stream"));
	put_unless_given(w, s, SLICE("Cache-Control"), SLICE("no-cache"));
	/* An id with controls cannot be sent: then the stream starts where it is. */
	if (id.len > 0 && text_run(id) == id.len)
		client_put_field(w, SLICE("Last-Event-ID"), id);
	if (s->settings->origin.len > 0)
		client_put_field(w, SLICE("Origin"), s->settings->origin);
	if (!s->crossed)
		headers_put(&s->settings->headers, w);
	put(w, SLICE("\r\n"));
}

static void send_request(struct tail_source *s, uint64_t now_ms)
{
	struct writer w;

	writer_init(&w, s->request.ptr, s->request.cap);
	put_request(&w, s);
	if (w.overflow) {
		give_up(s, SLICE("the request is too large"));
		return;
	}
	sse_decoder_restart(&s->reader.decoder);
	s->answer = ANSWER_NONE;
	s->due_ms = UINT64_MAX;
	s->phase = BUSY;
	client_start(&s->client, &s->at, writer_slice(&w), now_ms);
}

static void begin_try(struct tail_source *s, uint64_t now_ms)
{
	s->at = s->first;
	s->redirects = 0;
	s->crossed = false;
	send_request(s, now_ms);
}

/* ---- what follows an exchange ---- */

uint64_t tail_delay_ms(uint64_t retry_ms, unsigned failures, struct rng *rng)
{
	uint64_t delay = retry_ms < TAIL_MIN_RETRY_MS ? TAIL_MIN_RETRY_MS : retry_ms;

	for (unsigned i = 1; i < failures && delay < TAIL_MAX_RETRY_MS; i++)
		delay *= 2;
	if (failures > 0 && delay < TAIL_MAX_RETRY_MS)
		delay = rng_jitter(rng, delay, 25);
	return delay < TAIL_MAX_RETRY_MS ? delay : TAIL_MAX_RETRY_MS;
}

static void try_later(struct tail_source *s, struct slice why, uint64_t now_ms)
{
	char text[NOTE_MAX];

	client_fini(&s->client);
	uint64_t delay = tail_delay_ms(s->reader.retry_ms, s->failures, &s->rng);
	s->due_ms = now_ms + delay;
	s->phase = WAITING;
	int n = snprintf(text, sizeof(text), "reconnecting in %" PRIu64 ".%" PRIu64 " s (%.*s)",
			 delay / 1000, delay % 1000 / 100, SLICE_ARG(why));
	note(s, TAIL_STATE, slice_upto((struct slice){text, sizeof(text) - 1}, (size_t)n));
}

static void lost(struct tail_source *s, uint64_t now_ms)
{
	char text[NOTE_MAX];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	client_put_why(&s->client, &w);
	s->failures++;
	/* A certificate that is not believed now will not be in three seconds. */
	if (s->settings->reconnect && !s->client.untrusted)
		try_later(s, writer_slice(&w), now_ms);
	else
		give_up(s, writer_slice(&w));
}

static void closed(struct tail_source *s, uint64_t now_ms)
{
	if (s->settings->reconnect)
		try_later(s, SLICE("connection closed"), now_ms);
	else
		end(s);
}

static void redirected(struct tail_source *s, uint64_t now_ms)
{
	if (++s->redirects > TAIL_MAX_REDIRECTS)
		give_up(s, SLICE("too many redirects"));
	else
		send_request(s, now_ms);
}

static void refused(struct tail_source *s)
{
	char text[NOTE_MAX];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	if (s->status == 200)
		answer_put_wrong_type(&w, buf_slice(&s->refusal));
	else
		answer_put_refusal(&w, s->status, buf_slice(&s->refusal));
	give_up(s, writer_slice(&w));
}

static void settle(struct tail_source *s, enum client_step step, uint64_t now_ms)
{
	switch ((enum answer)s->answer) {
	case ANSWER_MOVED:
		redirected(s, now_ms);
		return;
	case ANSWER_REFUSED:
		refused(s);
		return;
	case ANSWER_EMPTY:
		end(s);
		return;
	case ANSWER_STREAM:
		if (step == CLIENT_STOPPED)
			give_up(s, slice_of(err_text(s->reader.decoder.err)));
		else if (step == CLIENT_DONE)
			closed(s, now_ms);
		else
			lost(s, now_ms);
		return;
	case ANSWER_NONE:
		lost(s, now_ms);
		return;
	}
}

/* A refusal is told even if its body never ends. */
static void wait(struct tail_source *s, uint64_t now_ms)
{
	if (s->answer != ANSWER_REFUSED)
		return;
	if (s->due_ms == UINT64_MAX)
		s->due_ms = now_ms + TAIL_REFUSAL_MS;
	else if (now_ms >= s->due_ms)
		refused(s);
}

void tail_source_step(struct tail_source *s, uint64_t now_ms)
{
	if (s->phase == OVER || (s->phase == WAITING && now_ms < s->due_ms))
		return;
	if (s->phase == WAITING)
		begin_try(s, now_ms);
	if (s->phase != BUSY)
		return;

	enum client_step step = client_step(&s->client, now_ms);
	if (step == CLIENT_WAIT)
		wait(s, now_ms);
	else
		settle(s, step, now_ms);
}

/* ---- life ---- */

enum err tail_source_init(struct tail_source *s, const struct url *url, struct slice label,
			  const struct tail_settings *settings, struct tail_watcher watcher,
			  uint64_t seed)
{
	const struct client_sink received = {.ctx = s, .on_head = on_head, .on_body = on_body};

	*s = (struct tail_source){
		.settings = settings,
		.first = *url,
		.rng = {seed},
	};
	client_init(&s->client, received, settings->trust);
	tail_reader_init(&s->reader, label, watcher);
	s->reader.retry_ms = TAIL_RETRY_MS;
	buf_init(&s->request, TAIL_MAX_REQUEST);
	buf_init(&s->refusal, TAIL_MAX_REFUSAL);
	enum err err = buf_reserve(&s->request, TAIL_MAX_REQUEST);
	if (!err)
		err = tail_reader_resume(&s->reader, settings->last_event_id);
	if (err)
		tail_source_fini(s);
	return err;
}

void tail_source_fini(struct tail_source *s)
{
	client_fini(&s->client);
	tail_reader_fini(&s->reader);
	buf_free(&s->request);
	buf_free(&s->refusal);
}

bool tail_source_is_over(const struct tail_source *s)
{
	return s->phase == OVER;
}

struct pollfd tail_source_poll(const struct tail_source *s)
{
	return s->phase == BUSY ? client_poll(&s->client) : (struct pollfd){.fd = -1};
}

uint64_t tail_source_due_ms(const struct tail_source *s)
{
	if (s->phase == OVER)
		return UINT64_MAX;
	if (s->phase == WAITING)
		return s->due_ms;
	uint64_t due = client_due_ms(&s->client);
	return due < s->due_ms ? due : s->due_ms;
}

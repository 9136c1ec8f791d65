/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include "base/require.h"

#include <string.h>

static void copy_text(char *to, size_t cap, struct slice from)
{
	struct slice kept = slice_upto(from, cap - 1);

	if (kept.len > 0)
		memcpy(to, kept.ptr, kept.len);
	to[kept.len] = '\0';
}

static void keep(struct buf *b, struct slice s)
{
	enum err err = buf_append(b, s);

	require(err == OK);
}

/* Events. */

static void on_message(void *ctx, const struct sse_message *message)
{
	struct client *c = ctx;
	struct client_event event = {.data_len = message->data.len, .at_ms = c->now_ms};

	copy_text(event.type, sizeof(event.type), message->type);
	copy_text(event.id, sizeof(event.id), message->last_event_id);
	copy_text(event.data, sizeof(event.data), message->data);
	keep(&c->events, (struct slice){(const char *)&event, sizeof(event)});
}

static void on_comment(void *ctx, struct slice text)
{
	struct client *c = ctx;

	(void)text;
	c->comments++;
	c->comment_ms = c->now_ms;
}

static void on_retry(void *ctx, uint64_t ms)
{
	struct client *c = ctx;

	c->retry_ms = ms;
}

/* Answers. */

void client_init(struct client *c)
{
	const struct sse_decoder_limits limits = {SSE_MAX_LINE, SSE_MAX_EVENT};
	struct sse_sink sink = {
		.ctx = c,
		.on_message = on_message,
		.on_comment = on_comment,
		.on_retry = on_retry,
	};

	*c = (struct client){.state = CLIENT_HEAD};
	buf_init(&c->in, CLIENT_MAX_INPUT);
	buf_init(&c->head, HTTP_MAX_RESPONSE_HEAD);
	buf_init(&c->body, CLIENT_MAX_BODY);
	buf_init(&c->events, CLIENT_MAX_INPUT);
	sse_decoder_init(&c->decoder, sink, limits);
}

void client_fini(struct client *c)
{
	buf_free(&c->in);
	buf_free(&c->head);
	buf_free(&c->body);
	buf_free(&c->events);
	sse_decoder_fini(&c->decoder);
}

void client_restart(struct client *c)
{
	buf_reset(&c->in);
	buf_reset(&c->head);
	buf_reset(&c->body);
	sse_decoder_restart(&c->decoder);
	c->state = CLIENT_HEAD;
	c->response = (struct http_response){0};
	c->answered = 0;
	c->interim = 0;
	c->is_stream = false;
	c->complete = false;
}

static void finish(struct client *c)
{
	if (c->answered < CLIENT_MAX_ANSWERS)
		c->statuses[c->answered] = c->response.status;
	c->answered++;
	c->complete = true;
	c->state = CLIENT_HEAD;
}

static void begin_body(struct client *c)
{
	const struct http_response *r = &c->response;

	c->is_stream = slice_starts(client_field(c, "Content-Type"), SLICE("text/event-stream"));
	c->body_left = r->content_length;
	http_chunked_init(&c->chunked);
	if (c->sent_head || (r->body == HTTP_BODY_LENGTH && r->content_length == 0))
		finish(c);
	else
		c->state = CLIENT_BODY;
}

/* True if a whole head was there. */
static bool take_head(struct client *c)
{
	enum http_fault fault;
	size_t len;

	if (c->in.len == 0)
		return false;
	enum http_step step = http_response_parse(buf_slice(&c->in), &c->response, &len, &fault);
	if (step == HTTP_REFUSED) {
		c->malformed = true;
		c->state = CLIENT_OVER;
	}
	if (step != HTTP_DONE)
		return false;
	buf_reset(&c->head);
	keep(&c->head, slice_upto(buf_slice(&c->in), len));
	buf_consume(&c->in, len);
	/* Once more, so that the slices point to what stays. */
	(void)http_response_parse(buf_slice(&c->head), &c->response, &len, &fault);
	c->complete = false;
	buf_reset(&c->body);
	if (c->response.status < 200)
		c->interim++;
	else
		begin_body(c);
	return true;
}

static void take_data(struct client *c, struct slice data)
{
	if (!c->is_stream)
		keep(&c->body, data);
	else if (sse_decoder_feed(&c->decoder, data))
		c->malformed = true;
}

static bool take_chunks(struct client *c)
{
	enum http_fault fault;
	struct slice data;
	size_t used;

	enum http_step step =
		http_chunked_eat(&c->chunked, buf_slice(&c->in), &used, &data, &fault);
	if (step == HTTP_REFUSED) {
		c->malformed = true;
		c->state = CLIENT_OVER;
		return false;
	}
	take_data(c, data);
	buf_consume(&c->in, used);
	if (step == HTTP_DONE)
		finish(c);
	return true;
}

static bool take_body(struct client *c)
{
	struct slice data = buf_slice(&c->in);

	if (c->in.len == 0)
		return false;
	if (c->response.body == HTTP_BODY_CHUNKED)
		return take_chunks(c);
	if (c->response.body == HTTP_BODY_LENGTH) {
		data = slice_upto(data, (size_t)c->body_left);
		c->body_left -= data.len;
	}
	take_data(c, data);
	buf_consume(&c->in, data.len);
	if (c->response.body == HTTP_BODY_LENGTH && c->body_left == 0)
		finish(c);
	return true;
}

void client_feed(struct client *c, struct slice bytes)
{
	bool moved = true;

	keep(&c->in, bytes);
	while (moved)
		moved = c->state == CLIENT_HEAD   ? take_head(c)
			: c->state == CLIENT_BODY ? take_body(c)
						  : false;
}

void client_end(struct client *c)
{
	if (c->state == CLIENT_BODY && c->response.body == HTTP_BODY_NONE)
		finish(c);
	c->state = CLIENT_OVER;
}

/* Looking back. */

size_t client_event_count(const struct client *c)
{
	return c->events.len / sizeof(struct client_event);
}

const struct client_event *client_event(const struct client *c, size_t nth)
{
	if (nth >= client_event_count(c))
		return NULL;
	return (const struct client_event *)(const void *)c->events.ptr + nth;
}

const struct client_event *client_last(const struct client *c, const char *type)
{
	for (size_t i = client_event_count(c); i > 0; i--) {
		const struct client_event *event = client_event(c, i - 1);

		if (strcmp(event->type, type) == 0)
			return event;
	}
	return NULL;
}

size_t client_count(const struct client *c, const char *type)
{
	size_t n = 0;

	for (size_t i = 0; i < client_event_count(c); i++)
		n += strcmp(client_event(c, i)->type, type) == 0;
	return n;
}

unsigned client_status(const struct client *c)
{
	return c->head.len > 0 ? c->response.status : 0;
}

struct slice client_field(const struct client *c, const char *name)
{
	return http_response_get(&c->response, slice_of(name));
}

bool client_is_between_events(const struct client *c)
{
	const struct sse_decoder *d = &c->decoder;

	return d->line.len == 0 && !d->has_data && d->type.len == 0 && c->in.len == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sse/decode.h"

#include "base/text.h"
#include "sse/lines.h"

enum state {
	AT_START,  /* in the first line, which may begin with a byte order mark */
	IN_STREAM, /* behind the first line */
	AFTER_CR,  /* an LF now belongs to the line end before it */
};

void sse_decoder_init(struct sse_decoder *d, struct sse_sink sink, struct sse_decoder_limits max)
{
	*d = (struct sse_decoder){.sink = sink, .state = AT_START};
	buf_init(&d->line, max.line);
	buf_init(&d->data, max.event);
	buf_init(&d->type, max.line);
	buf_init(&d->id, max.line);
	buf_init(&d->last_id, max.line);
}

void sse_decoder_fini(struct sse_decoder *d)
{
	buf_free(&d->line);
	buf_free(&d->data);
	buf_free(&d->type);
	buf_free(&d->id);
	buf_free(&d->last_id);
}

/* One large event must not cost its size for the rest of a stream that lives for days. */
static void empty(struct buf *b)
{
	if (b->cap > SSE_KEEP)
		buf_free(b);
	else
		buf_reset(b);
}

static void begin_block(struct sse_decoder *d)
{
	empty(&d->data);
	empty(&d->type);
	empty(&d->id);
	d->has_data = false;
	d->has_id = false;
}

void sse_decoder_restart(struct sse_decoder *d)
{
	begin_block(d);
	empty(&d->line);
	d->state = AT_START;
	d->err = OK;
}

/* Never absent: an empty data is not the same as none to who encodes it again. */
static struct slice content(const struct buf *b)
{
	return b->len ? buf_slice(b) : SLICE("");
}

struct slice sse_decoder_last_id(const struct sse_decoder *d)
{
	return content(&d->last_id);
}

static enum err replace(struct buf *b, struct slice value)
{
	buf_reset(b);
	return buf_append(b, value);
}

enum err sse_decoder_set_last_id(struct sse_decoder *d, struct slice id)
{
	return replace(&d->last_id, id);
}

static void send_message(const struct sse_decoder *d)
{
	struct sse_message message = {
		.type = d->type.len ? buf_slice(&d->type) : SLICE("message"),
		.data = content(&d->data),
		.last_event_id = content(&d->last_id),
	};

	if (d->sink.on_message)
		d->sink.on_message(d->sink.ctx, &message);
}

static void end_block(struct sse_decoder *d)
{
	if (d->has_id) {
		struct buf old = d->last_id;

		d->last_id = d->id;
		d->id = old;
	}
	if (d->has_data)
		send_message(d);
	else if (d->has_id && d->sink.on_id)
		d->sink.on_id(d->sink.ctx, content(&d->last_id));
	begin_block(d);
}

/* Lines are joined by LF; the first one brings none, so the maximum holds for what is sent. */
static enum err add_data(struct sse_decoder *d, struct slice value)
{
	if (d->has_data) {
		enum err err = buf_append(&d->data, SLICE("\n"));

		if (err)
			return err;
	}
	d->has_data = true;
	return buf_append(&d->data, value);
}

static enum err set_id(struct sse_decoder *d, struct slice value)
{
	if (slice_find(value, '\0') < value.len)
		return OK;
	d->has_id = true;
	return replace(&d->id, value);
}

static void set_retry(const struct sse_decoder *d, struct slice value)
{
	uint64_t ms;

	if (d->sink.on_retry && parse_u64(value, &ms) == OK)
		d->sink.on_retry(d->sink.ctx, ms);
}

static enum err take_field(struct sse_decoder *d, struct slice name, struct slice value)
{
	if (slice_eq(name, SLICE("data")))
		return add_data(d, value);
	if (slice_eq(name, SLICE("event")))
		return replace(&d->type, value);
	if (slice_eq(name, SLICE("id")))
		return set_id(d, value);
	if (slice_eq(name, SLICE("retry")))
		set_retry(d, value);
	return OK;
}

static enum err take_line(struct sse_decoder *d, struct slice line)
{
	if (d->state == AT_START && slice_starts(line, SLICE("\xef\xbb\xbf")))
		line = slice_from(line, 3);
	if (line.len == 0) {
		end_block(d);
		return OK;
	}
	if (line.ptr[0] == ':') {
		if (d->sink.on_comment)
			d->sink.on_comment(d->sink.ctx, slice_from(line, 1));
		return OK;
	}

	struct slice value = line;
	struct slice name = slice_cut(&value, ':');
	if (slice_starts(value, SLICE(" ")))
		value = slice_from(value, 1);
	return take_field(d, name, value);
}

/* `tail` ends a line that may have begun in earlier pieces; a line in one piece is not copied. */
static enum err end_line(struct sse_decoder *d, struct slice tail)
{
	if (d->line.len == 0)
		return tail.len > d->line.max ? E_TOO_BIG : take_line(d, tail);

	enum err err = buf_append(&d->line, tail);
	if (!err)
		err = take_line(d, buf_slice(&d->line));
	empty(&d->line);
	return err;
}

static enum err take_piece(struct sse_decoder *d, struct sse_lines *l)
{
	if (d->state == AFTER_CR) {
		d->state = IN_STREAM;
		if (l->rest.ptr[0] == '\n') {
			sse_lines_skip(l, 1);
			return OK;
		}
	}

	size_t len = sse_lines_length(l);
	struct slice piece = slice_upto(l->rest, len);
	if (len == l->rest.len) {
		sse_lines_skip(l, len);
		return buf_append(&d->line, piece);
	}
	enum err err = end_line(d, piece);
	d->state = l->rest.ptr[len] == '\r' ? AFTER_CR : IN_STREAM;
	sse_lines_skip(l, len + 1);
	return err;
}

enum err sse_decoder_feed(struct sse_decoder *d, struct slice bytes)
{
	struct sse_lines l;

	sse_lines_init(&l, bytes);
	while (!d->err && l.rest.len > 0)
		d->err = take_piece(d, &l);
	return d->err;
}

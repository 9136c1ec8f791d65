/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/tail_reader.h"

static void on_message(void *ctx, const struct sse_message *message)
{
	struct tail_reader *r = ctx;
	struct tail_record record = {
		.message = *message,
		.id_is_new = !slice_eq(message->last_event_id, buf_slice(&r->seen_id)),
		.source = r->label,
		.origin = r->origin,
		.unix_ms = r->watcher.unix_ms(),
	};

	r->watcher.on_record(r->watcher.ctx, &record);
	buf_reset(&r->seen_id);
	/* Without memory an id is shown once more: harmless. */
	(void)buf_append(&r->seen_id, message->last_event_id);
}

static void on_retry(void *ctx, uint64_t ms)
{
	struct tail_reader *r = ctx;

	r->retry_ms = ms;
}

void tail_reader_init(struct tail_reader *r, struct slice label, struct tail_watcher watcher)
{
	const struct sse_sink sink = {.ctx = r, .on_message = on_message, .on_retry = on_retry};

	*r = (struct tail_reader){.watcher = watcher, .label = label};
	sse_decoder_init(&r->decoder, sink,
			 (struct sse_decoder_limits){SSE_MAX_LINE, SSE_MAX_EVENT});
	buf_init(&r->seen_id, SSE_MAX_LINE);
}

void tail_reader_fini(struct tail_reader *r)
{
	sse_decoder_fini(&r->decoder);
	buf_free(&r->seen_id);
}

enum err tail_reader_resume(struct tail_reader *r, struct slice last_event_id)
{
	enum err err = sse_decoder_set_last_id(&r->decoder, last_event_id);

	return err ? err : buf_append(&r->seen_id, last_event_id);
}

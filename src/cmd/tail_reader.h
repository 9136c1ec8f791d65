/* SPDX-License-Identifier: Apache-2.0 */
/* tail_reader.h - bytes of one stream in, records out to who watches; the same for URL and pipe. */
#pragma once

#include "cmd/tail_format.h"

enum tail_note {
	TAIL_STATE,   /* connected, reconnecting */
	TAIL_REFUSED, /* why this stream is over */
};

struct tail_watcher {
	void *ctx;
	void (*on_record)(void *ctx, const struct tail_record *record);
	/* `text` holds no controls. */
	void (*on_note)(void *ctx, enum tail_note note, struct slice source, struct slice text);
	uint64_t (*unix_ms)(void);
};

struct tail_reader {
	struct tail_watcher watcher;
	struct slice label;  /* names the stream in records; empty: it is the only one */
	struct slice origin; /* the owner's; set before feeding */
	uint64_t retry_ms;   /* as the stream asked; the owner sets the first value */
	struct sse_decoder decoder;
	struct buf seen_id; /* of the last message */
};

/* The reader must not move. */
void tail_reader_init(struct tail_reader *r, struct slice label, struct tail_watcher watcher);
void tail_reader_fini(struct tail_reader *r);
/* Begins behind an event. Errors: E_TOO_BIG, E_NOMEM. */
enum err tail_reader_resume(struct tail_reader *r, struct slice last_event_id);

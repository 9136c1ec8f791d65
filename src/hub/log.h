/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - the one log of immutable, already encoded frames that all subscribers read.
 *
 * A publish encodes an event once, in its final HTTP/1.1 form (chunk framing included), into
 * a counted segment. Readers hold a segment and walk to the next ones without a lock; writers
 * take turns under a mutex. Old segments are dropped when the memory bound is reached, and are
 * freed when the last reader has moved on.
 *
 * Ids are "<epoch>~<seq>": the log's start in Unix milliseconds and a number that rises by one
 * for each event. Any id of this form can be judged without a table: known, too old, or of
 * an earlier life of the server.
 */
#pragma once

#include "base/err.h"
#include "base/siphash.h"
#include "base/slice.h"
#include "base/writer.h"
#include "policy/topic.h"
#include "sse/event.h"

#include <stdatomic.h>
#include <stdint.h>

#define LOG_SEGMENT_WIRE    (256u << 10) /* bytes of frames in a segment, or one larger frame */
#define LOG_SEGMENT_META    (64u << 10)  /* bytes of entries and topic names in a segment */
#define LOG_SEGMENT_ENTRIES 1024u
#define LOG_MIN_MEMORY      (1u << 20) /* bytes: a log keeps at least two segments */
#define LOG_ID_MAX          40u        /* bytes of a minted id */

/* One event; immutable once visible. Lives as long as its segment. */
struct log_entry {
	uint64_t seq;
	uint64_t time_ms; /* monotonic, when it was published */
	const char *wire; /* chunk-size line, payload, CRLF */
	uint32_t wire_len;
	uint8_t head_len; /* of the chunk-size line */
	bool is_private;  /* only for subscribers with a right of their own */
	uint16_t topic_count;
	struct slice own_id; /* a publisher's id, ptr NULL: minted */
	struct slice topics[];
};

struct log_segment {
	atomic_uint refs;
	_Atomic(struct log_segment *) next; /* counted; NULL at the head */
	uint64_t first_seq;
	atomic_uint count; /* entries that readers may look at */
	size_t wire_used;
	size_t wire_cap;
	size_t meta_used;
	const struct log_entry *entries[LOG_SEGMENT_ENTRIES];
	char *meta;
	char *wire;
};

struct log;

struct log_limits {
	size_t memory;    /* bytes of all segments */
	size_t max_event; /* bytes of data of one event */
};

/*
 * An event to publish; slices are read during the call only. Fields must have been judged as
 * publish_parse does: topics valid and each named once, an id of 1 to SSE_MAX_ID bytes.
 */
struct log_event {
	struct slice topics[TOPIC_MAX_SET];
	size_t topic_count;
	struct sse_event sse;
	bool is_private;
};

struct log_receipt {
	char id[SSE_MAX_ID];
	size_t id_len;
	bool duplicate; /* the id was in the log for all its topics: nothing was delivered */
};

/*
 * `epoch_ms`: Unix time of the start. `key` keys the table of publishers' ids. NULL: no memory.
 * The log is shared by threads; log_free wants all readers gone.
 */
struct log *log_new(struct log_limits limits, uint64_t epoch_ms, struct siphash_key key);
void log_free(struct log *log);

/*
 * Appends one event. Thread-safe. A publisher's id that the log still has for a topic is not
 * delivered there again. Errors: E_NOMEM, E_TOO_BIG, E_FULL when the table of publishers' ids
 * is, and those of sse_encode.
 */
enum err log_publish(struct log *log, const struct log_event *event, uint64_t now_ms,
		     struct log_receipt *ret_receipt);

/* A counted reference to the oldest segment, for a new reader. Thread-safe. */
struct log_segment *log_oldest(struct log *log);
/* Sequence number of the oldest event that is kept. Thread-safe. */
uint64_t log_oldest_seq(struct log *log);
struct log_segment *log_segment_ref(struct log_segment *segment);
/* NULL-safe. */
void log_segment_unref(struct log_segment *segment);

/* The number of the event that a publisher called `id` on `topic`. Errors: E_NOT_FOUND. */
enum err log_find_own(struct log *log, struct slice topic, struct slice id, uint64_t *ret_seq);

/* The minted id of `seq`: valid for resuming at any event, whoever named it. */
void log_put_id(const struct log *log, struct writer *w, uint64_t seq);

enum log_id {
	LOG_ID_OURS,    /* *ret_seq is its number; it may be out of the log, or ahead of it */
	LOG_ID_EARLIER, /* minted before this log began */
	LOG_ID_FOREIGN, /* not of the minted form, or from the future */
};

enum log_id log_parse_id(const struct log *log, struct slice id, uint64_t *ret_seq);
/* True for digits~digits: publishers may not use it. */
bool log_id_is_minted_form(struct slice id);

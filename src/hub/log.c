/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/log.h"

#include "base/buf.h"
#include "base/require.h"
#include "base/table.h"
#include "base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MAX_OWN_IDS (1u << 20) /* publishers' ids that are remembered */
#define CHUNK_HEAD_MAX  10u        /* eight hex digits and CRLF */

/* A publisher's id on one topic. The key is topic NUL id: neither holds a NUL. */
struct own_id {
	uint64_t seq;
	size_t key_len;
	char key[];
};

struct log {
	pthread_mutex_t lock; /* guards all below but oldest_seq and epoch_ms */
	struct log_limits limits;
	uint64_t epoch_ms;
	uint64_t next_seq;
	_Atomic uint64_t oldest_seq;
	struct log_segment *oldest; /* counted: the chain hangs on it */
	struct log_segment *head;
	size_t memory; /* bytes of the segments in the chain */
	struct table own_ids;
	struct buf scratch; /* one encoded payload */
};

static struct slice own_id_key(const void *item)
{
	const struct own_id *own = item;

	return (struct slice){own->key, own->key_len};
}

static size_t segment_bytes(const struct log_segment *s)
{
	return sizeof(*s) + s->wire_cap + LOG_SEGMENT_META;
}

static struct log_segment *segment_new(uint64_t first_seq, size_t wire_need)
{
	size_t cap = wire_need > LOG_SEGMENT_WIRE ? wire_need : LOG_SEGMENT_WIRE;
	struct log_segment *s = malloc(sizeof(*s) + LOG_SEGMENT_META + cap);

	if (!s)
		return NULL;
	atomic_init(&s->refs, 1);
	atomic_init(&s->next, NULL);
	atomic_init(&s->count, 0);
	s->first_seq = first_seq;
	s->wire_used = 0;
	s->wire_cap = cap;
	s->meta_used = 0;
	s->meta = (char *)(s + 1);
	s->wire = s->meta + LOG_SEGMENT_META;
	return s;
}

struct log_segment *log_segment_ref(struct log_segment *segment)
{
	atomic_fetch_add_explicit(&segment->refs, 1, memory_order_relaxed);
	return segment;
}

/* A chain is let go segment by segment, never by recursion: it may be long. */
void log_segment_unref(struct log_segment *segment)
{
	while (segment && atomic_fetch_sub_explicit(&segment->refs, 1, memory_order_acq_rel) == 1) {
		struct log_segment *next =
			atomic_load_explicit(&segment->next, memory_order_relaxed);

		free(segment);
		segment = next;
	}
}

struct log *log_new(struct log_limits limits, uint64_t epoch_ms, struct siphash_key key)
{
	struct log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->limits = limits;
	if (log->limits.memory < LOG_MIN_MEMORY)
		log->limits.memory = LOG_MIN_MEMORY;
	log->epoch_ms = epoch_ms;
	log->next_seq = 1;
	atomic_init(&log->oldest_seq, 1);
	log->head = segment_new(1, 0);
	if (!log->head) {
		free(log);
		return NULL;
	}
	log->oldest = log->head;
	log->memory = segment_bytes(log->head);
	table_init(&log->own_ids, key, own_id_key, LOG_MAX_OWN_IDS);
	buf_init(&log->scratch, SIZE_MAX / 2);
	(void)pthread_mutex_init(&log->lock, NULL); /* default attributes cannot fail */
	return log;
}

void log_free(struct log *log)
{
	if (!log)
		return;
	size_t at = 0;
	for (void *own = table_next(&log->own_ids, &at); own; own = table_next(&log->own_ids, &at))
		free(own);
	table_fini(&log->own_ids);
	log_segment_unref(log->oldest);
	buf_free(&log->scratch);
	(void)pthread_mutex_destroy(&log->lock);
	free(log);
}

/* Publishers' ids: key building and the table. */

static size_t own_key(char *out, struct slice topic, struct slice id)
{
	memcpy(out, topic.ptr, topic.len);
	out[topic.len] = '\0';
	memcpy(out + topic.len + 1, id.ptr, id.len);
	return topic.len + 1 + id.len;
}

static const struct own_id *own_find(const struct log *log, struct slice topic, struct slice id)
{
	char key[TOPIC_MAX_LEN + 1 + SSE_MAX_ID];

	if (topic.len > TOPIC_MAX_LEN || id.len > SSE_MAX_ID || id.len == 0)
		return NULL;
	return table_find(&log->own_ids, (struct slice){key, own_key(key, topic, id)});
}

static enum err own_remember(struct log *log, struct slice topic, struct slice id, uint64_t seq)
{
	struct own_id *own = malloc(sizeof(*own) + topic.len + 1 + id.len);

	if (!own)
		return E_NOMEM;
	own->seq = seq;
	own->key_len = own_key(own->key, topic, id);
	enum err err = table_insert(&log->own_ids, own);
	if (err)
		free(own);
	return err;
}

static void forget_first(struct log *log, const struct slice *topics, size_t n, struct slice id)
{
	char key[TOPIC_MAX_LEN + 1 + SSE_MAX_ID];

	for (size_t i = 0; i < n; i++)
		free(table_remove(&log->own_ids, (struct slice){key, own_key(key, topics[i], id)}));
}

/* All or none: a later event must not answer to this id. */
static enum err remember_all(struct log *log, const struct log_event *event, struct slice id,
			     uint64_t seq)
{
	for (size_t i = 0; id.ptr && i < event->topic_count; i++) {
		enum err err = own_remember(log, event->topics[i], id, seq);

		if (err) {
			forget_first(log, event->topics, i, id);
			return err;
		}
	}
	return OK;
}

/* Segments. */

static void forget_entry(struct log *log, const struct log_entry *entry)
{
	if (entry->own_id.ptr)
		forget_first(log, entry->topics, entry->topic_count, entry->own_id);
}

static void drop_oldest(struct log *log)
{
	struct log_segment *gone = log->oldest;
	struct log_segment *next = atomic_load(&gone->next);
	unsigned count = atomic_load(&gone->count);

	require(next);
	for (unsigned i = 0; i < count; i++)
		forget_entry(log, gone->entries[i]);
	log->memory -= segment_bytes(gone);
	log->oldest = log_segment_ref(next);
	atomic_store(&log->oldest_seq, next->first_seq);
	log_segment_unref(gone);
}

static bool segment_has_room(const struct log_segment *s, size_t wire, size_t meta)
{
	return s->wire_cap - s->wire_used >= wire && LOG_SEGMENT_META - s->meta_used >= meta &&
	       atomic_load_explicit(&s->count, memory_order_relaxed) < LOG_SEGMENT_ENTRIES;
}

static enum err make_room(struct log *log, size_t wire, size_t meta)
{
	if (segment_has_room(log->head, wire, meta))
		return OK;

	struct log_segment *s = segment_new(log->next_seq, wire);
	if (!s)
		return E_NOMEM;
	log->memory += segment_bytes(s);
	/* The chain owns the first reference of `s`: through next. */
	atomic_store_explicit(&log->head->next, s, memory_order_release);
	log->head = s;
	while (log->memory > log->limits.memory && log->oldest != log->head)
		drop_oldest(log);
	return OK;
}

/* Encoding and appending. */

static enum err encode(struct log *log, const struct sse_event *event, struct slice *ret_payload)
{
	size_t bound = sse_encode_bound(event);
	size_t len;

	if (event->data.len > log->limits.max_event)
		return E_TOO_BIG;
	buf_reset(&log->scratch);
	enum err err = buf_reserve(&log->scratch, bound);
	if (err)
		return err;
	err = sse_encode(event, log->scratch.ptr, bound, &len);
	if (err)
		return err;
	*ret_payload = (struct slice){log->scratch.ptr, len};
	return OK;
}

static size_t entry_bytes(const struct log_event *event, struct slice own_id)
{
	size_t n = sizeof(struct log_entry) + event->topic_count * sizeof(struct slice);

	for (size_t i = 0; i < event->topic_count; i++)
		n += event->topics[i].len;
	return n + own_id.len + _Alignof(struct log_entry);
}

static void *meta_take(struct log_segment *s, size_t size)
{
	void *p = s->meta + s->meta_used;

	s->meta_used += size;
	return p;
}

static struct slice meta_copy(struct log_segment *s, struct slice text)
{
	char *p = meta_take(s, text.len);

	memcpy(p, text.ptr, text.len);
	return (struct slice){p, text.len};
}

static struct log_entry *entry_new(struct log_segment *s, const struct log_event *event,
				   struct slice own_id)
{
	size_t align = _Alignof(struct log_entry);

	s->meta_used = (s->meta_used + align - 1) / align * align;
	struct log_entry *e = meta_take(s, sizeof(*e) + event->topic_count * sizeof(e->topics[0]));
	*e = (struct log_entry){
		.topic_count = (uint16_t)event->topic_count,
		.is_private = event->is_private,
		.own_id = own_id.ptr ? meta_copy(s, own_id) : SLICE_NONE,
	};
	for (size_t i = 0; i < event->topic_count; i++)
		e->topics[i] = meta_copy(s, event->topics[i]);
	return e;
}

static void write_frame(struct log_segment *s, struct log_entry *e, struct slice payload)
{
	struct writer w;

	writer_init(&w, s->wire + s->wire_used, s->wire_cap - s->wire_used);
	put_hex(&w, payload.len);
	put(&w, SLICE("\r\n"));
	e->head_len = (uint8_t)w.len;
	put(&w, payload);
	put(&w, SLICE("\r\n"));
	require(!w.overflow);
	e->wire = w.ptr;
	e->wire_len = (uint32_t)w.len;
	s->wire_used += w.len;
}

static enum err append(struct log *log, const struct log_event *event, struct slice own_id,
		       uint64_t now_ms)
{
	struct slice payload;
	enum err err = encode(log, &event->sse, &payload);

	if (err)
		return err;
	err = make_room(log, payload.len + CHUNK_HEAD_MAX + 2, entry_bytes(event, own_id));
	if (err)
		return err;
	uint64_t seq = log->next_seq;
	err = remember_all(log, event, own_id, seq);
	if (err)
		return err;
	struct log_segment *s = log->head;
	struct log_entry *e = entry_new(s, event, own_id);
	e->seq = seq;
	e->time_ms = now_ms;
	write_frame(s, e, payload);
	log->next_seq++;
	unsigned count = atomic_load_explicit(&s->count, memory_order_relaxed);
	s->entries[count] = e;
	atomic_store_explicit(&s->count, count + 1, memory_order_release);
	return OK;
}

/* Leaves out the topics where this id was delivered before. */
static void skip_delivered(const struct log *log, struct log_event *event)
{
	size_t kept = 0;

	for (size_t i = 0; i < event->topic_count; i++) {
		if (!own_find(log, event->topics[i], event->sse.id))
			event->topics[kept++] = event->topics[i];
	}
	event->topic_count = kept;
}

static enum err publish_own(struct log *log, struct log_event *event, uint64_t now_ms,
			    struct log_receipt *receipt)
{
	struct slice own_id = event->sse.id;

	require(own_id.len <= SSE_MAX_ID);
	memcpy(receipt->id, own_id.ptr, own_id.len);
	receipt->id_len = own_id.len;
	skip_delivered(log, event);
	receipt->duplicate = event->topic_count == 0;
	return receipt->duplicate ? OK : append(log, event, own_id, now_ms);
}

static enum err publish_minted(struct log *log, struct log_event *event, uint64_t now_ms,
			       struct log_receipt *receipt)
{
	struct writer w;

	writer_init(&w, receipt->id, sizeof(receipt->id));
	log_put_id(log, &w, log->next_seq);
	receipt->id_len = w.len;
	receipt->duplicate = false;
	event->sse.id = writer_slice(&w);
	return append(log, event, SLICE_NONE, now_ms);
}

enum err log_publish(struct log *log, const struct log_event *event, uint64_t now_ms,
		     struct log_receipt *ret_receipt)
{
	struct log_event copy = *event;
	struct log_receipt receipt;

	require(event->topic_count >= 1 && event->topic_count <= TOPIC_MAX_SET);
	(void)pthread_mutex_lock(&log->lock);
	enum err err = event->sse.id.ptr ? publish_own(log, &copy, now_ms, &receipt)
					 : publish_minted(log, &copy, now_ms, &receipt);
	(void)pthread_mutex_unlock(&log->lock);
	if (!err)
		*ret_receipt = receipt;
	return err;
}

/* Reading. */

struct log_segment *log_oldest(struct log *log)
{
	(void)pthread_mutex_lock(&log->lock);
	struct log_segment *s = log_segment_ref(log->oldest);
	(void)pthread_mutex_unlock(&log->lock);
	return s;
}

uint64_t log_oldest_seq(struct log *log)
{
	return atomic_load(&log->oldest_seq);
}

enum err log_find_own(struct log *log, struct slice topic, struct slice id, uint64_t *ret_seq)
{
	(void)pthread_mutex_lock(&log->lock);
	const struct own_id *own = own_find(log, topic, id);
	uint64_t seq = own ? own->seq : 0;
	(void)pthread_mutex_unlock(&log->lock);
	if (seq == 0)
		return E_NOT_FOUND;
	*ret_seq = seq;
	return OK;
}

void log_put_id(const struct log *log, struct writer *w, uint64_t seq)
{
	put_u64(w, log->epoch_ms);
	put_char(w, '~');
	put_u64(w, seq);
}

static bool split_id(struct slice id, uint64_t *ret_epoch, uint64_t *ret_seq)
{
	struct slice rest = id;
	struct slice epoch = slice_cut(&rest, '~');

	return parse_u64(epoch, ret_epoch) == OK && parse_u64(rest, ret_seq) == OK;
}

bool log_id_is_minted_form(struct slice id)
{
	uint64_t epoch, seq;

	return split_id(id, &epoch, &seq);
}

enum log_id log_parse_id(const struct log *log, struct slice id, uint64_t *ret_seq)
{
	uint64_t epoch, seq;

	if (!split_id(id, &epoch, &seq) || epoch > log->epoch_ms)
		return LOG_ID_FOREIGN;
	if (epoch < log->epoch_ms)
		return LOG_ID_EARLIER;
	*ret_seq = seq;
	return LOG_ID_OURS;
}

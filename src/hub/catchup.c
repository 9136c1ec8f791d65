/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/group.h"

#include "base/require.h"

void batch_clear(struct batch *b)
{
	b->count = 0;
	b->wire_count = 0;
	b->wire_bytes = 0;
	b->end_seq = 0;
}

bool batch_add(struct batch *b, const struct log_entry *entry, size_t max_entries)
{
	if (b->count >= max_entries || b->count >= VIEW_ROUND_ENTRIES ||
	    (b->count > 0 && b->wire_bytes + entry->wire_len > VIEW_ROUND_BYTES))
		return false;
	b->entries[b->count++] = entry;
	b->wire_bytes += entry->wire_len;

	struct slice *last = b->wire_count > 0 ? &b->wire[b->wire_count - 1] : NULL;
	if (last && last->ptr + last->len == entry->wire)
		last->len += entry->wire_len;
	else
		b->wire[b->wire_count++] = (struct slice){entry->wire, entry->wire_len};
	return true;
}

/* A reader in need is near one end: try the head, then walk from the oldest. */
static const struct log_segment *segment_of(const struct view *v, uint64_t seq)
{
	const struct log_segment *s = seq >= v->head->first_seq ? v->head : v->oldest;

	while (s != v->head) {
		const struct log_segment *next =
			atomic_load_explicit(&s->next, memory_order_acquire);

		if (seq < next->first_seq)
			break;
		s = next;
	}
	return s;
}

static const struct log_entry *entry_at(const struct view *v, const struct log_segment **hint,
					uint64_t seq)
{
	const struct log_segment *s = *hint;

	while (s != v->head &&
	       seq - s->first_seq >= atomic_load_explicit(&s->count, memory_order_acquire))
		s = atomic_load_explicit(&s->next, memory_order_acquire);
	*hint = s;
	return s->entries[seq - s->first_seq];
}

/* Entries of groups with wildcards: look at each entry in turn. */
static void catch_up_wild(struct view *v, const struct subscriber *sub, size_t max_entries,
			  struct batch *b)
{
	const struct log_segment *s = segment_of(v, sub->cursor);
	uint64_t seq = sub->cursor;

	for (size_t looked = 0; seq < v->next_seq && looked < VIEW_CATCHUP_LOOK; looked++, seq++) {
		const struct log_entry *e = entry_at(v, &s, seq);

		if (group_wants(sub->group, e) && !batch_add(b, e, max_entries))
			break;
	}
	b->end_seq = seq;
}

struct reader {
	const struct topic *topic;
	uint32_t at;
};

/* The lowest number that some topic of the set has next; UINT64_MAX when all are at their end. */
static uint64_t lowest(const struct reader *readers, size_t n)
{
	uint64_t low = UINT64_MAX;

	for (size_t i = 0; i < n; i++) {
		if (readers[i].at < readers[i].topic->seq_count) {
			uint64_t seq = topic_seq(readers[i].topic, readers[i].at);

			low = seq < low ? seq : low;
		}
	}
	return low;
}

static void step_over(struct reader *readers, size_t n, uint64_t seq)
{
	for (size_t i = 0; i < n; i++) {
		if (readers[i].at < readers[i].topic->seq_count &&
		    topic_seq(readers[i].topic, readers[i].at) == seq)
			readers[i].at++;
	}
}

static size_t readers_init(const struct view *v, const struct subscriber *sub,
			   struct reader readers[TOPIC_MAX_SET])
{
	size_t n = 0;

	for (size_t i = 0; i < sub->group->pattern_count; i++) {
		const struct topic *t = topic_find(v, sub->group->patterns[i]);

		if (t)
			readers[n++] = (struct reader){t, topic_lower_bound(t, sub->cursor)};
	}
	return n;
}

/* Entries of groups of exact topics: merge the topics' indexes. */
static void catch_up_exact(struct view *v, const struct subscriber *sub, size_t max_entries,
			   struct batch *b)
{
	const struct log_segment *s = segment_of(v, sub->cursor);
	struct reader readers[TOPIC_MAX_SET];
	size_t n = readers_init(v, sub, readers);
	uint64_t seq = lowest(readers, n);

	for (size_t looked = 0; seq < v->next_seq && looked < VIEW_CATCHUP_LOOK; looked++) {
		const struct log_entry *e = entry_at(v, &s, seq);
		bool wanted = !e->is_private || sub->group->sees_private;

		if (wanted && !batch_add(b, e, max_entries))
			break;
		step_over(readers, n, seq);
		seq = lowest(readers, n);
	}
	/* Never back: a cursor ahead of this view has read what another worker published. */
	uint64_t end = sub->cursor > v->next_seq ? sub->cursor : v->next_seq;
	b->end_seq = seq < end ? seq : end;
}

bool view_catchup(struct view *v, const struct subscriber *sub, size_t max_entries,
		  struct batch *ret_batch, uint64_t *ret_oldest)
{
	require(sub->group && max_entries > 0);
	if (sub->cursor < v->oldest_seq) {
		*ret_oldest = v->oldest_seq;
		return false;
	}
	batch_clear(ret_batch);
	if (sub->group->is_wild)
		catch_up_wild(v, sub, max_entries, ret_batch);
	else
		catch_up_exact(v, sub, max_entries, ret_batch);
	return true;
}

uint64_t view_entry_time_ms(const struct view *v, uint64_t cursor)
{
	uint64_t seq = cursor < v->oldest_seq ? v->oldest_seq : cursor;

	if (seq >= v->next_seq)
		return 0;
	const struct log_segment *s = segment_of(v, seq);
	return entry_at(v, &s, seq)->time_ms;
}

struct backlog {
	size_t events;
	size_t bytes;
};

static void count(struct backlog *b, const struct subscriber *sub, const struct log_entry *e)
{
	if (!group_wants(sub->group, e))
		return;
	b->events++;
	b->bytes += e->wire_len;
}

static struct backlog count_exact(const struct view *v, const struct subscriber *sub)
{
	const struct log_segment *s = segment_of(v, sub->cursor);
	struct reader readers[TOPIC_MAX_SET];
	size_t n = readers_init(v, sub, readers);
	struct backlog b = {0};
	size_t looked = 0;

	for (uint64_t seq = lowest(readers, n); seq < v->next_seq; seq = lowest(readers, n)) {
		if (++looked > VIEW_BACKLOG_LOOK)
			return (struct backlog){SIZE_MAX, SIZE_MAX};
		count(&b, sub, entry_at(v, &s, seq));
		step_over(readers, n, seq);
	}
	return b;
}

static struct backlog count_wild(const struct view *v, const struct subscriber *sub)
{
	const struct log_segment *s = segment_of(v, sub->cursor);
	struct backlog b = {0};

	if (v->next_seq - sub->cursor > VIEW_BACKLOG_LOOK)
		return (struct backlog){SIZE_MAX, SIZE_MAX};
	for (uint64_t seq = sub->cursor; seq < v->next_seq; seq++)
		count(&b, sub, entry_at(v, &s, seq));
	return b;
}

bool view_backlog_fits(const struct view *v, const struct subscriber *sub, size_t max_events,
		       size_t max_bytes)
{
	if (sub->cursor < v->oldest_seq)
		return false;
	if (sub->cursor >= v->next_seq)
		return true;
	struct backlog b = sub->group->is_wild ? count_wild(v, sub) : count_exact(v, sub);
	return b.events <= max_events && b.bytes <= max_bytes;
}

/* A reader of wildcards may have had the id from any topic that it matches. */
static void find_in_matching(const struct view *v, const struct group *g, struct slice id,
			     uint64_t *seq)
{
	size_t at = 0;

	for (struct topic *t = table_next(&v->topics, &at); t; t = table_next(&v->topics, &at)) {
		uint64_t found;

		for (uint32_t i = 0; i < t->group_count; i++) {
			if (t->groups[i] == g &&
			    log_find_own(v->log, topic_key(t), id, &found) == OK && found > *seq)
				*seq = found;
		}
	}
}

enum err view_find_own(const struct view *v, const struct subscriber *sub, struct slice id,
		       uint64_t *ret_seq)
{
	const struct group *g = sub->group;
	uint64_t seq = 0;

	for (size_t i = 0; i < g->pattern_count; i++) {
		uint64_t found;

		if (log_find_own(v->log, g->patterns[i], id, &found) == OK && found > seq)
			seq = found;
	}
	if (g->is_wild)
		find_in_matching(v, g, id, &seq);
	if (seq == 0)
		return E_NOT_FOUND;
	*ret_seq = seq;
	return OK;
}

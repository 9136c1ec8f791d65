/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/delivery.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define AT_END_SPAN_NS   (3 * NS_PER_S)
#define AT_END_SLACK_NS  (100 * NS_PER_MS)
#define BURSTY_EVENTS    3u
#define BURSTY_GAP_NS    (500 * NS_PER_MS)
#define BURSTY_LAG_NS    (400 * NS_PER_MS)
#define LIVE_BURSTS      3u
#define LIVE_EVENTS      2u
#define STAMPS_THAT_TELL 4u

struct burst {
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t bytes;
	uint64_t events;
	uint64_t comments;
};

struct bursts {
	struct burst list[DELIVERY_MAX_BURSTS];
	size_t count;
};

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t delivery_median(uint64_t *values, size_t n)
{
	if (n == 0)
		return 0;
	qsort(values, n, sizeof(values[0]), by_value);
	return values[n / 2];
}

uint64_t delivery_percentile(const uint64_t *sorted, size_t n, unsigned percent)
{
	size_t rank = (n * percent + 99) / 100;

	return n == 0 ? 0 : sorted[rank > 0 ? rank - 1 : 0];
}

static void collect_bursts(const struct transcript *t, struct bursts *b)
{
	for (size_t i = 0; i < t->read_count; i++) {
		const struct probe_read *read = &t->reads[i];
		struct burst *last = b->count > 0 ? &b->list[b->count - 1] : NULL;

		if (last == NULL || read->t_ns > last->last_ns + BURST_GAP_NS) {
			if (b->count == DELIVERY_MAX_BURSTS)
				return;
			last = &b->list[b->count++];
			*last = (struct burst){.first_ns = read->t_ns};
		}
		last->last_ns = read->t_ns;
		last->bytes += read->body;
	}
}

static void count_events(const struct transcript *t, struct bursts *b, struct delivery *d)
{
	size_t at = 0;

	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *record = &t->records[i];

		if (record->kind != RECORD_EVENT && record->kind != RECORD_COMMENT)
			continue;
		d->events++;
		while (at < b->count && b->list[at].last_ns < record->t_ns)
			at++;
		if (at == b->count)
			continue;
		b->list[at].events += record->kind == RECORD_EVENT;
		b->list[at].comments += record->kind == RECORD_COMMENT;
	}
	/* A comment beside an event is one message with it; alone it is a heartbeat. */
	for (size_t i = 0; i < b->count; i++)
		if (b->list[i].events == 0)
			b->list[i].events = b->list[i].comments;
}

static uint64_t longest_silence(const struct transcript *t)
{
	uint64_t before = t->head_ns;
	uint64_t longest = t->dropped_silence_ns;

	for (size_t i = 0; i <= t->read_count; i++) {
		uint64_t now = i < t->read_count ? t->reads[i].t_ns : t->end_ns;

		if (i == t->read_count && t->last_read_ns > before)
			before = t->last_read_ns;
		if (now > before && now - before > longest)
			longest = now - before;
		before = now > before ? now : before;
	}
	return longest;
}

/* Bursts but for the last, which is what was left, fill this many bytes; 0: they do not. */
static uint32_t quantum_of(const struct bursts *b)
{
	static const uint32_t sizes[] = {65536, 32768, 16384, 8192, 4096};

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		size_t fit = 0;

		for (size_t i = 0; i + 1 < b->count; i++)
			fit += b->list[i].bytes > 0 && b->list[i].bytes % sizes[s] == 0;
		if (fit >= 2 && fit * 2 >= b->count - 1)
			return sizes[s];
	}
	return 0;
}

static void measure_medians(const struct bursts *b, struct delivery *d)
{
	uint64_t values[DELIVERY_MAX_BURSTS];
	size_t n = 0;

	for (size_t i = 1; i < b->count; i++)
		values[n++] = b->list[i].first_ns - b->list[i - 1].last_ns;
	d->median_gap_ns = delivery_median(values, n);
	n = 0;
	for (size_t i = b->count > 1 ? 1 : 0; i < b->count; i++)
		values[n++] = b->list[i].events;
	d->median_events = (uint32_t)delivery_median(values, n);
}

bool delivery_number(struct slice data, struct slice key, uint64_t *ret)
{
	size_t digits = 0;

	while (data.len > 0 && !slice_starts(data, key))
		data = slice_from(data, 1);
	data = slice_trim(slice_from(data, key.len));
	while (digits < data.len && ascii_is_digit(data.ptr[digits]))
		digits++;
	return parse_u64(slice_upto(data, digits), ret) == OK;
}

bool delivery_sent_ns(struct slice data, uint64_t *ret_ns)
{
	uint64_t ms;

	if (delivery_number(data, SLICE("\"sinceNs\":"), ret_ns))
		return true;
	if (!delivery_number(data, SLICE("\"sentMs\":"), &ms) || ms > UINT64_MAX / NS_PER_MS)
		return false;
	*ret_ns = ms * NS_PER_MS;
	return true;
}

/* The time of arrival less that of sending, by clocks that may differ by any amount. */
static size_t collect_lags(const struct transcript *t, uint64_t lags[TRANSCRIPT_MAX_RECORDS])
{
	uint64_t first_ns = 0;
	size_t n = 0;

	for (size_t i = 0; i < t->record_count && n < TRANSCRIPT_MAX_RECORDS; i++) {
		uint64_t sent_ns;

		if (t->records[i].kind != RECORD_EVENT ||
		    !delivery_sent_ns(t->records[i].data, &sent_ns))
			continue;
		if (n == 0)
			first_ns = sent_ns;
		/* Wraps where an event was sent before the first: unsigned arithmetic undoes it. */
		lags[n++] = t->records[i].t_ns - (sent_ns - first_ns) + (1ULL << 62);
	}
	return n;
}

/* Only what one delay has above another is known. */
static void measure_lag(const struct transcript *t, struct delivery *d)
{
	uint64_t lags[TRANSCRIPT_MAX_RECORDS];
	size_t n = collect_lags(t, lags);

	if (n == 0)
		return;
	d->stamped = n;
	d->lag_median_ns = delivery_median(lags, n) - lags[0];
	d->lag_spread_ns = lags[n - 1] - lags[0];
}

void delivery_measure(const struct transcript *t, struct delivery *ret)
{
	struct bursts b;

	b.count = 0;
	memset(ret, 0, sizeof(*ret));
	if (t->head_ns == 0 || t->end_ns < t->head_ns)
		return;
	collect_bursts(t, &b);
	count_events(t, &b, ret);
	ret->bursts = b.count;
	ret->watched_ns = t->end_ns - t->head_ns;
	ret->silence_ns = longest_silence(t);
	if (b.count > 0 && t->end_ns > t->last_read_ns)
		ret->tail_ns = t->end_ns - t->last_read_ns;
	measure_medians(&b, ret);
	ret->quantum = quantum_of(&b);
	measure_lag(t, ret);
}

bool delivery_is_live(const struct delivery *d)
{
	return d->bursts >= LIVE_BURSTS && d->median_events <= LIVE_EVENTS && d->quantum == 0;
}

bool delivery_is_bursty(const struct delivery *d)
{
	if (d->stamped >= STAMPS_THAT_TELL)
		return d->lag_spread_ns >= BURSTY_LAG_NS && d->median_events >= LIVE_EVENTS;
	if (d->bursts < 2)
		return false;
	return (d->median_events >= BURSTY_EVENTS && d->median_gap_ns >= BURSTY_GAP_NS) ||
	       (d->quantum != 0 && d->median_events >= LIVE_EVENTS);
}

bool delivery_is_at_end(const struct transcript *t)
{
	if (!transcript_answered(t) || t->ending == ENDING_WE_CUT || t->body_ns == 0 ||
	    t->end_ns < t->sent_ns + AT_END_SPAN_NS)
		return false;
	return t->end_ns - t->body_ns <= AT_END_SLACK_NS;
}

uint64_t delivery_head_ns(const struct transcript *t)
{
	return t->head_ns > t->sent_ns ? t->head_ns - t->sent_ns : 0;
}

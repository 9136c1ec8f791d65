/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/hops.h"

#include <string.h>

#define AT_ONCE_NS     (500 * NS_PER_MS) /* a recording is played at once */
#define AT_ONCE_EVENTS 2u
#define JOINED_BURSTS  3u
#define JOINED_EVENTS  2u
#define STALL_FACTOR   3u
#define STALL_HEAD_NS  (1 * NS_PER_S)

struct slice hop_shape_name(enum hop_shape shape)
{
#define X(symbol, name) [symbol] = SLICE_INIT(name),
	static const struct slice names[] = {HOP_SHAPE_MAP(X)};
#undef X

	return names[shape];
}

struct slice hop_coded_name(enum hop_coded coded)
{
#define X(symbol, name) [symbol] = SLICE_INIT(name),
	static const struct slice names[] = {HOP_CODED_MAP(X)};
#undef X

	return names[coded];
}

struct slice hop_change_name(enum hop_change_kind kind)
{
#define X(symbol, name) [symbol] = SLICE_INIT(name),
	static const struct slice names[] = {HOP_CHANGE_MAP(X)};
#undef X

	return names[kind];
}

/* Delivery. */

static bool is_played_at_once(const struct transcript *t, const struct delivery *d)
{
	return t->ending != ENDING_WE_CUT && t->ending != ENDING_NONE && t->body_ns > 0 &&
	       d->events >= AT_ONCE_EVENTS && t->end_ns - t->sent_ns <= AT_ONCE_NS;
}

static enum hop_shape shape_of(const struct transcript *t, const struct delivery *d)
{
	if (!t || t->outcome == OUTCOME_NOT_SENT)
		return HOP_NO_ANSWER;
	if (!transcript_answered(t))
		return t->outcome == OUTCOME_TIMED_OUT && t->sent_ns > 0 ? HOP_MUTE : HOP_NO_ANSWER;
	if (!transcript_is_stream(t))
		return HOP_NO_STREAM;
	if (is_played_at_once(t, d))
		return HOP_RECORDING;
	if (delivery_is_at_end(t))
		return HOP_AT_END;
	if (t->text != TEXT_READ)
		return HOP_SPARSE;
	if (delivery_is_bursty(d))
		return HOP_BURSTS;
	if (d->bursts >= JOINED_BURSTS && d->median_events >= JOINED_EVENTS)
		return HOP_JOINED;
	return d->bursts >= 2 ? HOP_LIVE : HOP_SPARSE;
}

/* Bursts in ten seconds: what transcripts of different length have in common. */
static uint64_t pace_of(const struct delivery *d)
{
	return d->watched_ns == 0 ? 0 : d->bursts * 10 * NS_PER_S / d->watched_ns;
}

static enum hop_coded coded_of(const struct hop_row *row, const struct transcript *gzip)
{
	struct delivery d;

	if (!gzip || gzip->outcome == OUTCOME_NOT_SENT)
		return HOP_NOT_ASKED;
	if (gzip->outcome == OUTCOME_TIMED_OUT && gzip->sent_ns > 0 && row->shape != HOP_MUTE)
		return HOP_CODED_STALLS;
	if (!transcript_is_stream(gzip))
		return HOP_NOT_ASKED;
	if (!transcript_field(gzip, SLICE("Content-Encoding")).ptr)
		return HOP_PLAIN;
	delivery_measure(gzip, &d);
	if (row->shape == HOP_LIVE && (pace_of(&d) * STALL_FACTOR < pace_of(&row->delivery) ||
				       delivery_head_ns(gzip) > STALL_HEAD_NS))
		return HOP_CODED_STALLS;
	return HOP_CODED_LIVE;
}

static void fill_row(const struct audit_run *run, size_t hop, struct hop_row *row)
{
	const struct transcript *gzip =
		audit_find_hop(run, hop == 0 ? PROBE_GZIP : PROBE_VIA_GZIP, hop);

	row->hop = hop;
	row->t = audit_find_hop(run, hop == 0 ? PROBE_BASELINE : PROBE_VIA, hop);
	if (row->t)
		delivery_measure(row->t, &row->delivery);
	row->shape = shape_of(row->t, &row->delivery);
	row->coded = coded_of(row, gzip);
}

/* Latency: clocks differ by any amount, so that the quickest event of all hops is the zero. */

/* Wraps, and wraps back when two are subtracted. */
static uint64_t lag_of(const struct record *record, uint64_t sent_ns)
{
	return record->t_ns - sent_ns;
}

static bool is_less(uint64_t a, uint64_t b)
{
	return a - b > UINT64_MAX / 2;
}

static bool find_zero(const struct hop_table *table, uint64_t *ret)
{
	bool found = false;

	for (size_t i = 0; i < table->count; i++) {
		const struct transcript *t = table->rows[i].t;

		for (size_t n = 0; t && n < t->record_count; n++) {
			uint64_t sent_ns;

			if (t->records[n].kind != RECORD_EVENT ||
			    !delivery_sent_ns(t->records[n].data, &sent_ns))
				continue;
			uint64_t lag = lag_of(&t->records[n], sent_ns);
			if (!found || is_less(lag, *ret))
				*ret = lag;
			found = true;
		}
	}
	return found;
}

/* Numbers between the first and the last that did not come. */
static void count_missing(const struct transcript *t, struct hop_latency *l)
{
	uint64_t first = 0, last = 0, seen = 0;

	for (size_t i = 0; i < t->record_count; i++) {
		uint64_t seq;

		if (t->records[i].kind != RECORD_EVENT ||
		    !delivery_number(t->records[i].data, SLICE("\"seq\":"), &seq) ||
		    (seen > 0 && seq <= last))
			continue;
		first = seen == 0 ? seq : first;
		last = seq;
		seen++;
	}
	if (seen > 1)
		l->missing = last - first + 1 - seen;
}

/* An event that was sent before the request was stands in a history: its delay tells nothing. */
static void measure_latency(struct hop_row *row, uint64_t zero)
{
	uint64_t delays[TRANSCRIPT_MAX_RECORDS];
	const struct transcript *t = row->t;
	size_t n = 0;

	for (size_t i = 0; t && i < t->record_count && n < TRANSCRIPT_MAX_RECORDS; i++) {
		const struct record *record = &t->records[i];
		uint64_t sent_ns, delay;

		if (record->kind != RECORD_EVENT || !delivery_sent_ns(record->data, &sent_ns))
			continue;
		delay = lag_of(record, sent_ns) - zero;
		if (delay <= record->t_ns - t->sent_ns)
			delays[n++] = delay;
	}
	row->latency.events = n;
	row->latency.p50_ns = delivery_median(delays, n); /* sorts */
	row->latency.p99_ns = delivery_percentile(delays, n, 99);
	row->latency.max_ns = delivery_percentile(delays, n, 100);
	if (n > 0)
		count_missing(t, &row->latency);
}

/* Fields. */

static bool has_head(const struct hop_row *row)
{
	return row->t && transcript_answered(row->t);
}

static struct slice nth_line(const struct hop_row *row, struct slice field, size_t nth)
{
	for (size_t i = 0; has_head(row) && i < row->t->field_count; i++) {
		const struct http_field *f = &row->t->fields[i];

		if (slice_eq_nocase(f->name, field) && nth-- == 0)
			return f->value;
	}
	return SLICE_NONE;
}

size_t hops_field_lines(const struct hop_row *row, struct slice field)
{
	size_t n = 0;

	while (nth_line(row, field, n).ptr)
		n++;
	return n;
}

static bool has_same_lines(const struct hop_row *a, const struct hop_row *b, struct slice field)
{
	size_t n = hops_field_lines(a, field);

	if (n != hops_field_lines(b, field))
		return false;
	while (n-- > 0) {
		if (!slice_eq(nth_line(a, field, n), nth_line(b, field, n)))
			return false;
	}
	return true;
}

bool hops_field_is_same(const struct hop_table *table, struct slice field)
{
	const struct hop_row *first = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct hop_row *row = &table->rows[i];

		if (!has_head(row))
			continue;
		if (first && !has_same_lines(first, row, field))
			return false;
		first = row;
	}
	return true;
}

/* Of one connection, or different each time by nature: a hop that changes them does right. */
static bool is_of_hop(struct slice name)
{
	static const struct slice names[] = {
		SLICE_INIT("Connection"),        SLICE_INIT("Date"),       SLICE_INIT("Keep-Alive"),
		SLICE_INIT("Transfer-Encoding"), SLICE_INIT("Set-Cookie"), SLICE_INIT("Age"),
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_eq_nocase(names[i], name))
			return true;
	}
	return false;
}

static void add_field(struct hop_table *table, struct slice name)
{
	for (size_t i = 0; i < table->field_count; i++) {
		if (slice_eq_nocase(table->fields[i], name))
			return;
	}
	if (table->field_count < HOPS_MAX_FIELDS)
		table->fields[table->field_count++] = name;
}

static void collect_fields(struct hop_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct hop_row *row = &table->rows[i];

		for (size_t n = 0; has_head(row) && n < row->t->field_count; n++)
			add_field(table, row->t->fields[n].name);
	}
}

/* Changes. */

static void add_change(struct hop_table *table, struct hop_change change)
{
	if (table->change_count < HOPS_MAX_CHANGES)
		table->changes[table->change_count++] = change;
	else
		table->changes_dropped++;
}

static void compare_field(struct hop_table *table, const struct hop_row *before,
			  const struct hop_row *after, struct slice field)
{
	size_t had = hops_field_lines(before, field);
	size_t has = hops_field_lines(after, field);
	struct hop_change change = {.hop = after->hop,
				    .field = field,
				    .before = nth_line(before, field, 0),
				    .after = nth_line(after, field, 0)};

	if (has_same_lines(before, after, field))
		return;
	if (has == 0)
		change.kind = HOP_DROPPED;
	else if (had == 0)
		change.kind = HOP_ADDED;
	else
		change.kind = has > had ? HOP_DOUBLED : HOP_CHANGED;
	if (change.kind == HOP_DOUBLED)
		change.after = nth_line(after, field, has - 1);
	add_change(table, change);
}

/* True where `after` holds back what `before` let through. */
static bool is_slower(const struct hop_row *before, const struct hop_row *after)
{
	bool held = after->shape == HOP_MUTE || after->shape == HOP_BURSTS ||
		    after->shape == HOP_AT_END;

	return held && (before->shape == HOP_LIVE || before->shape == HOP_JOINED ||
			before->shape == HOP_SPARSE);
}

/* RFC 9111 5.1: Age is there only where a cache answers from what it stored. */
static bool has_age(const struct transcript *t)
{
	struct slice age = t ? transcript_field(t, SLICE("Age")) : SLICE_NONE;

	return age.ptr && !slice_eq(age, SLICE("0"));
}

static bool replays(const struct hop_table *table, const struct hop_row *before,
		    const struct hop_row *after)
{
	const struct transcript *again = audit_find(table->run, PROBE_REPEAT);
	struct delivery d;

	if (before->shape == HOP_RECORDING || has_age(before->t))
		return false;
	if (after->shape == HOP_RECORDING || has_age(after->t))
		return true;
	if (after->hop != 0 || !again || !transcript_is_stream(again))
		return false;
	if (has_age(again))
		return true;
	delivery_measure(again, &d);
	return is_played_at_once(again, &d);
}

static void compare_rows(struct hop_table *table, const struct hop_row *before,
			 const struct hop_row *after)
{
	if (is_slower(before, after))
		add_change(table, (struct hop_change){.kind = HOP_BUFFERS, .hop = after->hop});
	if (after->shape == HOP_JOINED && before->shape == HOP_LIVE)
		add_change(table, (struct hop_change){.kind = HOP_JOINS, .hop = after->hop});
	if (replays(table, before, after))
		add_change(table, (struct hop_change){.kind = HOP_REPLAYS, .hop = after->hop});
	if (after->coded == HOP_CODED_STALLS && before->coded != HOP_CODED_STALLS)
		add_change(table, (struct hop_change){.kind = HOP_COMPRESSES, .hop = after->hop});
	for (size_t i = 0; has_head(before) && has_head(after) && i < table->field_count; i++) {
		if (!is_of_hop(table->fields[i]))
			compare_field(table, before, after, table->fields[i]);
	}
}

void hops_compare(const struct audit_run *run, struct hop_table *ret)
{
	uint64_t zero = 0;

	memset(ret, 0, sizeof(*ret));
	ret->run = run;
	if (run->hop_count < 2)
		return;
	for (size_t hop = 1; hop <= run->hop_count; hop++)
		fill_row(run, hop % run->hop_count, &ret->rows[ret->count++]);
	collect_fields(ret);
	if (find_zero(ret, &zero)) {
		for (size_t i = 0; i < ret->count; i++)
			measure_latency(&ret->rows[i], zero);
	}
	for (size_t i = 1; i < ret->count; i++)
		compare_rows(ret, &ret->rows[i - 1], &ret->rows[i]);
}

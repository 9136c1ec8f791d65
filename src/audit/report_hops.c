/* SPDX-License-Identifier: Apache-2.0 */
/* report_hops.c - the table of hops, for people and for programs. */
#include "audit/hops.h"
#include "audit/report.h"
#include "base/text.h"
#include "policy/json.h"

#define MAX_VALUE 48u /* bytes of a field that the text shows */
#define MAX_CELL  96u

static struct slice name_of(const struct hop_table *table, size_t hop)
{
	return table->run->hops[hop].name;
}

/* As the text of the report says it; below 10 ms in tenths: hops differ by little. */
static void put_delay(struct writer *w, uint64_t ns)
{
	if (ns >= 10 * NS_PER_MS) {
		report_time(w, ns);
		return;
	}
	put_u64(w, ns / NS_PER_MS);
	put_char(w, '.');
	put_u64(w, ns % NS_PER_MS / (NS_PER_MS / 10));
	put(w, SLICE(" ms"));
}

/* Text. */

static void put_cell(struct writer *w, struct slice s, size_t width)
{
	put(w, s);
	for (size_t i = s.len; i < width || i == s.len; i++)
		put_char(w, ' ');
}

static void put_delivery(struct writer *w, const struct hop_row *row)
{
	const struct delivery *d = &row->delivery;
	char room[MAX_CELL];
	struct writer cell;

	writer_init(&cell, room, sizeof(room));
	put(&cell, hop_shape_name(row->shape));
	if (row->shape >= HOP_SPARSE) {
		put(&cell, SLICE(": "));
		put_u64(&cell, d->events);
		put(&cell, SLICE(" in "));
		put_u64(&cell, d->bursts);
		put(&cell, SLICE(" bursts"));
	}
	if (d->quantum > 0) {
		put(&cell, SLICE(" of "));
		put_u64(&cell, d->quantum);
		put(&cell, SLICE(" B"));
	}
	put_cell(w, writer_slice(&cell), 38);
}

static void put_latency(struct writer *w, const struct hop_latency *l)
{
	if (l->events == 0) {
		put_char(w, '-');
		return;
	}
	put_delay(w, l->p50_ns);
	put(w, SLICE(" / "));
	put_delay(w, l->p99_ns);
	put(w, SLICE(" / "));
	put_delay(w, l->max_ns);
	if (l->missing > 0) {
		put(w, SLICE(", missing "));
		put_u64(w, l->missing);
	}
}

static void put_row(struct writer *w, const struct hop_table *table, const struct hop_row *row)
{
	char room[MAX_CELL];
	struct writer cell;

	put(w, SLICE("   "));
	writer_init(&cell, room, sizeof(room));
	report_visible(&cell, name_of(table, row->hop));
	put_cell(w, writer_slice(&cell), 14);
	writer_init(&cell, room, sizeof(room));
	if (row->t && transcript_answered(row->t))
		report_time(&cell, delivery_head_ns(row->t));
	else
		put_char(&cell, '-');
	put_cell(w, writer_slice(&cell), 10);
	put_delivery(w, row);
	put_cell(w, hop_coded_name(row->coded), 24);
	put_latency(w, &row->latency);
	put_char(w, '\n');
}

static void put_value(struct writer *w, struct slice value)
{
	put_char(w, '\'');
	report_visible(w, slice_upto(value, MAX_VALUE));
	put(w, value.len > MAX_VALUE ? SLICE("...'") : SLICE("'"));
}

static bool is_of_delivery(enum hop_change_kind kind)
{
	return kind == HOP_JOINS || kind == HOP_BUFFERS || kind == HOP_COMPRESSES ||
	       kind == HOP_REPLAYS;
}

static void put_change(struct writer *w, const struct hop_table *table,
		       const struct hop_change *change)
{
	put(w, SLICE("   "));
	report_visible(w, name_of(table, change->hop));
	put_char(w, ' ');
	put(w, hop_change_name(change->kind));
	if (!is_of_delivery(change->kind)) {
		put_char(w, ' ');
		report_visible(w, change->field);
		put(w, SLICE(": "));
		if (change->kind != HOP_ADDED)
			put_value(w, change->before);
		if (change->kind == HOP_CHANGED || change->kind == HOP_DOUBLED)
			put(w, change->kind == HOP_CHANGED ? SLICE(" to ") : SLICE(" and "));
		if (change->kind != HOP_DROPPED)
			put_value(w, change->after);
	}
	put_char(w, '\n');
}

void report_hops_text(struct writer *w, const struct audit_run *run)
{
	struct hop_table table;

	hops_compare(run, &table);
	if (table.count == 0)
		return;
	put(w, SLICE("\nhops, from the program outwards\n   "));
	put_cell(w, SLICE("hop"), 14);
	put_cell(w, SLICE("head"), 10);
	put_cell(w, SLICE("delivery"), 38);
	put_cell(w, SLICE("gzip"), 24);
	put(w, SLICE("latency p50 / p99 / max\n"));
	for (size_t i = 0; i < table.count; i++)
		put_row(w, &table, &table.rows[i]);
	for (size_t i = 0; i < table.change_count; i++)
		put_change(w, &table, &table.changes[i]);
	if (table.change_count == 0)
		put(w, SLICE("   no hop changed a field or held anything back\n"));
	if (table.changes_dropped > 0) {
		put(w, SLICE("   and more: "));
		put_u64(w, table.changes_dropped);
		put_char(w, '\n');
	}
}

/* JSON. */

static void put_number(struct writer *w, struct slice key, uint64_t value)
{
	put_char(w, ',');
	put_json(w, key);
	put_char(w, ':');
	put_u64(w, value);
}

/* Line by line, in order; cookies are nobody's business. */
static void put_fields(struct writer *w, const struct hop_row *row)
{
	put(w, SLICE(",\"fields\":["));
	for (size_t i = 0; row->t && i < row->t->field_count; i++) {
		put(w, i > 0 ? SLICE(",{") : SLICE("{"));
		put_json_pair(w, SLICE("name"), row->t->fields[i].name);
		if (!slice_eq_nocase(row->t->fields[i].name, SLICE("Set-Cookie")))
			put_json_next(w, SLICE("value"), row->t->fields[i].value);
		put_char(w, '}');
	}
	put_char(w, ']');
}

static void put_json_latency(struct writer *w, const struct hop_latency *l)
{
	put(w, SLICE(",\"latency\":"));
	if (l->events == 0) {
		put(w, SLICE("null"));
		return;
	}
	put(w, SLICE("{\"events\":"));
	put_u64(w, l->events);
	put_number(w, SLICE("missing"), l->missing);
	put_number(w, SLICE("p50Us"), l->p50_ns / 1000);
	put_number(w, SLICE("p99Us"), l->p99_ns / 1000);
	put_number(w, SLICE("maxUs"), l->max_ns / 1000);
	put_char(w, '}');
}

static void put_json_row(struct writer *w, const struct hop_table *table, const struct hop_row *row)
{
	const struct delivery *d = &row->delivery;

	put_char(w, '{');
	put_json_pair(w, SLICE("name"), name_of(table, row->hop));
	put_json_next(w, SLICE("url"),
		      row->hop == 0 ? table->run->target : table->run->hops[row->hop].url);
	put_number(w, SLICE("status"), row->t ? row->t->status : 0);
	put_number(w, SLICE("headMs"), row->t ? delivery_head_ns(row->t) / NS_PER_MS : 0);
	put_json_next(w, SLICE("delivery"), hop_shape_name(row->shape));
	put_json_next(w, SLICE("gzip"), hop_coded_name(row->coded));
	put_number(w, SLICE("events"), d->events);
	put_number(w, SLICE("bursts"), d->bursts);
	put_number(w, SLICE("eventsPerBurst"), d->median_events);
	put_number(w, SLICE("burstGapMs"), d->median_gap_ns / NS_PER_MS);
	put_number(w, SLICE("quantum"), d->quantum);
	put_number(w, SLICE("silenceMs"), d->silence_ns / NS_PER_MS);
	put_json_latency(w, &row->latency);
	put_fields(w, row);
	put_char(w, '}');
}

static void put_json_change(struct writer *w, const struct hop_table *table,
			    const struct hop_change *change)
{
	put_char(w, '{');
	put_json_pair(w, SLICE("hop"), name_of(table, change->hop));
	put_json_next(w, SLICE("change"), hop_change_name(change->kind));
	if (!is_of_delivery(change->kind)) {
		put_json_next(w, SLICE("field"), change->field);
		if (change->before.ptr)
			put_json_next(w, SLICE("before"), change->before);
		if (change->after.ptr)
			put_json_next(w, SLICE("after"), change->after);
	}
	put_char(w, '}');
}

void report_hops_json(struct writer *w, const struct audit_run *run)
{
	struct hop_table table;

	hops_compare(run, &table);
	if (table.count == 0)
		return;
	put(w, SLICE(",\"hops\":["));
	for (size_t i = 0; i < table.count; i++) {
		put(w, i > 0 ? SLICE(",") : SLICE(""));
		put_json_row(w, &table, &table.rows[i]);
	}
	put(w, SLICE("],\"changes\":["));
	for (size_t i = 0; i < table.change_count; i++) {
		put(w, i > 0 ? SLICE(",") : SLICE(""));
		put_json_change(w, &table, &table.changes[i]);
	}
	put_char(w, ']');
}

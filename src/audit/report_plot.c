/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/report_plot.h"

#include "audit/delivery.h"
#include "audit/markup.h"

/* In units of the drawing. */
#define LABEL_WIDTH 1800u
#define TIME_WIDTH  7900u
#define LANE_HEIGHT 360u
#define MARK_MIN    60u
#define MARK_STEP   14u /* for each doubling of the bytes */
#define MARK_WIDTH  16u
#define RING_RADIUS 60u
#define AXIS_HEIGHT 300u
#define MAX_GRID    12u

struct plot {
	const struct transcript *lanes[PLOT_MAX_LANES];
	size_t count;
	uint64_t span_ns;
};

static bool is_drawn(const struct transcript *t)
{
	return transcript_is_stream(t) && t->read_count > 0 &&
	       (t->kind <= PROBE_OTHER_FAMILY || t->kind == PROBE_VIA || t->kind == PROBE_SOAK ||
		t->kind == PROBE_RESUME);
}

static struct plot plan(const struct audit_run *run)
{
	struct plot plot = {.count = 0, .span_ns = NS_PER_S};

	for (size_t i = 0; i < run->transcript_count && plot.count < PLOT_MAX_LANES; i++) {
		const struct transcript *t = &run->transcripts[i];

		if (!is_drawn(t))
			continue;
		plot.lanes[plot.count++] = t;
		if (t->end_ns > t->sent_ns && t->end_ns - t->sent_ns > plot.span_ns)
			plot.span_ns = t->end_ns - t->sent_ns;
	}
	return plot;
}

/* In ms: the product stays small whatever the span is. */
static uint64_t x_of(const struct plot *plot, uint64_t since_ns)
{
	uint64_t span_ms = plot->span_ns / NS_PER_MS + 1;
	uint64_t at_ms = since_ns / NS_PER_MS;

	if (span_ms == 0)
		return LABEL_WIDTH;
	return LABEL_WIDTH + (at_ms < span_ms ? at_ms : span_ms) * TIME_WIDTH / span_ms;
}

static void put_number(struct writer *w, struct slice name, uint64_t value)
{
	put_char(w, ' ');
	put(w, name);
	put(w, SLICE("=\""));
	put_u64(w, value);
	put_char(w, '"');
}

static void put_rect(struct writer *w, struct slice kind, uint64_t x, uint64_t y, uint64_t width,
		     uint64_t height)
{
	put(w, SLICE("<rect class=\""));
	put(w, kind);
	put_char(w, '"');
	put_number(w, SLICE("x"), x);
	put_number(w, SLICE("y"), y);
	put_number(w, SLICE("width"), width);
	put_number(w, SLICE("height"), height);
	put(w, SLICE("/>"));
}

static uint64_t mark_height(uint64_t bytes)
{
	uint64_t height = MARK_MIN;

	for (; bytes > 1; bytes /= 2)
		height += MARK_STEP;
	return height < LANE_HEIGHT - 60 ? height : LANE_HEIGHT - 60;
}

static uint64_t since_request(const struct transcript *t, uint64_t at_ns)
{
	return at_ns > t->sent_ns ? at_ns - t->sent_ns : 0;
}

static void put_bar(struct writer *w, uint64_t x, uint64_t floor_y, uint64_t bytes)
{
	uint64_t height = mark_height(bytes);

	put_rect(w, SLICE("read"), x, floor_y - height, MARK_WIDTH, height);
}

/* Bars that would cover each other are one, so that a lane has no more of them than fit. */
static void put_reads(struct writer *w, const struct plot *plot, const struct transcript *t,
		      uint64_t floor_y)
{
	uint64_t at = 0, bytes = 0;

	for (size_t i = 0; i < t->read_count; i++) {
		uint64_t x = x_of(plot, since_request(t, t->reads[i].t_ns));

		if (i > 0 && x - at >= MARK_WIDTH + 4) {
			put_bar(w, at, floor_y, bytes);
			bytes = 0;
		}
		at = bytes == 0 ? x : at;
		bytes += t->reads[i].body;
	}
	put_bar(w, at, floor_y, bytes);
}

static void put_ring(struct writer *w, uint64_t x, uint64_t y)
{
	put(w, SLICE("<circle class=\"head\""));
	put_number(w, SLICE("cx"), x);
	put_number(w, SLICE("cy"), y);
	put_number(w, SLICE("r"), RING_RADIUS);
	put(w, SLICE("/>"));
}

static void put_cross(struct writer *w, uint64_t x, uint64_t y)
{
	put(w, SLICE("<path class=\"end\" d=\"M"));
	put_u64(w, x - RING_RADIUS);
	put_char(w, ' ');
	put_u64(w, y - RING_RADIUS);
	put(w, SLICE("l120 120m0-120l-120 120\"/>"));
}

static void put_name(struct writer *w, const struct report *r, const struct transcript *t)
{
	bool at_hop = t->hop > 0 && t->hop < r->run->hop_count;

	put_markup(w, at_hop ? r->run->hops[t->hop].name : probes[t->kind].name);
	if (t->variant.len > 0 && !at_hop) {
		put_char(w, ' ');
		put_markup(w, t->variant);
	}
}

static void put_label(struct writer *w, const struct report *r, const struct transcript *t,
		      uint64_t floor_y)
{
	put(w, SLICE("<text x=\"0\""));
	put_number(w, SLICE("y"), floor_y - 90);
	put_char(w, '>');
	put_name(w, r, t);
	put(w, SLICE("</text>"));
}

static void put_lane(struct writer *w, const struct report *r, const struct plot *plot, size_t lane)
{
	const struct transcript *t = plot->lanes[lane];
	uint64_t floor_y = (lane + 1) * LANE_HEIGHT;

	put(w, SLICE("<g>"));
	put_label(w, r, t, floor_y);
	put_rect(w, SLICE("floor"), LABEL_WIDTH, floor_y, TIME_WIDTH, 6);
	put_reads(w, plot, t, floor_y);
	if (t->head_ns > t->sent_ns)
		put_ring(w, x_of(plot, t->head_ns - t->sent_ns), floor_y - LANE_HEIGHT + 110);
	if (t->ending != ENDING_WE_CUT && t->end_ns > t->sent_ns)
		put_cross(w, x_of(plot, t->end_ns - t->sent_ns), floor_y - LANE_HEIGHT / 2);
	put(w, SLICE("</g>\n"));
}

/* Seconds between two lines of the grid: 1, 2, 5, 10, 20, ... */
static uint64_t grid_step_s(uint64_t span_s)
{
	static const uint64_t steps[] = {1, 2, 5};
	uint64_t scale = 1;

	for (size_t i = 0;; i++) {
		uint64_t step = steps[i % 3] * scale;

		if (span_s / step <= MAX_GRID)
			return step;
		if (i % 3 == 2)
			scale *= 10;
	}
}

static void put_axis(struct writer *w, const struct plot *plot)
{
	uint64_t span_s = plot->span_ns / NS_PER_S;
	uint64_t step = grid_step_s(span_s);
	uint64_t bottom = plot->count * LANE_HEIGHT;

	for (uint64_t s = 0; s <= span_s; s += step) {
		put_rect(w, SLICE("grid"), x_of(plot, s * NS_PER_S), 0, 4, bottom);
		put(w, SLICE("<text class=\"time\""));
		put_number(w, SLICE("x"), x_of(plot, s * NS_PER_S));
		put_number(w, SLICE("y"), bottom + 200);
		put_char(w, '>');
		put_u64(w, s);
		put(w, SLICE(" s</text>"));
	}
	put_char(w, '\n');
}

/* The longest time without a byte, from the request to the end. */
static uint64_t silence_of(const struct transcript *t)
{
	uint64_t last = 0, longest = t->dropped_silence_ns;

	for (size_t i = 0; i <= t->read_count; i++) {
		uint64_t at = since_request(t, i < t->read_count ? t->reads[i].t_ns : t->end_ns);

		if (i == t->read_count && t->reads_dropped > 0)
			last = since_request(t, t->last_read_ns);
		if (at > last && at - last > longest)
			longest = at - last;
		last = at;
	}
	return longest;
}

static void put_line(struct writer *w, const struct report *r, const struct transcript *t)
{
	put(w, SLICE("<tr><th scope=\"row\">"));
	put_name(w, r, t);
	put(w, SLICE("</th><td>"));
	report_time(w, since_request(t, t->head_ns));
	put(w, SLICE("</td><td>"));
	put_u64(w, t->read_count + t->reads_dropped);
	put(w, SLICE("</td><td>"));
	put_u64(w, t->body_len);
	put(w, SLICE("</td><td>"));
	report_time(w, silence_of(t));
	put(w, SLICE("</td><td>"));
	put_markup(w, ending_text(t->ending));
	put(w, SLICE("</td></tr>\n"));
}

static void put_table(struct writer *w, const struct report *r, const struct plot *plot)
{
	put(w, SLICE("<details><summary>The same as a table</summary><table><thead><tr>"
		     "<th scope=\"col\">Stream</th><th scope=\"col\">Head after</th>"
		     "<th scope=\"col\">Reads</th><th scope=\"col\">Bytes</th>"
		     "<th scope=\"col\">Longest silence</th><th scope=\"col\">Ended</th></tr>"
		     "</thead><tbody>\n"));
	for (size_t i = 0; i < plot->count; i++)
		put_line(w, r, plot->lanes[i]);
	put(w, SLICE("</tbody></table></details>\n"));
}

void report_plot(struct writer *w, const struct report *r)
{
	struct plot plot = plan(r->run);

	if (plot.count == 0)
		return;
	put(w, SLICE("<section><h2>Arrivals</h2>\n<svg role=\"img\" aria-label=\"When the bytes "
		     "of each stream arrived; a table of it follows\" viewBox=\"0 0 10000 "));
	put_u64(w, plot.count * LANE_HEIGHT + AXIS_HEIGHT);
	put(w, SLICE("\">\n"));
	put_axis(w, &plot);
	for (size_t i = 0; i < plot.count; i++)
		put_lane(w, r, &plot, i);
	put(w,
	    SLICE("</svg>\n<p class=\"soft\">Seconds since the request. A ring is the head, a "
		  "bar a read, higher for more bytes, a cross the end where it was not the audit "
		  "that cut.</p>\n"));
	put_table(w, r, &plot);
	put(w, SLICE("</section>\n"));
}

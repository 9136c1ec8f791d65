/* SPDX-License-Identifier: Apache-2.0 */
#include "load/report.h"

#define REPORT_UNKNOWN UINT64_MAX
#define LABEL_WIDTH    41u

enum report_unit {
	REPORT_COUNT,
	REPORT_RATE, /* a second */
	REPORT_BYTES,
	REPORT_TIME, /* nanoseconds */
};

struct figure {
	struct slice key;
	struct slice label;
	enum report_unit unit;
	uint64_t value;
};

uint64_t report_lost(const struct report *r)
{
	uint64_t expected = r->published * r->open;

	return expected > r->tally.delivered ? expected - r->tally.delivered : 0;
}

bool report_is_clean(const struct report *r)
{
	if (r->tally.duplicate > 0 || r->tally.out_of_order > 0)
		return false;
	if (r->closed > 0 || r->broken > 0 || r->damaged > 0)
		return false;
	if (r->partial)
		return true;
	return r->open == r->streams && r->published == r->events && report_lost(r) == 0;
}

static uint64_t per_second(uint64_t n, uint64_t ns)
{
	if (n == 0 || ns == 0)
		return REPORT_UNKNOWN;
	return (uint64_t)((double)n * 1e9 / (double)ns);
}

static uint64_t latency(const struct report *r, unsigned per_mille)
{
	return r->latency.count > 0 ? histogram_at(&r->latency, per_mille) : REPORT_UNKNOWN;
}

static uint64_t cpu_each(const struct report *r, uint64_t cpu_ns, uint64_t n)
{
	return r->has_server && n > 0 ? cpu_ns / n : REPORT_UNKNOWN;
}

/* Memory that shrank while streams opened says nothing about a stream: 0. */
static uint64_t anon_each(const struct report *r)
{
	if (!r->has_server || r->open == 0)
		return REPORT_UNKNOWN;
	return r->anon_idle > r->anon_before ? (r->anon_idle - r->anon_before) / r->open : 0;
}

#define X(key, label, unit, value) +1
enum {
	FIGURES = 0
#include "load/report.def"
};
#undef X

static void figures_of(const struct report *r, struct figure ret_figures[FIGURES])
{
	const struct figure figures[FIGURES] = {
#define X(key, label, unit, value) {SLICE_INIT(key), SLICE_INIT(label), unit, value},
#include "load/report.def"
#undef X
	};

	for (unsigned i = 0; i < FIGURES; i++)
		ret_figures[i] = figures[i];
}

/* Thousandths of `unit_ns`, rounded down, as a decimal number: 1.204. */
static void put_thousandths(struct writer *w, uint64_t ns, uint64_t unit_ns)
{
	uint64_t rest = ns % unit_ns * 1000 / unit_ns;

	put_u64(w, ns / unit_ns);
	put_char(w, '.');
	if (rest < 100)
		put_char(w, '0');
	if (rest < 10)
		put_char(w, '0');
	put_u64(w, rest);
}

static void put_time(struct writer *w, uint64_t ns)
{
	if (ns < 1000000) {
		put_thousandths(w, ns, 1000);
		put(w, SLICE(" us"));
		return;
	}
	put_thousandths(w, ns, 1000000);
	put(w, SLICE(" ms"));
}

static void put_figure(struct writer *w, const struct figure *f)
{
	if (f->value == REPORT_UNKNOWN) {
		put_char(w, '-');
		return;
	}
	if (f->unit == REPORT_TIME) {
		put_time(w, f->value);
		return;
	}
	put_u64(w, f->value);
	if (f->unit == REPORT_RATE)
		put(w, SLICE("/s"));
	if (f->unit == REPORT_BYTES)
		put(w, SLICE(" bytes"));
}

void report_put_text(struct writer *w, const struct report *r)
{
	struct figure figures[FIGURES];

	figures_of(r, figures);
	put(w, r->target);
	put(w, r->partial ? SLICE(" (partial)\n") : SLICE("\n"));
	for (unsigned i = 0; i < FIGURES; i++) {
		put(w, SLICE("  "));
		put(w, figures[i].label);
		for (size_t at = figures[i].label.len; at < LABEL_WIDTH; at++)
			put_char(w, ' ');
		put_figure(w, &figures[i]);
		put_char(w, '\n');
	}
}

void report_put_json(struct writer *w, const struct report *r)
{
	struct figure figures[FIGURES];

	figures_of(r, figures);
	put(w, SLICE("{\"target\":"));
	put_json(w, r->target);
	put(w, r->partial ? SLICE(",\"partial\":true") : SLICE(",\"partial\":false"));
	for (unsigned i = 0; i < FIGURES; i++) {
		put_char(w, ',');
		put_json(w, figures[i].key);
		put_char(w, ':');
		if (figures[i].value == REPORT_UNKNOWN)
			put(w, SLICE("null"));
		else
			put_u64(w, figures[i].value);
	}
	put(w, SLICE("}\n"));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/metrics.h"

#include <stddef.h>
#include <string.h>

/* Where the samples of a metric are. */
enum source {
	FROM_COUNTERS,
	FROM_STATE,
	FROM_NOWHERE, /* one sample, 1 */
};

enum label_set {
	LABELS_NONE,
	LABELS_CLOSE,
	LABELS_REFUSAL,
	LABELS_END,
	LABELS_FAULT,
	LABELS_VERSION,
};

struct metric {
	struct slice name;
	struct slice type;
	struct slice help;
	enum label_set labels;
	enum source source;
	size_t offset; /* of the first sample in its struct */
	size_t count;  /* samples, the one of "no refusal" or "no fault" among them */
};

#define COUNT_IN(s, field) (sizeof(((struct s *)0)->field) / sizeof(uint64_t))

/* A counter without a row would neither be added up nor shown. */
#define COUNTED(field) +COUNT_IN(engine_counters, field)
#define STATE(field)
#define ALWAYS_ONE
#define X(name, type, source, labels, help) source
enum {
	COUNTERS_SHOWN = 0
#include "stream/metrics.def"
};
_Static_assert(COUNTERS_SHOWN == sizeof(struct engine_counters) / sizeof(uint64_t),
	       "each counter has one row in stream/metrics.def");
#undef COUNTED
#undef STATE
#undef ALWAYS_ONE
#undef X

#define COUNTED(field)                                                                             \
	.source = FROM_COUNTERS, .offset = offsetof(struct engine_counters, field),                \
	.count = COUNT_IN(engine_counters, field)
#define STATE(field)                                                                               \
	.source = FROM_STATE, .offset = offsetof(struct metrics_state, field), .count = 1
#define ALWAYS_ONE .source = FROM_NOWHERE, .count = 1

static const struct metric metrics[] = {
#define X(name_, type_, source, labels_, help_)                                                    \
	{.name = SLICE_INIT(name_),                                                                \
	 .type = SLICE_INIT(type_),                                                                \
	 .help = SLICE_INIT(help_),                                                                \
	 .labels = LABELS_##labels_,                                                               \
	 source},
#include "stream/metrics.def"
#undef X
};

#define METRIC_COUNT (sizeof(metrics) / sizeof(metrics[0]))

void metrics_add(struct engine_counters *sum, const struct engine_counters *more)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric *m = &metrics[i];

		if (m->source != FROM_COUNTERS)
			continue;
		uint64_t *to = (uint64_t *)(void *)((char *)sum + m->offset);
		const uint64_t *from = (const void *)((const char *)more + m->offset);
		for (size_t j = 0; j < m->count; j++)
			to[j] += from[j];
	}
}

static uint64_t sample(const struct metric *m, size_t i, const struct engine_counters *sum,
		       const struct metrics_state *state)
{
	const char *base = m->source == FROM_COUNTERS ? (const char *)sum : (const char *)state;
	uint64_t n = 1;

	if (m->source != FROM_NOWHERE)
		memcpy(&n, base + m->offset + i * sizeof(n), sizeof(n));
	return n;
}

/* Backslash, quote and line feed, as the format has it. */
static void put_label(struct writer *w, struct slice name, struct slice value)
{
	put(w, name);
	put(w, SLICE("=\""));
	for (size_t i = 0; i < value.len; i++) {
		char c = value.ptr[i];

		if (c == '\\' || c == '"' || c == '\n')
			put_char(w, '\\');
		put_char(w, c == '\n' ? 'n' : c);
	}
	put_char(w, '"');
}

static void put_labels(struct writer *w, enum label_set labels, size_t i,
		       const struct metrics_state *state)
{
	struct slice reason = SLICE("reason");

	if (labels == LABELS_NONE)
		return;
	put_char(w, '{');
	if (labels == LABELS_CLOSE) {
		put_label(w, reason, close_reason((enum stream_close)i));
	} else if (labels == LABELS_REFUSAL) {
		const struct refusal_row *row = refusal_row((enum refusal)i);

		put_label(w, SLICE("rule"), row->rule);
		put_char(w, ',');
		put_label(w, reason, row->word);
	} else if (labels == LABELS_END) {
		put_label(w, reason, h2_end_word((enum h2_end)i));
	} else if (labels == LABELS_FAULT) {
		put_label(w, reason, slice_of(auth_fault_reason((enum auth_fault)i)));
	} else {
		put_label(w, SLICE("version"), state->version);
	}
	put_char(w, '}');
}

static void put_head(struct writer *w, const struct metric *m)
{
	put(w, SLICE("# HELP "));
	put(w, m->name);
	put_char(w, ' ');
	put(w, m->help);
	put(w, SLICE("\n# TYPE "));
	put(w, m->name);
	put_char(w, ' ');
	put(w, m->type);
	put_char(w, '\n');
}

void metrics_put(struct writer *w, const struct engine_counters *sum,
		 const struct metrics_state *state)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric *m = &metrics[i];
		/* The first of these stands for "none". */
		bool has_none = m->labels == LABELS_REFUSAL || m->labels == LABELS_FAULT ||
				m->labels == LABELS_END;

		put_head(w, m);
		for (size_t j = has_none ? 1 : 0; j < m->count; j++) {
			put(w, m->name);
			put_labels(w, m->labels, j, state);
			put_char(w, ' ');
			put_u64(w, sample(m, j, sum, state));
			put_char(w, '\n');
		}
	}
}

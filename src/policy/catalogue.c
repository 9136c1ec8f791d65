/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalogue.h"

#include "base/require.h"
#include "policy/head.h"
#include "policy/json.h"

/* The hundred of a refusal's id is its place in the order of decisions. */
static const struct slice refusal_areas[] = {
	['1'] = SLICE_INIT("framing"), ['2'] = SLICE_INIT("host"),
	['3'] = SLICE_INIT("route"),   ['4'] = SLICE_INIT("cors"),
	['5'] = SLICE_INIT("limits"),  ['6'] = SLICE_INIT("auth"),
	['7'] = SLICE_INIT("request"), ['8'] = SLICE_INIT("publishing"),
};

static struct slice area_of(const struct refusal_row *row)
{
	size_t hundred = (unsigned char)row->rule.ptr[1];

	require(hundred < sizeof(refusal_areas) / sizeof(refusal_areas[0]));
	return refusal_areas[hundred];
}

bool catalogue_next(size_t *at, struct catalogue_entry *ret_entry)
{
	size_t i = (*at)++;

	if (i < policy_rule_count) {
		const struct rule *rule = &policy_rules[i];

		*ret_entry =
			(struct catalogue_entry){.rule = rule, .id = rule->id, .area = rule->area};
		return true;
	}
	enum refusal refusal = (enum refusal)(i - policy_rule_count + 1);
	if (refusal >= REFUSAL_COUNT)
		return false;
	const struct refusal_row *row = refusal_row(refusal);
	*ret_entry = (struct catalogue_entry){
		.row = row, .refusal = refusal, .id = row->rule, .area = area_of(row)};
	return true;
}

bool catalogue_find(struct slice id, struct catalogue_entry *ret_entry)
{
	struct catalogue_entry entry;

	for (size_t at = 0; catalogue_next(&at, &entry);) {
		if (slice_eq_nocase(entry.id, id)) {
			*ret_entry = entry;
			return true;
		}
	}
	return false;
}

bool catalogue_has_area(struct slice area)
{
	struct catalogue_entry entry;

	for (size_t at = 0; catalogue_next(&at, &entry);)
		if (slice_eq(entry.area, area))
			return true;
	return false;
}

static bool next_wanted(size_t *at, const struct catalogue_filter *filter,
			struct catalogue_entry *ret_entry)
{
	while (catalogue_next(at, ret_entry)) {
		bool wanted_kind = ret_entry->rule != NULL ? filter->rules : filter->refusals;
		bool wanted_area =
			filter->area.ptr == NULL || slice_eq(ret_entry->area, filter->area);

		if (wanted_kind && wanted_area)
			return true;
	}
	return false;
}

/* "fatal" for a rule, "406" for a refusal. */
static void put_weight(struct writer *w, const struct catalogue_entry *entry)
{
	if (entry->rule != NULL)
		put(w, severity_name(entry->rule->severity));
	else
		put_u64(w, entry->row->status);
}

static struct slice title_of(const struct catalogue_entry *entry)
{
	return entry->rule != NULL ? entry->rule->title : entry->row->meaning;
}

/* Fills up with spaces to `width` columns behind `start`. */
static void put_column_end(struct writer *w, size_t start, size_t width)
{
	do {
		put_char(w, ' ');
	} while (!w->overflow && w->len < start + width);
}

static void put_text_line(struct writer *w, const struct catalogue_entry *entry)
{
	size_t start = w->len;

	put(w, entry->id);
	put_column_end(w, start, 6);
	put_weight(w, entry);
	put_column_end(w, start, 15);
	put(w, entry->area);
	put_column_end(w, start, 26);
	put(w, title_of(entry));
	put_char(w, '\n');
}

/* The object is empty for a rule that means the same everywhere. */
static void put_remedies_json(struct writer *w, enum remedy remedy)
{
	struct slice between = SLICE(",\"fixes\":{");

	for (int i = STACK_GENERIC; i < STACK_COUNT; i++) {
		enum stack stack = (enum stack)i;

		if (remedy_text(remedy, stack).ptr == NULL)
			continue;
		put(w, between);
		put_json_pair(w, stack_name(stack), remedy_text(remedy, stack));
		between = SLICE(",");
	}
	put(w, between.len > 1 ? SLICE(",\"fixes\":{}") : SLICE("}"));
}

static void put_rule_json(struct writer *w, const struct rule *rule)
{
	put(w, SLICE("{\"kind\":\"rule\""));
	put_json_next(w, SLICE("id"), rule->id);
	put_json_next(w, SLICE("area"), rule->area);
	put_json_next(w, SLICE("severity"), severity_name(rule->severity));
	put_json_next(w, SLICE("confidence"), confidence_name(rule->confidence));
	put_json_next(w, SLICE("title"), rule->title);
	put_json_next(w, SLICE("why"), rule->why);
	put_json_next(w, SLICE("fix"), rule->fix);
	put_remedies_json(w, rule->remedy);
	put_json_next(w, SLICE("source"), rule->source);
	put_char(w, '}');
}

static void put_refusal_json(struct writer *w, const struct catalogue_entry *entry)
{
	put(w, SLICE("{\"kind\":\"refusal\""));
	put_json_next(w, SLICE("id"), entry->id);
	put_json_next(w, SLICE("area"), entry->area);
	put(w, SLICE(",\"status\":"));
	put_u64(w, entry->row->status);
	put_json_next(w, SLICE("error"), entry->row->word);
	put_json_next(w, SLICE("message"), entry->row->sentence);
	put_json_next(w, SLICE("meaning"), entry->row->meaning);
	put_char(w, '}');
}

static void put_json_list(struct writer *w, const struct catalogue_filter *filter)
{
	struct catalogue_entry entry;
	struct slice between = SLICE("[\n");

	for (size_t at = 0; next_wanted(&at, filter, &entry);) {
		put(w, between);
		if (entry.rule != NULL)
			put_rule_json(w, entry.rule);
		else
			put_refusal_json(w, &entry);
		between = SLICE(",\n");
	}
	put(w, slice_eq(between, SLICE("[\n")) ? SLICE("[]\n") : SLICE("\n]\n"));
}

static struct slice confidence_text(const struct rule *rule)
{
	switch (rule->confidence) {
	case CONFIDENCE_HIGH:
		return SLICE("high, it is seen on the wire.");
	case CONFIDENCE_MEDIUM:
		return SLICE("medium, it is inferred from what several answers or times say.");
	case CONFIDENCE_LOW:
		return SLICE("low, it is guessed from names and patterns.");
	}
	unreachable();
}

static void put_rule_lines(struct writer *w, const struct rule *rule)
{
	put(w, SLICE("\n\nWhy: "));
	put(w, rule->why);
	put(w, SLICE("\n\nFix: "));
	put(w, rule->fix);
	put(w, SLICE("\n\nSource: "));
	put(w, rule->source);
	put(w, SLICE("\n\nConfidence: "));
	put(w, confidence_text(rule));
	put_char(w, '\n');
}

static void put_remedy_lines(struct writer *w, enum remedy remedy)
{
	struct slice before = SLICE("\nWhere:\n\n");

	for (int i = STACK_GENERIC; i < STACK_COUNT; i++) {
		enum stack stack = (enum stack)i;

		if (remedy_text(remedy, stack).ptr == NULL)
			continue;
		put(w, before);
		put(w, SLICE("- "));
		put(w, stack_title(stack));
		put(w, SLICE(": "));
		put(w, remedy_text(remedy, stack));
		put_char(w, '\n');
		before = SLICE_NONE;
	}
}

static void put_refusal_lines(struct writer *w, const struct catalogue_entry *entry)
{
	put(w, SLICE("\n\nWhat to do: "));
	put(w, entry->row->sentence);
	put(w, SLICE("\n\nBody:\n\n    "));
	refusal_body(w, entry->refusal, SLICE_NONE);
}

/* Weight and area in brackets, what it is, and the rest in paragraphs. */
static void put_entry_body(struct writer *w, const struct catalogue_entry *entry)
{
	put_char(w, '(');
	if (entry->rule == NULL)
		put(w, SLICE("status "));
	put_weight(w, entry);
	put(w, SLICE(", "));
	put(w, entry->area);
	put(w, SLICE(")\n\n"));
	put(w, title_of(entry));
	if (entry->rule != NULL)
		put_rule_lines(w, entry->rule);
	else
		put_refusal_lines(w, entry);
}

void catalogue_explain(struct writer *w, const struct catalogue_entry *entry)
{
	put(w, entry->id);
	put_char(w, ' ');
	put_entry_body(w, entry);
	if (entry->rule != NULL)
		put_remedy_lines(w, entry->rule->remedy);
}

/* The heading is the id alone, so that its anchor is #a101. */
static void put_markdown_section(struct writer *w, const struct catalogue_entry *entry)
{
	put(w, SLICE("\n## "));
	put(w, entry->id);
	put(w, SLICE("\n\n"));
	put_entry_body(w, entry);
}

static struct slice heading(const struct catalogue_filter *filter)
{
	if (filter->rules && filter->refusals)
		return SLICE("# Rules and refusals\n");
	return filter->rules ? SLICE("# Rules\n") : SLICE("# Refusals\n");
}

void catalogue_put(struct writer *w, enum catalogue_format format,
		   const struct catalogue_filter *filter)
{
	struct catalogue_entry entry;

	if (format == CATALOGUE_JSON) {
		put_json_list(w, filter);
		return;
	}
	if (format == CATALOGUE_MARKDOWN)
		put(w, heading(filter));
	for (size_t at = 0; next_wanted(&at, filter, &entry);) {
		if (format == CATALOGUE_MARKDOWN)
			put_markdown_section(w, &entry);
		else
			put_text_line(w, &entry);
	}
}

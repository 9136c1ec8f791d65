/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalogue.h"
#include "policy/fields.h"
#include "policy/json.h"

static struct slice scope_text(unsigned scope)
{
	if (scope == FIELD_STREAM)
		return SLICE("stream");
	return scope == FIELD_SHORT ? SLICE("other answers") : SLICE("all answers");
}

static void put_labelled(struct writer *w, struct slice label, struct slice text)
{
	if (text.len == 0)
		return;
	put(w, SLICE("    "));
	put(w, label);
	put(w, SLICE(": "));
	put(w, text);
	put_char(w, '\n');
}

static void put_field_text(struct writer *w, const struct field_row *row)
{
	put(w, row->name);
	put(w, SLICE(": "));
	put(w, row->value);
	put_char(w, '\n');
	put_labelled(w, SLICE("on"), scope_text(row->scope));
	put_labelled(w, SLICE("when"), row->when->text);
	put_labelled(w, SLICE("else"), row->variants);
	put_labelled(w, SLICE("why"), row->why);
	put_labelled(w, SLICE("rule"), row->rule);
}

static void put_cell(struct writer *w, struct slice text)
{
	put(w, SLICE(" "));
	put(w, text);
	put(w, SLICE(" |"));
}

static void put_field_markdown(struct writer *w, const struct field_row *row)
{
	put(w, SLICE("| "));
	put(w, row->name);
	put(w, SLICE(" | `"));
	put(w, row->value);
	put(w, SLICE("` |"));
	put_cell(w, row->variants);
	put_cell(w, scope_text(row->scope));
	put_cell(w, row->when->text);
	put_cell(w, row->rule);
	put_cell(w, row->why);
	put_char(w, '\n');
}

static void put_field_json(struct writer *w, const struct field_row *row)
{
	put(w, SLICE("{\"kind\":\"field\""));
	put_json_next(w, SLICE("name"), row->name);
	put_json_next(w, SLICE("value"), row->value);
	put_json_next(w, SLICE("else"), row->variants);
	put_json_next(w, SLICE("on"), scope_text(row->scope));
	put_json_next(w, SLICE("when"), row->when->text);
	put_json_next(w, SLICE("rule"), row->rule);
	put_json_next(w, SLICE("why"), row->why);
	put_char(w, '}');
}

static void put_json_list(struct writer *w)
{
	for (size_t i = 0; i < policy_field_count; i++) {
		put(w, i == 0 ? SLICE("[\n") : SLICE(",\n"));
		put_field_json(w, &policy_fields[i]);
	}
	put(w, SLICE("\n]\n"));
}

static void put_markdown_table(struct writer *w)
{
	put(w, SLICE("# Response fields\n\n"
		     "| field | value | else | on | when | rule | why |\n"
		     "|---|---|---|---|---|---|---|\n"));
	for (size_t i = 0; i < policy_field_count; i++)
		put_field_markdown(w, &policy_fields[i]);
}

void catalogue_put_fields(struct writer *w, enum catalogue_format format)
{
	switch (format) {
	case CATALOGUE_JSON:
		put_json_list(w);
		break;
	case CATALOGUE_MARKDOWN:
		put_markdown_table(w);
		break;
	case CATALOGUE_TEXT:
		for (size_t i = 0; i < policy_field_count; i++)
			put_field_text(w, &policy_fields[i]);
		break;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalogue.h - the tables as people read them: rules, refusals and fields in text, JSON and
 * Markdown. The commands print it, docs/ holds it, a test compares the two.
 */
#pragma once

#include "base/slice.h"
#include "base/writer.h"
#include "policy/refusal.h"
#include "policy/rules.h"

#define CATALOGUE_MAX (256u * 1024) /* bytes: no format of the whole is longer */

/* A rule of the audit or a refusal of the server; one of the two is set. */
struct catalogue_entry {
	const struct rule *rule;
	const struct refusal_row *row;
	enum refusal refusal; /* of `row` */
	struct slice id;
	struct slice area;
};

enum catalogue_format {
	CATALOGUE_TEXT,
	CATALOGUE_JSON,
	CATALOGUE_MARKDOWN,
};

struct catalogue_filter {
	bool rules;
	bool refusals;
	struct slice area; /* ptr NULL: every area */
};

/* Walks rules, then refusals: start with *at = 0, false ends. */
bool catalogue_next(size_t *at, struct catalogue_entry *ret_entry);
/* Without case. */
bool catalogue_find(struct slice id, struct catalogue_entry *ret_entry);
bool catalogue_has_area(struct slice area);

void catalogue_put(struct writer *w, enum catalogue_format format,
		   const struct catalogue_filter *filter);
/* What a person wants to know about one entry, in some lines of text. */
void catalogue_explain(struct writer *w, const struct catalogue_entry *entry);

/* The field table of policy/fields.def. */
void catalogue_put_fields(struct writer *w, enum catalogue_format format);

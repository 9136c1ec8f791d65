/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h - the table behind head.h: one row a response field, in the order of the wire
 * (policy/fields.def). Heads are written from it and the manual is printed from it.
 */
#pragma once

#include "policy/head.h"

/* In which answers a row is looked at. */
enum field_scope {
	FIELD_STREAM = 1u << 0,
	FIELD_SHORT = 1u << 1,
	FIELD_ALL = FIELD_STREAM | FIELD_SHORT,
};

/* All that a field may depend on. */
struct field_input {
	const struct head_rules *rules;
	const struct head_facts *facts;
	const struct short_answer *answer; /* NULL: the answer is a stream */
};

struct field_condition {
	bool (*holds)(const struct field_input *in);
	struct slice text;
};

struct field_row {
	unsigned scope; /* set of enum field_scope */
	struct slice name;
	const struct field_condition *when;
	void (*put_value)(struct writer *w, const struct field_row *row,
			  const struct field_input *in);
	struct slice value;    /* the usual value; <...> stands for what is filled in */
	struct slice variants; /* other values, and what for; empty: none */
	struct slice rule;     /* audit rule that it satisfies; empty: none */
	struct slice why;      /* one line */
};

extern const struct field_row policy_fields[];
extern const size_t policy_field_count;

/* Writes the lines of all rows that hold, each with CRLF. */
void fields_put(struct writer *w, const struct field_input *in);

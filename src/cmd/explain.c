/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - `sluice explain`: what one rule, one refusal or the field table means. */
#include "cmd/command.h"

#include "base/require.h"
#include "base/suggest.h"
#include "policy/catalogue.h"

#include <stdio.h>

/* The longest explanation, bytes: that of the fields. */
#define EXPLAIN_MAX (16u * 1024)

#define FIELDS SLICE("fields")

const struct option_row explain_options[] = {{NULL}};

static int unknown_entry(const struct args *args, struct slice word)
{
	struct catalogue_entry entry;
	struct suggest near;

	suggest_init(&near, word);
	suggest_offer(&near, FIELDS);
	for (size_t at = 0; catalogue_next(&at, &entry);)
		suggest_offer(&near, entry.id);
	if (near.best.ptr == NULL)
		return usage_error(args, "no rule or refusal is called '%.*s': see 'sluice rules'",
				   SLICE_ARG(word));
	return usage_error(args, "no rule or refusal is called '%.*s' (did you mean '%.*s'?)",
			   SLICE_ARG(word), SLICE_ARG(near.best));
}

int explain_run(const struct args *args)
{
	struct slice word = slice_of(args->operands[0]);
	struct catalogue_entry entry;
	char text[EXPLAIN_MAX];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	if (slice_eq(word, FIELDS))
		catalogue_put_fields(&w, CATALOGUE_TEXT);
	else if (catalogue_find(word, &entry))
		catalogue_explain(&w, &entry);
	else
		return unknown_entry(args, word);
	require(!w.overflow);
	(void)fwrite(text, 1, w.len, stdout); /* main looks at stdout at the end */
	return EXIT_OK;
}

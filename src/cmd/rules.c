/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - `sluice rules`: the tables of the policy as a list, for people, programs and docs. */
#include "cmd/command.h"

#include "base/require.h"
#include "policy/catalogue.h"

#include <stdio.h>

enum { FORMAT, AREA, KIND };

const struct option_row rules_options[] = {
	[FORMAT] = {"format", 'f', "FORMAT", "text, json or markdown", .fallback = "text"},
	[AREA] = {"area", 'a', "AREA", "Only this area, such as caching or cors"},
	[KIND] = {"kind", 'k', "KIND", "Only rules, refusals or fields"},
	{NULL},
};

/* False: the complaint is printed. */
static bool read_format(const struct args *args, enum catalogue_format *ret_format)
{
	static const struct slice names[] = {
		[CATALOGUE_TEXT] = SLICE_INIT("text"),
		[CATALOGUE_JSON] = SLICE_INIT("json"),
		[CATALOGUE_MARKDOWN] = SLICE_INIT("markdown"),
	};
	struct slice name = slice_of(args_get(args, FORMAT));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_eq(names[i], name)) {
			*ret_format = (enum catalogue_format)i;
			return true;
		}
	}
	(void)usage_error(args, "--format is '%.*s': give text, json or markdown", SLICE_ARG(name));
	return false;
}

/* False: the complaint is printed. */
static bool read_filter(const struct args *args, struct catalogue_filter *ret_filter)
{
	const char *kind = args_get(args, KIND);
	const char *area = args_get(args, AREA);
	struct catalogue_filter filter = {
		.rules = kind == NULL || slice_eq(slice_of(kind), SLICE("rules")),
		.refusals = kind == NULL || slice_eq(slice_of(kind), SLICE("refusals")),
		.area = area != NULL ? slice_of(area) : SLICE_NONE,
	};

	if (!filter.rules && !filter.refusals) {
		(void)usage_error(args, "--kind is '%s': give rules, refusals or fields", kind);
		return false;
	}
	if (area != NULL && !catalogue_has_area(filter.area)) {
		(void)usage_error(args, "no area is called '%s': see 'sluice rules'", area);
		return false;
	}
	*ret_filter = filter;
	return true;
}

static bool wants_fields(const struct args *args)
{
	const char *kind = args_get(args, KIND);

	return kind != NULL && slice_eq(slice_of(kind), SLICE("fields"));
}

int rules_run(const struct args *args)
{
	struct catalogue_filter filter;
	enum catalogue_format format;
	char text[CATALOGUE_MAX];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	if (!read_format(args, &format))
		return EXIT_USAGE;
	if (wants_fields(args)) {
		if (args_has(args, AREA))
			return usage_error(args, "fields have no area: leave --area out");
		catalogue_put_fields(&w, format);
	} else {
		if (!read_filter(args, &filter))
			return EXIT_USAGE;
		catalogue_put(&w, format, &filter);
	}
	require(!w.overflow);
	(void)fwrite(text, 1, w.len, stdout); /* main looks at stdout at the end */
	return EXIT_OK;
}

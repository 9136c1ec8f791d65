/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/markup.h"

#include "audit/report.h"

static struct slice entity_of(char c)
{
	switch (c) {
	case '&':
		return SLICE("&amp;");
	case '<':
		return SLICE("&lt;");
	case '>':
		return SLICE("&gt;");
	case '"':
		return SLICE("&quot;");
	case '\'':
		return SLICE("&#39;");
	default:
		return SLICE_NONE;
	}
}

/* Bytes before the first that has an entity. */
static size_t plain_length(struct slice s)
{
	size_t n = 0;

	while (n < s.len && entity_of(s.ptr[n]).ptr == NULL)
		n++;
	return n;
}

void put_markup(struct writer *w, struct slice text)
{
	while (text.len > 0) {
		size_t n = plain_length(text);

		report_visible(w, slice_upto(text, n));
		if (n < text.len)
			put(w, entity_of(text.ptr[n++]));
		text = slice_from(text, n);
	}
}

void put_plain_markdown(struct writer *w, struct slice text)
{
	static const struct slice marks = SLICE_INIT("\\`*_[]|#<>&");

	while (text.len > 0) {
		size_t n = 0;

		while (n < text.len && !slice_has_any(slice_upto(slice_from(text, n), 1), marks))
			n++;
		report_visible(w, slice_upto(text, n));
		if (n < text.len && entity_of(text.ptr[n]).ptr != NULL) {
			put(w, entity_of(text.ptr[n++]));
		} else if (n < text.len) {
			put_char(w, '\\');
			put_char(w, text.ptr[n++]);
		}
		text = slice_from(text, n);
	}
}

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
	static const struct slice marks = SLICE_INIT("\\`*_[]|#~!<>&");

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

/* The longest run of ` in it. */
static size_t longest_fence(struct slice text)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < text.len; i++) {
		run = text.ptr[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void put_fence(struct writer *w, size_t n)
{
	while (n-- > 0)
		put_char(w, '`');
}

/* A bar ends a cell, in code too, and what takes \| for one differs by renderer. */
static void put_cell_code(struct writer *w, struct slice text)
{
	while (text.ptr) {
		report_visible(w, slice_cut(&text, '|'));
		put(w, text.ptr ? SLICE("\\x7c") : SLICE(""));
	}
}

void put_code_markdown(struct writer *w, struct slice text, bool in_table)
{
	size_t fence = longest_fence(text) + 1;
	/* Else its own ` would belong to the fence; a renderer takes the space off again. */
	bool padded = slice_starts(text, SLICE("`")) || slice_ends(text, SLICE("`"));
	struct slice pad = padded ? SLICE(" ") : SLICE("");

	if (text.len == 0) {
		put_char(w, '-');
		return;
	}
	put_fence(w, fence);
	put(w, pad);
	if (in_table)
		put_cell_code(w, text);
	else
		report_visible(w, text);
	put(w, pad);
	put_fence(w, fence);
}

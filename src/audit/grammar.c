/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/grammar.h"

#include "base/utf8.h"

#include <string.h>

#define HUGE_LINE (64u << 10)

enum { END_LF = 1, END_CRLF = 2, END_CR = 4 };

static const struct slice bom = SLICE_INIT("\xef\xbb\xbf");

void grammar_init(struct grammar_scan *g)
{
	memset(g, 0, sizeof(*g));
	g->line = 1;
}

static void note(struct grammar_scan *g, enum grammar which)
{
	if (g->notes[which].count++ > 0)
		return;
	g->notes[which].line = g->line;
	size_t n = g->kept_len < GRAMMAR_EXCERPT ? g->kept_len : GRAMMAR_EXCERPT;
	memcpy(g->notes[which].excerpt, g->kept, n);
	g->notes[which].excerpt_len = n;
}

static bool is_known(struct slice name, bool nocase)
{
	static const struct slice known[] = {SLICE_INIT("data"), SLICE_INIT("event"),
					     SLICE_INIT("id"), SLICE_INIT("retry")};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (nocase ? slice_eq_nocase(name, known[i]) : slice_eq(name, known[i]))
			return true;
	}
	return false;
}

static bool all_digits(struct slice s)
{
	size_t i = 0;

	while (i < s.len && ascii_is_digit(s.ptr[i]))
		i++;
	return i == s.len && s.len > 0;
}

static void judge_known(struct grammar_scan *g, struct slice name, struct slice value)
{
	if (slice_eq(name, SLICE("data"))) {
		g->has_data = true;
	} else if (slice_eq(name, SLICE("event"))) {
		g->has_type = value.len > 0;
		if (slice_eq(value, SLICE("open")) || slice_eq(value, SLICE("error")))
			note(g, GRAMMAR_RESERVED_TYPE);
	} else if (slice_eq(name, SLICE("id"))) {
		if (g->nul)
			note(g, GRAMMAR_ID_NUL);
		else if (g->odd)
			note(g, GRAMMAR_ID_NON_ASCII);
	} else if (!all_digits(value)) {
		note(g, GRAMMAR_BAD_RETRY);
	}
}

static void judge_unknown(struct grammar_scan *g, struct slice line, struct slice name)
{
	if (line.len > 0 && slice_has_any(slice_upto(line, 1), SLICE("\"{}[]")))
		note(g, GRAMMAR_RAW_NEWLINE);
	else if (is_known(slice_trim(name), true))
		note(g, GRAMMAR_MISCASED_FIELD);
	else
		note(g, GRAMMAR_UNKNOWN_FIELD);
}

static void judge_field(struct grammar_scan *g, struct slice line)
{
	struct slice value = line;
	struct slice name = slice_cut(&value, ':');

	if (slice_starts(value, SLICE("  ")))
		note(g, GRAMMAR_TWO_SPACES);
	if (slice_starts(value, SLICE(" ")))
		value = slice_from(value, 1);
	if (is_known(name, false))
		judge_known(g, name, value);
	else
		judge_unknown(g, line, name);
}

static void end_block(struct grammar_scan *g)
{
	if (g->has_type && !g->has_data)
		note(g, GRAMMAR_NO_DATA);
	g->in_block = g->has_type = g->has_data = false;
}

static void judge_line(struct grammar_scan *g)
{
	struct slice line = {g->kept, g->kept_len};

	if (g->line == 1 && slice_starts(line, bom)) {
		line = slice_from(line, bom.len);
		g->line_len -= bom.len;
	} else if (slice_starts(line, bom)) {
		/* It makes a field that nobody knows: one note is enough. */
		note(g, GRAMMAR_LATE_BOM);
		return;
	}
	if (g->line_len == 0) {
		end_block(g);
		return;
	}
	if (line.ptr[0] == ':')
		return;
	g->in_block = true;
	judge_field(g, line);
}

static void end_line(struct grammar_scan *g)
{
	judge_line(g);
	g->line++;
	g->line_len = g->kept_len = 0;
	g->odd = g->nul = false;
}

/* One kind of line end; the first of another kind is told. */
static void count_end(struct grammar_scan *g, unsigned end)
{
	unsigned before = g->ends;

	g->ends |= end;
	if (end == END_CR)
		note(g, GRAMMAR_LONE_CR);
	if (before && (before | end) != before)
		note(g, GRAMMAR_MIXED_ENDS);
}

static void take_text(struct grammar_scan *g, char c)
{
	unsigned char u = (unsigned char)c;

	if (g->kept_len < GRAMMAR_KEEP)
		g->kept[g->kept_len++] = c;
	g->odd = g->odd || u <= ' ' || u >= 0x7f;
	g->nul = g->nul || u == 0;
	if (++g->line_len == HUGE_LINE + 1)
		note(g, GRAMMAR_HUGE_LINE);
	/* "id: 7" has a space that is none of the id's. */
	if (c == ' ' && slice_eq((struct slice){g->kept, g->kept_len}, SLICE("id: ")))
		g->odd = false;
}

/* How many bytes the character that begins with `lead` wants; 0: it begins none. */
static size_t wanted(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

static void check_utf8(struct grammar_scan *g, char c)
{
	unsigned char u = (unsigned char)c;

	if (g->partial_len > 0 && (u & 0xc0) != 0x80) {
		note(g, GRAMMAR_BAD_UTF8);
		g->partial_len = 0;
	}
	g->partial[g->partial_len++] = c;
	size_t want = wanted((unsigned char)g->partial[0]);
	if (g->partial_len < want)
		return;
	if (want == 0 || utf8_length((struct slice){g->partial, want}) != want)
		note(g, GRAMMAR_BAD_UTF8);
	g->partial_len = 0;
}

static void take(struct grammar_scan *g, char c)
{
	if (g->cr) {
		g->cr = false;
		count_end(g, c == '\n' ? END_CRLF : END_CR);
		end_line(g);
		if (c == '\n')
			return;
	}
	check_utf8(g, c);
	if (c == '\r') {
		g->cr = true;
	} else if (c == '\n') {
		count_end(g, END_LF);
		end_line(g);
	} else {
		take_text(g, c);
	}
}

void grammar_feed(struct grammar_scan *g, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		take(g, bytes.ptr[i]);
}

void grammar_end(struct grammar_scan *g)
{
	if (g->cr) {
		g->cr = false;
		count_end(g, END_CR);
		end_line(g);
	}
	if (g->partial_len > 0)
		note(g, GRAMMAR_BAD_UTF8);
	if (g->in_block || g->line_len > 0)
		note(g, GRAMMAR_TRUNCATED);
}

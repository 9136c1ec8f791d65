/* SPDX-License-Identifier: Apache-2.0 */
#include "wellformed.h"

#include "base/utf8.h"

#include <string.h>

#define MAX_DEPTH 32u

struct check {
	struct slice text;
	size_t at;
	const char *why; /* the first fault */
};

static bool fails(struct check *c, const char *why)
{
	if (c->why == NULL)
		c->why = why;
	return false;
}

static int peek(const struct check *c)
{
	return c->at < c->text.len ? (unsigned char)c->text.ptr[c->at] : -1;
}

static bool at(const struct check *c, struct slice word)
{
	return slice_starts(slice_from(c->text, c->at), word);
}

static bool take(struct check *c, struct slice word)
{
	if (!at(c, word))
		return false;
	c->at += word.len;
	return true;
}

static bool among(int byte, struct slice set)
{
	return byte >= 0 && byte < 0x80 && memchr(set.ptr, byte, set.len) != NULL;
}

/* Of every format. */

static bool is_clean(struct check *c)
{
	while (c->at < c->text.len) {
		struct slice rest = slice_from(c->text, c->at);
		size_t n = utf8_length(rest);
		unsigned char first = (unsigned char)rest.ptr[0];

		if (n == 0)
			return fails(c, "bytes that are not UTF-8");
		if ((first < ' ' && first != '\n') || first == 0x7f)
			return fails(c, "a control");
		if (first == 0xc2 && (unsigned char)rest.ptr[1] < 0xa0)
			return fails(c, "a control of C1");
		c->at += n;
	}
	c->at = 0;
	return true;
}

/* JSON. */

static bool json_value(struct check *c, unsigned depth);

static bool json_string(struct check *c)
{
	if (!take(c, SLICE("\"")))
		return fails(c, "a string must stand here");
	while (!at(c, SLICE("\""))) {
		if (peek(c) < ' ')
			return fails(c, "a string without an end");
		if (take(c, SLICE("\\")) && !among(peek(c), SLICE("\"\\/bfnrtu")))
			return fails(c, "an escape that is none");
		c->at++;
	}
	return take(c, SLICE("\""));
}

static bool json_number(struct check *c)
{
	size_t from = c->at;

	while (ascii_is_digit((char)peek(c)))
		c->at++;
	return c->at > from || fails(c, "no value");
}

static void json_space(struct check *c)
{
	while (among(peek(c), SLICE(" \n")))
		c->at++;
}

static bool json_list(struct check *c, struct slice end, bool keys, unsigned depth)
{
	c->at++;
	json_space(c);
	if (take(c, end))
		return true;
	for (;;) {
		if (keys && (!json_string(c) || !take(c, SLICE(":"))))
			return fails(c, "a member without its colon");
		if (!json_value(c, depth + 1))
			return false;
		json_space(c);
		if (take(c, end))
			return true;
		if (!take(c, SLICE(",")))
			return fails(c, "neither a comma nor the end");
		json_space(c);
	}
}

static bool json_value(struct check *c, unsigned depth)
{
	if (depth > MAX_DEPTH)
		return fails(c, "too deep");
	if (at(c, SLICE("{")))
		return json_list(c, SLICE("}"), true, depth);
	if (at(c, SLICE("[")))
		return json_list(c, SLICE("]"), false, depth);
	if (at(c, SLICE("\"")))
		return json_string(c);
	return take(c, SLICE("true")) || take(c, SLICE("false")) || take(c, SLICE("null")) ||
	       json_number(c);
}

static bool is_json(struct check *c)
{
	return json_value(c, 0) &&
	       ((take(c, SLICE("\n")) && peek(c) < 0) || fails(c, "something behind the end"));
}

static bool is_json_lines(struct check *c)
{
	while (peek(c) >= 0) {
		size_t from = c->at;

		if (!json_value(c, 0))
			return false;
		if (memchr(c->text.ptr + from, '\n', c->at - from) != NULL)
			return fails(c, "a value of several lines");
		if (!take(c, SLICE("\n")))
			return fails(c, "no end of the line");
	}
	return true;
}

/* XML and HTML. */

static const struct slice xml_names[] = {
	SLICE_INIT("testsuites"), SLICE_INIT("testsuite"), SLICE_INIT("testcase"),
	SLICE_INIT("failure"),    SLICE_INIT("skipped"),   SLICE_INIT("error"),
};
static const struct slice html_names[] = {
	SLICE_INIT("html"),    SLICE_INIT("head"),   SLICE_INIT("title"), SLICE_INIT("style"),
	SLICE_INIT("body"),    SLICE_INIT("header"), SLICE_INIT("main"),  SLICE_INIT("section"),
	SLICE_INIT("article"), SLICE_INIT("h1"),     SLICE_INIT("h2"),    SLICE_INIT("h3"),
	SLICE_INIT("p"),       SLICE_INIT("dl"),     SLICE_INIT("dt"),    SLICE_INIT("dd"),
	SLICE_INIT("table"),   SLICE_INIT("thead"),  SLICE_INIT("tbody"), SLICE_INIT("tr"),
	SLICE_INIT("th"),      SLICE_INIT("td"),     SLICE_INIT("code"),  SLICE_INIT("details"),
	SLICE_INIT("summary"), SLICE_INIT("svg"),    SLICE_INIT("g"),     SLICE_INIT("text"),
	SLICE_INIT("rect"),    SLICE_INIT("circle"), SLICE_INIT("path"),  SLICE_INIT("meta"),
};
/* None that fetches, runs or styles. */
static const struct slice attribute_names[] = {
	SLICE_INIT("name"),    SLICE_INIT("tests"),      SLICE_INIT("failures"),
	SLICE_INIT("errors"),  SLICE_INIT("skipped"),    SLICE_INIT("classname"),
	SLICE_INIT("type"),    SLICE_INIT("message"),    SLICE_INIT("lang"),
	SLICE_INIT("charset"), SLICE_INIT("content"),    SLICE_INIT("http-equiv"),
	SLICE_INIT("class"),   SLICE_INIT("scope"),      SLICE_INIT("role"),
	SLICE_INIT("viewBox"), SLICE_INIT("aria-label"), SLICE_INIT("x"),
	SLICE_INIT("y"),       SLICE_INIT("width"),      SLICE_INIT("height"),
	SLICE_INIT("cx"),      SLICE_INIT("cy"),         SLICE_INIT("r"),
	SLICE_INIT("d"),
};

struct names {
	const struct slice *list;
	size_t n;
};
#define NAMES(list) ((struct names){list, sizeof(list) / sizeof((list)[0])})

static struct slice take_name(struct check *c, struct names names)
{
	size_t from = c->at;
	struct slice name;

	while (ascii_is_alnum((char)peek(c)) || peek(c) == '-')
		c->at++;
	name = slice_upto(slice_from(c->text, from), c->at - from);
	for (size_t i = 0; i < names.n; i++)
		if (slice_eq(names.list[i], name))
			return name;
	(void)fails(c, "a name that we do not write");
	return SLICE_NONE;
}

static bool take_entity(struct check *c)
{
	return take(c, SLICE("&amp;")) || take(c, SLICE("&lt;")) || take(c, SLICE("&gt;")) ||
	       take(c, SLICE("&quot;")) || take(c, SLICE("&#39;")) || take(c, SLICE("&#10;")) ||
	       fails(c, "& that begins no entity");
}

/* Up to the first of `end`. */
static bool take_text(struct check *c, struct slice end)
{
	while (peek(c) >= 0 && !among(peek(c), end)) {
		if (peek(c) == '<')
			return fails(c, "< within text");
		if (peek(c) != '&')
			c->at++;
		else if (!take_entity(c))
			return false;
	}
	return true;
}

static bool take_attributes(struct check *c)
{
	while (take(c, SLICE(" "))) {
		if (take_name(c, NAMES(attribute_names)).ptr == NULL)
			return false;
		if (!take(c, SLICE("=\"")))
			return fails(c, "an attribute without quotes");
		if (!take_text(c, SLICE("\"")) || !take(c, SLICE("\"")))
			return fails(c, "an attribute without an end");
	}
	return true;
}

struct open {
	struct slice names[MAX_DEPTH];
	size_t depth;
};

static bool close_tag(struct check *c, struct open *open, struct names names)
{
	struct slice name = take_name(c, names);

	if (open->depth == 0 || !slice_eq(open->names[--open->depth], name))
		return fails(c, "an end of what is not open");
	return take(c, SLICE(">")) || fails(c, "an end tag without its end");
}

static bool open_tag(struct check *c, struct open *open, struct names names)
{
	struct slice name = take_name(c, names);

	if (name.ptr == NULL || !take_attributes(c))
		return false;
	if (take(c, SLICE("/>")))
		return true;
	if (!take(c, SLICE(">")))
		return fails(c, "a tag without its end");
	if (slice_eq(name, SLICE("meta")))
		return true;
	if (open->depth == MAX_DEPTH)
		return fails(c, "too deep");
	open->names[open->depth++] = name;
	while (slice_eq(name, SLICE("style")) && !at(c, SLICE("</")) && peek(c) >= 0)
		c->at++;
	return true;
}

static bool is_tree(struct check *c, struct slice preface, struct names names)
{
	struct open open = {.depth = 0};

	if (!take(c, preface))
		return fails(c, "another preface");
	do {
		if (!take_text(c, SLICE("<")))
			return false;
		if (take(c, SLICE("</"))) {
			if (!close_tag(c, &open, names))
				return false;
		} else if (!take(c, SLICE("<")) || !open_tag(c, &open, names)) {
			return fails(c, "no tag");
		}
	} while (open.depth > 0);
	return (take(c, SLICE("\n")) && peek(c) < 0) || fails(c, "something behind the end");
}

/* Workflow commands. */

static bool is_percent_pair(const struct check *c)
{
	static const struct slice digits = SLICE_INIT("0123456789ABCDEF");

	return c->at + 2 < c->text.len && among(c->text.ptr[c->at + 1], digits) &&
	       among(c->text.ptr[c->at + 2], digits);
}

static bool take_value(struct check *c, struct slice end)
{
	while (!among(peek(c), end)) {
		if (peek(c) < ' ')
			return fails(c, "a line that ends too soon");
		if (peek(c) == '%' && !is_percent_pair(c))
			return fails(c, "a lone %");
		c->at++;
	}
	return true;
}

static bool is_commands(struct check *c)
{
	while (peek(c) >= 0) {
		if (!take(c, SLICE("::error title=")) && !take(c, SLICE("::warning title=")) &&
		    !take(c, SLICE("::notice title=")))
			return fails(c, "a line that is no command of ours");
		if (!take_value(c, SLICE(":,")) || !take(c, SLICE("::")))
			return fails(c, "a title that goes on");
		if (!take_value(c, SLICE("\n")) || !take(c, SLICE("\n")))
			return false;
	}
	return true;
}

/* Markdown. */

static size_t take_fence(struct check *c)
{
	size_t n = 0;

	while (take(c, SLICE("`")))
		n++;
	return n;
}

static bool take_span(struct check *c)
{
	size_t fence = take_fence(c);

	while (peek(c) >= 0 && peek(c) != '\n') {
		if (peek(c) != '`')
			c->at++;
		else if (take_fence(c) == fence)
			return true;
	}
	return fails(c, "code without an end");
}

static bool is_markdown(struct check *c)
{
	while (peek(c) >= 0) {
		if (peek(c) == '`') {
			if (!take_span(c))
				return false;
			continue;
		}
		if (among(peek(c), SLICE("<>[]~")))
			return fails(c, "a mark that is not ours");
		if (take(c, SLICE("\\")) && !among(peek(c), SLICE("\\`*_[]|#~!x")))
			return fails(c, "a backslash before what is no mark");
		if (peek(c) != '&')
			c->at++;
		else if (!take_entity(c))
			return false;
	}
	return true;
}

static bool check_format(struct check *c, enum report_format format)
{
	switch (format) {
	case REPORT_JSON:
	case REPORT_SARIF:
		return is_json(c);
	case REPORT_JSONL:
		return is_json_lines(c);
	case REPORT_JUNIT:
		return is_tree(c, SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"),
			       NAMES(xml_names));
	case REPORT_HTML:
		return is_tree(c, SLICE("<!DOCTYPE html>\n"), NAMES(html_names));
	case REPORT_GITHUB:
		return is_commands(c);
	case REPORT_MARKDOWN:
		return is_markdown(c);
	case REPORT_TEXT:
	case REPORT_FORMAT_COUNT:
		break;
	}
	return true;
}

const char *wellformed(enum report_format format, struct slice text, size_t *ret_at)
{
	struct check c = {.text = text};

	if (is_clean(&c))
		(void)check_format(&c, format);
	*ret_at = c.at;
	return c.why;
}

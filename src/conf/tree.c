/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/tree.h"

#include "base/utf8.h"

#include <yaml.h>

struct builder {
	struct arena *arena;
	struct conf_report *report;
	struct conf_node *open[CONF_MAX_DEPTH]; /* mappings and lists that are not closed yet */
	size_t depth;
	size_t nodes;
	size_t documents;
	struct conf_node *root;
	bool done;
};

static enum err refuse(struct builder *b, struct conf_at at, struct slice message)
{
	conf_report_error(b->report, at, message);
	return E_SYNTAX;
}

static enum err refuse_beyond(struct builder *b, struct conf_at at, struct slice what, uint64_t max,
			      struct slice unit)
{
	struct conf_message message;

	conf_message_init(&message);
	put(&message.w, what);
	put_u64(&message.w, max);
	put(&message.w, unit);
	return refuse(b, at, conf_message_slice(&message));
}

static struct conf_at at_mark(yaml_mark_t mark)
{
	return (struct conf_at){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* The place of byte `offset`; bytes that are not UTF-8 count as one character each. */
static struct conf_at at_offset(struct slice text, size_t offset)
{
	struct conf_at at = {1, 1};
	struct slice rest = slice_upto(text, offset);

	while (rest.len > 0) {
		size_t len = utf8_length(rest);

		at.column++;
		if (rest.ptr[0] == '\n')
			at = (struct conf_at){at.line + 1, 1};
		rest = slice_from(rest, len > 0 ? len : 1);
	}
	return at;
}

static enum err node_add(struct builder *b, enum conf_node_kind kind, struct conf_at at,
			 struct conf_node **ret_node)
{
	if (b->nodes == CONF_MAX_NODES)
		return refuse_beyond(b, at, SLICE("the file holds more than "), CONF_MAX_NODES,
				     SLICE(" values"));
	b->nodes++;
	struct conf_node *node = arena_alloc(b->arena, sizeof(*node));
	if (!node)
		return E_NOMEM;
	node->kind = kind;
	node->at = at;
	*ret_node = node;
	if (b->depth == 0) {
		b->root = node;
		return OK;
	}
	struct conf_node *parent = b->open[b->depth - 1];
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->count++;
	return OK;
}

static enum err open_node(struct builder *b, enum conf_node_kind kind, struct conf_at at)
{
	struct conf_node *node;

	if (b->depth == CONF_MAX_DEPTH)
		return refuse_beyond(b, at, SLICE("nested deeper than "), CONF_MAX_DEPTH,
				     SLICE(" levels"));
	enum err err = node_add(b, kind, at, &node);
	if (err)
		return err;
	b->open[b->depth++] = node;
	return OK;
}

static enum err add_text(struct builder *b, const yaml_event_t *event)
{
	struct conf_node *node;
	struct slice text = {(const char *)event->data.scalar.value, event->data.scalar.length};

	enum err err = node_add(b, CONF_NODE_TEXT, at_mark(event->start_mark), &node);
	if (err)
		return err;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	node->text = arena_copy(b->arena, text);
	return node->text.ptr ? OK : E_NOMEM;
}

static enum err refuse_decoration(struct builder *b, const yaml_event_t *event, const void *anchor,
				  const void *tag)
{
	if (anchor)
		return refuse(b, at_mark(event->start_mark),
			      SLICE("anchors are not supported: write the value where it is used"));
	if (tag)
		return refuse(b, at_mark(event->start_mark),
			      SLICE("tags are not supported: every key knows its type"));
	return OK;
}

static enum err open_decorated(struct builder *b, const yaml_event_t *event,
			       enum conf_node_kind kind, const void *anchor, const void *tag)
{
	enum err err = refuse_decoration(b, event, anchor, tag);

	return err ? err : open_node(b, kind, at_mark(event->start_mark));
}

static enum err start_document(struct builder *b, const yaml_event_t *event)
{
	if (b->documents++ > 0)
		return refuse(
			b, at_mark(event->start_mark),
			SLICE("a second document begins here: one file is one configuration"));
	return OK;
}

static enum err take_scalar(struct builder *b, const yaml_event_t *event)
{
	enum err err =
		refuse_decoration(b, event, event->data.scalar.anchor, event->data.scalar.tag);

	return err ? err : add_text(b, event);
}

static enum err take_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return start_document(b, event);
	case YAML_SCALAR_EVENT:
		return take_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_decorated(b, event, CONF_NODE_LIST, event->data.sequence_start.anchor,
				      event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return open_decorated(b, event, CONF_NODE_MAP, event->data.mapping_start.anchor,
				      event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return OK;
	case YAML_ALIAS_EVENT:
		return refuse(b, at_mark(event->start_mark),
			      SLICE("aliases are not supported: quote a text that begins with "
				    "'*', or write the value out"));
	case YAML_STREAM_END_EVENT:
		b->done = true;
		return OK;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return OK;
	}
	return OK;
}

/* What a configuration usually holds where libyaml stumbles. */
static const struct {
	struct slice context;
	struct slice hint;
} hints[] = {
	{SLICE_INIT("while scanning an alias"), SLICE_INIT(" (quote a text that begins with '*')")},
	{SLICE_INIT("while parsing a flow node"),
	 SLICE_INIT(" (quote an address: \"[::1]:8080\")")},
	{SLICE_INIT("while scanning for the next token"), SLICE_INIT(" (indent with spaces)")},
};

static void put_problem(struct writer *w, const char *problem, struct slice context)
{
	put(w, SLICE("not YAML: "));
	put(w, slice_of(problem ? problem : "unknown problem"));
	if (context.len == 0)
		return;
	put_char(w, ' ');
	put(w, context);
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (slice_eq(context, hints[i].context))
			put(w, hints[i].hint);
	}
}

/* libyaml's own words; its reader tells a byte offset only. */
static enum err refuse_problem(struct builder *b, const yaml_parser_t *parser, struct slice text)
{
	struct conf_message message;
	struct conf_at at = at_mark(parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		return E_NOMEM;
	if (parser->error == YAML_READER_ERROR)
		at = at_offset(text, parser->problem_offset);
	conf_message_init(&message);
	put_problem(&message.w, parser->problem, slice_of(parser->context ? parser->context : ""));
	return refuse(b, at, conf_message_slice(&message));
}

static enum err build(struct builder *b, yaml_parser_t *parser, struct slice text)
{
	while (!b->done) {
		yaml_event_t event;

		if (!yaml_parser_parse(parser, &event))
			return refuse_problem(b, parser, text);
		enum err err = take_event(b, &event);
		yaml_event_delete(&event);
		if (err)
			return err;
	}
	return OK;
}

static enum err check_text(struct builder *b, struct slice text)
{
	struct slice rest = text;

	if (text.len > CONF_MAX_TEXT)
		return refuse_beyond(b, (struct conf_at){1, 1}, SLICE("the file is larger than "),
				     CONF_MAX_TEXT >> 20, SLICE(" MiB"));
	while (rest.len > 0) {
		size_t len = utf8_length(rest);

		if (len == 0)
			return refuse(b, at_offset(text, text.len - rest.len),
				      SLICE("not UTF-8: save the file in that encoding"));
		rest = slice_from(rest, len);
	}
	return OK;
}

enum err conf_tree_parse(struct slice text, struct arena *arena, struct conf_report *report,
			 struct conf_node **ret_root)
{
	struct builder b = {.arena = arena, .report = report};
	yaml_parser_t parser;

	enum err err = check_text(&b, text);
	if (err)
		return err;
	if (!yaml_parser_initialize(&parser))
		return E_NOMEM;
	/* Said outright, or a byte order mark could choose UTF-16. */
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)(text.len ? text.ptr : ""),
				     text.len);
	err = build(&b, &parser, text);
	yaml_parser_delete(&parser);
	if (err)
		return err;
	*ret_root = b.root;
	return OK;
}

bool conf_node_is_nothing(const struct conf_node *node)
{
	if (node->kind != CONF_NODE_TEXT || node->quoted)
		return false;
	return node->text.len == 0 || slice_eq(node->text, SLICE("~")) ||
	       slice_eq(node->text, SLICE("null"));
}

static const struct conf_node *find_key(const struct conf_node *map, struct slice key)
{
	if (map->kind != CONF_NODE_MAP)
		return NULL;
	for (const struct conf_node *k = map->first; k; k = k->next->next) {
		if (k->kind == CONF_NODE_TEXT && slice_eq(k->text, key))
			return k->next;
	}
	return NULL;
}

const struct conf_node *conf_tree_find(const struct conf_node *node, struct slice path)
{
	while (node && path.ptr)
		node = find_key(node, slice_cut(&path, '.'));
	return node;
}

const struct conf_node *conf_tree_entry(const struct conf_node *node, size_t index)
{
	if (!node || node->kind != CONF_NODE_LIST)
		return NULL;
	const struct conf_node *entry = node->first;
	while (entry && index-- > 0)
		entry = entry->next;
	return entry;
}

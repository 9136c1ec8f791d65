/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/reader.h"

#include "base/require.h"
#include "base/suggest.h"

#include <string.h>

/* Bytes for the nodes of one default: a row of the table, not a file. */
#define DEFAULT_MAX_MEMORY 8192u

static void *allocate(struct conf_reader *r, size_t size)
{
	void *memory = arena_alloc(r->arena, size);

	if (!memory)
		r->no_memory = true;
	return memory;
}

/* Entries of a list, after its kind and their number have been found right. */
static bool is_list(struct conf_reader *r, const struct conf_option *option,
		    const struct conf_node *node)
{
	struct conf_message m;

	if (node->kind != CONF_NODE_LIST) {
		conf_refuse_type(r, option, node);
		return false;
	}
	conf_message_init(&m);
	put(&m.w, SLICE("a list of "));
	put_u64(&m.w, node->count);
	put(&m.w, SLICE(" entries"));
	return conf_check_range(r, option, node->at, node->count, conf_message_slice(&m));
}

static void store_list(const struct conf_option *option, void *base, const void *items,
		       size_t count)
{
	void *field = (char *)base + option->offset;
	void *count_field = (char *)base + option->count_offset;

	*(const void **)field = items;
	*(size_t *)count_field = count;
}

static void read_list(struct conf_reader *r, const struct conf_option *option,
		      const struct conf_node *node, void *base)
{
	struct conf_node lone = *node;
	struct conf_node list = {
		.kind = CONF_NODE_LIST, .at = node->at, .first = &lone, .count = 1};
	size_t count = 0;

	lone.next = NULL; /* in its mapping the next key follows */
	if (option->is_lone && node->kind == CONF_NODE_TEXT && !conf_node_is_nothing(node))
		node = &list;
	if (!is_list(r, option, node))
		return;
	struct slice *items = allocate(r, node->count * sizeof(*items));
	if (!items)
		return;
	for (const struct conf_node *entry = node->first; entry; entry = entry->next) {
		struct slice text = conf_read_form(r, option, entry);

		if (text.ptr)
			items[count++] = text;
	}
	store_list(option, base, items, count);
}

static void read_set(struct conf_reader *r, const struct conf_option *option,
		     const struct conf_node *node, void *base)
{
	void *field = (char *)base + option->offset;
	unsigned set = 0;
	unsigned index;

	if (!is_list(r, option, node))
		return;
	for (const struct conf_node *entry = node->first; entry; entry = entry->next) {
		if (conf_read_word(r, option, entry, &index))
			set |= 1u << index;
	}
	*(unsigned *)field = set;
}

/* One entry of a list of mappings; a plain text stands for its most important key. */
static void read_item(struct conf_reader *r, const struct conf_option *option,
		      const struct conf_node *entry, void *item)
{
	const struct conf_option *key = conf_option_child(option->path, option->shorthand);

	conf_read_defaults(r, option->path, item);
	if (entry->kind != CONF_NODE_MAP) {
		conf_read_option(r, key, entry, item);
		return;
	}
	conf_read_map(r, option->path, entry, item);
	if (!conf_tree_find(entry, option->shorthand))
		conf_refuse(r, key, entry->at, SLICE("missing, and there is no default"));
}

static void read_items(struct conf_reader *r, const struct conf_option *option,
		       const struct conf_node *node, void *base)
{
	if (!is_list(r, option, node))
		return;
	char *items = allocate(r, node->count * option->item_size);
	if (!items)
		return;
	size_t i = 0;
	for (const struct conf_node *entry = node->first; entry; entry = entry->next, i++)
		read_item(r, option, entry, items + i * option->item_size);
	store_list(option, base, items, node->count);
}

void conf_read_option(struct conf_reader *r, const struct conf_option *option,
		      const struct conf_node *node, void *base)
{
	switch (option->type) {
	case CONF_GROUP:
		if (node->kind == CONF_NODE_MAP)
			conf_read_map(r, option->path, node, base);
		else
			conf_refuse_type(r, option, node);
		break;
	case CONF_ITEMS:
		read_items(r, option, node, base);
		break;
	case CONF_LIST:
		read_list(r, option, node, base);
		break;
	case CONF_SET:
		read_set(r, option, node, base);
		break;
	case CONF_DURATION:
	case CONF_BYTES:
	case CONF_NUMBER:
	case CONF_BOOL:
	case CONF_CHOICE:
	case CONF_TEXT:
		conf_read_value(r, option, node, base);
		break;
	}
}

/* The key as it would be written in full: "heartbeat.perid", "routes[].acept". */
static void put_key(struct writer *w, const struct conf_option *group, struct slice key)
{
	if (group) {
		put(w, group->path);
		put(w, group->type == CONF_ITEMS ? SLICE("[].") : SLICE("."));
	}
	put(w, slice_upto(key, CONF_MAX_SHOWN));
}

/* A near key of the same group, or else the same key of another group. */
static struct slice suggest_path(struct slice parent, struct slice key)
{
	struct suggest near;

	suggest_init(&near, key);
	for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
		if (slice_eq(conf_option_parent(&conf_options[i]), parent))
			suggest_offer(&near, conf_option_key(&conf_options[i]));
	}
	if (near.best.ptr)
		return conf_option_child(parent, near.best)->path;
	for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
		if (slice_eq(conf_option_key(&conf_options[i]), key))
			return conf_options[i].path;
	}
	return SLICE_NONE;
}

static void refuse_unknown(struct conf_reader *r, struct slice parent, const struct conf_node *key)
{
	struct conf_message name, m;
	struct slice near = suggest_path(parent, key->text);
	const struct conf_option *group = conf_option_find(parent);

	conf_message_init(&name);
	put_key(&name.w, group, key->text);
	conf_message_init(&m);
	put(&m.w, SLICE("unknown key "));
	conf_put_shown(&m.w, conf_message_slice(&name));
	if (near.ptr) {
		put(&m.w, SLICE(" (did you mean "));
		conf_put_shown(&m.w, near);
		put(&m.w, SLICE("?)"));
	}
	conf_report_error(r->report, key->at, conf_message_slice(&m));
	if (group)
		r->faulty[group - conf_options] = true;
}

static void refuse_duplicate(struct conf_reader *r, const struct conf_option *option,
			     const struct conf_node *key, const struct conf_node *first)
{
	struct conf_message m;

	conf_message_init(&m);
	put(&m.w, SLICE("duplicate key "));
	conf_put_shown(&m.w, option->path);
	put(&m.w, SLICE(" (first on line "));
	put_u64(&m.w, first->at.line);
	put_char(&m.w, ')');
	conf_report_error(r->report, key->at, conf_message_slice(&m));
	r->faulty[option - conf_options] = true;
}

void conf_read_map(struct conf_reader *r, struct slice parent, const struct conf_node *map,
		   void *base)
{
	const struct conf_node *seen[CONF_OPTION_COUNT] = {NULL};

	for (const struct conf_node *key = map->first; key; key = key->next->next) {
		const struct conf_option *option = NULL;

		if (key->kind != CONF_NODE_TEXT) {
			conf_report_error(r->report, key->at, SLICE("a key is a plain word"));
			continue;
		}
		option = conf_option_child(parent, key->text);
		if (!option) {
			refuse_unknown(r, parent, key);
			continue;
		}
		const struct conf_node **first = &seen[option - conf_options];
		if (*first) {
			refuse_duplicate(r, option, key, *first);
			continue;
		}
		*first = key;
		conf_read_option(r, option, key->next, base);
	}
}

/*
 * Defaults go through the same readers as a file: none can be what a file may not say. The YAML
 * parser is for lists only: an entry of a list has its defaults read each time.
 */
static void read_preset(struct conf_reader *r, const struct conf_option *option, struct slice text,
			void *base)
{
	struct conf_node plain = {.kind = CONF_NODE_TEXT, .text = text};
	struct conf_node *node = &plain;
	struct arena scratch;

	if (text.len == 0)
		return;
	arena_init(&scratch, DEFAULT_MAX_MEMORY);
	if (slice_starts(text, SLICE("["))) {
		enum err err = conf_tree_parse(text, &scratch, r->report, &node);

		require(!err || err == E_NOMEM);
		r->no_memory |= err == E_NOMEM;
	}
	if (!r->no_memory)
		conf_read_option(r, option, node, base);
	arena_free(&scratch);
}

void conf_read_defaults(struct conf_reader *r, struct slice parent, void *base)
{
	for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
		if (conf_option_is_in(&conf_options[i], parent))
			read_preset(r, &conf_options[i], conf_options[i].preset, base);
	}
}

void conf_read_guide(struct conf_reader *r, void *settings)
{
	for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
		if (conf_option_is_in(&conf_options[i], SLICE("")))
			read_preset(r, &conf_options[i], conf_options[i].guide, settings);
	}
}

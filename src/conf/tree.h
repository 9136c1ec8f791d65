/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - a YAML text as a bounded tree that remembers where everything stands.
 *
 * A configuration needs mappings, lists and texts. Anchors, aliases and tags are refused: they
 * make small files large, and hide from a reader what a key really is.
 */
#pragma once

#include "base/arena.h"
#include "conf/conf.h"

#define CONF_MAX_NODES 10000u /* mappings, lists, keys and texts of a file */
#define CONF_MAX_DEPTH 16u    /* mappings and lists in each other */

enum conf_node_kind {
	CONF_NODE_TEXT,
	CONF_NODE_LIST,
	CONF_NODE_MAP,
};

struct conf_node {
	enum conf_node_kind kind;
	bool quoted; /* in quotes or a block: never stands for "nothing" */
	struct conf_at at;
	struct slice text;
	struct conf_node *first; /* of a mapping: key, value, key, value... */
	struct conf_node *last;
	struct conf_node *next; /* sibling */
	size_t count;           /* children */
};

/*
 * Reads one document. *ret_root is NULL for an empty file; nodes and their texts live in `arena`
 * as long as it does.
 *
 * Errors: E_SYNTAX (the report says what and where), E_NOMEM.
 */
enum err conf_tree_parse(struct slice text, struct arena *arena, struct conf_report *report,
			 struct conf_node **ret_root);

/* True for a value that was left out: `key:`, `key: ~`, `key: null`. */
bool conf_node_is_nothing(const struct conf_node *node);

/*
 * The value at `path` ("cors.origins") below the mapping `node`; NULL if there is none. NULL-safe.
 */
const struct conf_node *conf_tree_find(const struct conf_node *node, struct slice path);
/* The `index`th entry of a list; NULL past its end, or if `node` is no list. NULL-safe. */
const struct conf_node *conf_tree_entry(const struct conf_node *node, size_t index);

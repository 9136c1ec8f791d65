/* SPDX-License-Identifier: Apache-2.0 */
/* option.h - the rows of conf/options.def: one schema for parser, defaults and manuals. */
#pragma once

#include "conf/form.h"

#include <stdint.h>

enum conf_type {
	CONF_GROUP,    /* mapping of other options */
	CONF_ITEMS,    /* list of mappings: struct *, size_t */
	CONF_DURATION, /* uint64_t, milliseconds */
	CONF_BYTES,    /* uint64_t */
	CONF_NUMBER,   /* uint64_t */
	CONF_BOOL,     /* bool */
	CONF_CHOICE,   /* enum: index of the word */
	CONF_SET,      /* unsigned: 1 << index of each word */
	CONF_TEXT,     /* struct slice */
	CONF_LIST,     /* list of texts: struct slice *, size_t */
};

struct conf_option {
	struct slice path; /* "routes[].hub.public" */
	enum conf_type type;
	size_t offset;          /* in struct settings, or in the struct of the list entry */
	size_t size;            /* bytes there */
	size_t count_offset;    /* of a list */
	size_t item_size;       /* bytes of the struct of a list entry */
	struct slice shorthand; /* key that a plain text stands for, in place of a mapping */
	uint64_t low;
	uint64_t high;
	struct slice word;  /* reads as 0; ptr NULL: none */
	struct slice words; /* of a choice: "hard|soft|auto|" */
	bool is_lone;       /* a list for which a plain text stands, as its one entry */
	const struct conf_form *form;
	struct slice preset; /* default, as written in a file; empty: absent */
	struct slice guide;  /* value in preset guide; empty: the default */
	struct slice help;
};

enum {
	CONF_OPTION_COUNT = 0
#define X(path, type, place, range, detail, preset, guide, help) +1
#include "conf/options.def"
#undef X
};

extern const struct conf_option conf_options[CONF_OPTION_COUNT];

/* The option whose whole path is `path`; NULL if there is none. */
const struct conf_option *conf_option_find(struct slice path);
/* "routes[].hub.public" is "public" in "routes[].hub"; "routes[].path" is "path" in "routes". */
struct slice conf_option_key(const struct conf_option *option);
struct slice conf_option_parent(const struct conf_option *option);
/* The entry `key` of the group or list `parent` (empty: of the file); NULL if there is none. */
const struct conf_option *conf_option_child(struct slice parent, struct slice key);
/*
 * True for what is set in the struct of `parent`: all options below it, but not those of the
 * entries of a list below it.
 */
bool conf_option_is_in(const struct conf_option *option, struct slice parent);

/* "an address such as...", "a whole number or 'off'", "one of hard, soft, auto". */
void conf_put_expected(struct writer *w, const struct conf_option *option);
/* A bound of the range, with the option's unit. */
void conf_put_bound(struct writer *w, const struct conf_option *option, uint64_t n);
/* "hard, soft, auto" */
void conf_put_words(struct writer *w, struct slice words);

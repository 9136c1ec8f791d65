/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - fills settings from a tree by the schema table; for use inside conf only. */
#pragma once

#include "conf/option.h"
#include "conf/tree.h"

struct conf_reader {
	struct arena *arena; /* of the settings */
	struct conf_report *report;
	bool no_memory;
	bool faulty[CONF_OPTION_COUNT]; /* has an error of its own: what follows from it is noise */
};

/* Sets all options that `base`, the struct of `parent`, holds to their defaults. */
void conf_read_defaults(struct conf_reader *r, struct slice parent, void *base);
/* Likewise, those that preset guide changes. */
void conf_read_guide(struct conf_reader *r, void *settings);
/* Reads a mapping of entries of `parent` into `base`. */
void conf_read_map(struct conf_reader *r, struct slice parent, const struct conf_node *map,
		   void *base);
/* Reads one value into its field of `base`; what is wrong with it goes to the report. */
void conf_read_option(struct conf_reader *r, const struct conf_option *option,
		      const struct conf_node *node, void *base);

/* Reports "path: message" as an error of `option`. */
void conf_refuse(struct conf_reader *r, const struct conf_option *option, struct conf_at at,
		 struct slice message);
/* As conf_refuse: expected what the option wants, got what is there. */
void conf_refuse_type(struct conf_reader *r, const struct conf_option *option,
		      const struct conf_node *node);
/* conf/value.c: the types that are one text. */
void conf_read_value(struct conf_reader *r, const struct conf_option *option,
		     const struct conf_node *node, void *base);
/* Reports `n`, as it is `shown`, where it is outside of the option's range. */
bool conf_check_range(struct conf_reader *r, const struct conf_option *option, struct conf_at at,
		      uint64_t n, struct slice shown);
/* The normal form of a text with a grammar, in the arena; ptr NULL after an error. */
struct slice conf_read_form(struct conf_reader *r, const struct conf_option *option,
			    const struct conf_node *node);
/* The index of a choice's word in `words`; *ret_index is untouched after an error. */
bool conf_read_word(struct conf_reader *r, const struct conf_option *option,
		    const struct conf_node *node, unsigned *ret_index);

/*
 * conf/check.c: what settings may not be together, and not be at all. `root` tells places; NULL:
 * they have none. Options that have errors of their own are not judged again.
 */
void conf_check(struct conf_reader *r, const struct settings *settings,
		const struct conf_node *root);

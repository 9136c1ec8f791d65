/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - a configuration text with all that it was read into. */
#pragma once

#include "conf/conf.h"

#include <string.h>

struct loaded {
	struct arena arena;
	struct settings settings;
	struct conf_report report;
	enum err err;
	char print[CONF_PRINT_SIZE];
	size_t print_len;
};

/* Give it back with arena_free(&l->arena). */
static inline void load(struct loaded *l, struct slice text)
{
	struct writer w;

	memset(&l->settings, 0, sizeof(l->settings));
	arena_init(&l->arena, CONF_MAX_MEMORY);
	l->err = conf_load(text, SLICE("sluice.yaml"), &l->arena, &l->settings, &l->report);
	writer_init(&w, l->print, sizeof(l->print));
	conf_print(&w, &l->report);
	l->print_len = w.len;
}

static inline struct slice printed(const struct loaded *l)
{
	return (struct slice){l->print, l->print_len};
}

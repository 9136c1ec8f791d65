/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/remedy.h"

static const struct slice texts[REMEDY_COUNT][STACK_COUNT] = {
#define X(remedy, stack, text) [REMEDY_##remedy][STACK_##stack] = SLICE_INIT(text),
#include "policy/remedies.def"
};

static const struct slice names[STACK_COUNT] = {[STACK_GENERIC] = SLICE_INIT("generic"),
#define X(symbol, name, title) [symbol] = SLICE_INIT(name),
						STACK_MAP(X)
#undef X
};

static const struct slice titles[STACK_COUNT] = {[STACK_GENERIC] = SLICE_INIT("any server"),
#define X(symbol, name, title) [symbol] = SLICE_INIT(title),
						 STACK_MAP(X)
#undef X
};

struct slice remedy_text(enum remedy remedy, enum stack stack)
{
	return texts[remedy][stack];
}

struct slice stack_name(enum stack stack)
{
	return names[stack];
}

struct slice stack_title(enum stack stack)
{
	return titles[stack];
}

enum stack stack_find(struct slice name)
{
	for (int i = STACK_GENERIC; i < STACK_COUNT; i++)
		if (slice_eq_nocase(names[i], name))
			return (enum stack)i;
	return STACK_COUNT;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/change.h"

#include <string.h>

/* Sockets, threads, accounts and memory that are made once, before the server serves. */
static const struct slice fixed[] = {
	SLICE_INIT("listen"),          SLICE_INIT("listen[].address"),
	SLICE_INIT("listen[].h2c"),    SLICE_INIT("listen[].proxy-protocol"),
	SLICE_INIT("admin"),           SLICE_INIT("workers"),
	SLICE_INIT("auth.ticket.max"), SLICE_INIT("auth.revoke.keep"),
	SLICE_INIT("auth.revoke.max"), SLICE_INIT("publish.max-event"),
	SLICE_INIT("limits.streams"),  SLICE_INIT("limits.connections"),
	SLICE_INIT("history.memory"),  SLICE_INIT("user"),
	SLICE_INIT("sandbox"),
};

/* A listener may change its certificates, but not whether it speaks TLS. */
static const struct slice tls = SLICE_INIT("listen[].tls");

bool conf_is_fixed(const struct conf_option *option)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (slice_eq(option->path, fixed[i]))
			return true;
	}
	return false;
}

static bool same_text(struct slice a, struct slice b)
{
	return !a.ptr == !b.ptr && slice_eq(a, b);
}

static const void *at(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

static size_t count_at(const struct conf_option *option, const void *base)
{
	const size_t *count = at(base, option->count_offset);

	return *count;
}

static bool same_list(const struct conf_option *option, const void *a, const void *b)
{
	const struct slice *const *list_a = at(a, option->offset);
	const struct slice *const *list_b = at(b, option->offset);
	size_t n = count_at(option, a);

	if (n != count_at(option, b))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!same_text((*list_a)[i], (*list_b)[i]))
			return false;
	}
	return true;
}

/* `a` and `b`: two structs that the option is a field of. */
static bool same_value(const struct conf_option *option, const void *a, const void *b)
{
	const struct slice *text_a = at(a, option->offset);
	const struct slice *text_b = at(b, option->offset);

	switch (option->type) {
	case CONF_GROUP:
		return true;
	case CONF_ITEMS:
		return count_at(option, a) == count_at(option, b);
	case CONF_LIST:
		return same_list(option, a, b);
	case CONF_TEXT:
		return same_text(*text_a, *text_b);
	case CONF_DURATION:
	case CONF_BYTES:
	case CONF_NUMBER:
	case CONF_BOOL:
	case CONF_CHOICE:
	case CONF_SET:
		break;
	}
	return memcmp(at(a, option->offset), at(b, option->offset), option->size) == 0;
}

/* The list whose entries the option is a key of; NULL for a key of the file itself. */
static const struct conf_option *list_of(const struct conf_option *option)
{
	size_t bracket = slice_find(option->path, '[');

	return bracket < option->path.len ? conf_option_find(slice_upto(option->path, bracket))
					  : NULL;
}

/* Entries that only one of them has are a difference of the list. */
static bool same(const struct conf_option *option, const struct settings *a,
		 const struct settings *b)
{
	const struct conf_option *list = list_of(option);

	if (!list)
		return same_value(option, a, b);
	const char *const *items_a = at(a, list->offset);
	const char *const *items_b = at(b, list->offset);
	size_t n = count_at(list, a) < count_at(list, b) ? count_at(list, a) : count_at(list, b);
	for (size_t i = 0; i < n; i++) {
		if (!same_value(option, *items_a + i * list->item_size,
				*items_b + i * list->item_size))
			return false;
	}
	return true;
}

bool conf_same(const struct settings *a, const struct settings *b, struct slice prefix)
{
	for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
		if (slice_starts(conf_options[i].path, prefix) && !same(&conf_options[i], a, b))
			return false;
	}
	return true;
}

static bool same_tls(const struct settings *a, const struct settings *b)
{
	size_t n = a->listen_count < b->listen_count ? a->listen_count : b->listen_count;

	for (size_t i = 0; i < n; i++) {
		if (!a->listen[i].tls.certificate_count != !b->listen[i].tls.certificate_count)
			return false;
	}
	return true;
}

size_t conf_put_fixed_changes(struct writer *w, const struct settings *before,
			      const struct settings *after)
{
	size_t n = 0;

	for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
		const struct conf_option *option = &conf_options[i];
		bool changed = slice_eq(option->path, tls)
				       ? !same_tls(before, after)
				       : conf_is_fixed(option) && !same(option, before, after);

		if (!changed)
			continue;
		put(w, n++ > 0 ? SLICE(", ") : SLICE(""));
		put(w, option->path);
	}
	return n;
}

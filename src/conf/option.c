/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/option.h"

#include "identity/jws_alg.h"
#include "policy/topic.h"

#define KIB    (UINT64_C(1) << 10)
#define MIB    (UINT64_C(1) << 20)
#define GIB    (UINT64_C(1) << 30)
#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define SIZE_OF(s, field)         sizeof(((struct s *)0)->field)
#define NOWHERE                   .offset = 0
#define AT(s, field)              .offset = offsetof(struct s, field), .size = SIZE_OF(s, field)
#define LIST_AT(s, field, number) AT(s, field), .count_offset = offsetof(struct s, number)
#define NO_RANGE                  .low = 0
#define RANGE(least, most)        .low = (least), .high = (most)
#define NO_DETAIL                 .form = NULL
#define WORD(text)                .word = SLICE_INIT(text)
#define FORM(name)                .form = &conf_form_##name
#define FORM_OR(name, text)       FORM(name), WORD(text)
#define LONE_FORM(name)           FORM(name), .is_lone = true
#define ITEM(s, key)              .item_size = sizeof(struct s), .shorthand = SLICE_INIT(key)
#define WORDS(map)                .words = SLICE_INIT(map(JOIN))
#define JOIN(name, word)          word "|"
#define WORDS_OF(text)            .words = {text, sizeof(text) - 1}

/* Bit n of enum edge is word n. */
#define CONF_EDGE_MAP(X)                                                                           \
	X(GENERIC, "generic")                                                                      \
	X(FASTLY, "fastly")                                                                        \
	X(CLOUDFLARE, "cloudflare")                                                                \
	X(NGINX, "nginx")

_Static_assert(EDGE_GENERIC == 1 && EDGE_FASTLY == 2 && EDGE_CLOUDFLARE == 4 && EDGE_NGINX == 8,
	       "a set holds its words in the order of their bits");

/* Bit n of JWS_ALG_BIT is word n. */
static const char algorithms[] =
#define X(name, text, type) text "|"
#include "identity/jws_alg.def"
#undef X
	;

const struct conf_option conf_options[CONF_OPTION_COUNT] = {
#define X(path_, type_, place, range, detail, preset_, guide_, help_)                              \
	{.path = SLICE_INIT(path_),                                                                \
	 .type = CONF_##type_,                                                                     \
	 place,                                                                                    \
	 range,                                                                                    \
	 detail,                                                                                   \
	 .preset = SLICE_INIT(preset_),                                                            \
	 .guide = SLICE_INIT(guide_),                                                              \
	 .help = SLICE_INIT(help_)},
#include "conf/options.def"
#undef X
};

/* Index of the last '.', or the length. */
static size_t last_dot(struct slice path)
{
	for (size_t i = path.len; i > 0; i--) {
		if (path.ptr[i - 1] == '.')
			return i - 1;
	}
	return path.len;
}

struct slice conf_option_key(const struct conf_option *option)
{
	size_t dot = last_dot(option->path);

	return dot == option->path.len ? option->path : slice_from(option->path, dot + 1);
}

struct slice conf_option_parent(const struct conf_option *option)
{
	size_t dot = last_dot(option->path);
	struct slice parent = slice_upto(option->path, dot);

	if (dot == option->path.len)
		return SLICE("");
	if (slice_ends(parent, SLICE("[]")))
		return slice_upto(parent, parent.len - 2);
	return parent;
}

const struct conf_option *conf_option_find(struct slice path)
{
	for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
		if (slice_eq(conf_options[i].path, path))
			return &conf_options[i];
	}
	return NULL;
}

const struct conf_option *conf_option_child(struct slice parent, struct slice key)
{
	for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
		const struct conf_option *option = &conf_options[i];

		if (slice_eq(conf_option_parent(option), parent) &&
		    slice_eq(conf_option_key(option), key))
			return option;
	}
	return NULL;
}

bool conf_option_is_in(const struct conf_option *option, struct slice parent)
{
	struct slice rest = option->path;

	if (parent.len > 0) {
		if (!slice_starts(rest, parent) ||
		    !slice_starts(slice_from(rest, parent.len), SLICE("[].")))
			return false;
		rest = slice_from(rest, parent.len + 3);
	}
	return slice_find(rest, '[') == rest.len;
}

void conf_put_words(struct writer *w, struct slice words)
{
	struct slice rest = slice_upto(words, words.len - 1);

	for (bool first = true; rest.ptr; first = false) {
		if (!first)
			put(w, SLICE(", "));
		put(w, slice_cut(&rest, '|'));
	}
}

void conf_put_expected(struct writer *w, const struct conf_option *option)
{
	static const struct slice nouns[] = {
		[CONF_GROUP] = SLICE_INIT("a mapping"),
		[CONF_ITEMS] = SLICE_INIT("a list"),
		[CONF_DURATION] = SLICE_INIT("a duration such as 15s or 250ms"),
		[CONF_BYTES] = SLICE_INIT("a size such as 64KiB"),
		[CONF_NUMBER] = SLICE_INIT("a whole number"),
		[CONF_BOOL] = SLICE_INIT("true or false"),
		[CONF_CHOICE] = SLICE_INIT("one of "),
		[CONF_SET] = SLICE_INIT("a list of "),
		[CONF_LIST] = SLICE_INIT("a list"),
	};

	if (option->is_lone)
		put(w, SLICE("a text or "));
	put(w, option->type == CONF_TEXT ? option->form->noun : nouns[option->type]);
	if (option->words.len > 0)
		conf_put_words(w, option->words);
	if (option->word.len > 0) {
		put(w, SLICE(" or '"));
		put(w, option->word);
		put_char(w, '\'');
	}
}

struct unit {
	uint64_t factor;
	struct slice name;
};

/* In the largest unit that leaves no remainder; `units` ends with the factor 1. */
static void put_with_unit(struct writer *w, uint64_t n, const struct unit *units)
{
	while (units->factor > 1 && (n == 0 || n % units->factor != 0))
		units++;
	put_u64(w, n / units->factor);
	if (n > 0)
		put(w, units->name);
}

void conf_put_bound(struct writer *w, const struct conf_option *option, uint64_t n)
{
	static const struct unit durations[] = {{HOUR, SLICE_INIT("h")},
						{MINUTE, SLICE_INIT("m")},
						{SECOND, SLICE_INIT("s")},
						{1, SLICE_INIT("ms")}};
	static const struct unit sizes[] = {{GIB, SLICE_INIT("GiB")},
					    {MIB, SLICE_INIT("MiB")},
					    {KIB, SLICE_INIT("KiB")},
					    {1, SLICE_INIT("")}};

	if (option->type == CONF_DURATION)
		put_with_unit(w, n, durations);
	else if (option->type == CONF_BYTES)
		put_with_unit(w, n, sizes);
	else
		put_u64(w, n);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/require.h"
#include "base/suggest.h"
#include "base/text.h"
#include "conf/reader.h"

void conf_refuse(struct conf_reader *r, const struct conf_option *option, struct conf_at at,
		 struct slice message)
{
	struct conf_message m;

	conf_message_init(&m);
	put(&m.w, option->path);
	put(&m.w, SLICE(": "));
	put(&m.w, message);
	conf_report_error(r->report, at, conf_message_slice(&m));
	r->faulty[option - conf_options] = true;
}

static void put_got(struct writer *w, const struct conf_node *node)
{
	put(w, SLICE(", got "));
	if (node->kind == CONF_NODE_MAP)
		put(w, SLICE("a mapping"));
	else if (node->kind == CONF_NODE_LIST)
		put(w, SLICE("a list"));
	else if (node->text.len == 0 && !node->quoted)
		put(w, SLICE("nothing"));
	else
		conf_put_shown(w, node->text);
}

static bool is_list(const struct conf_option *option)
{
	return option->type == CONF_LIST || option->type == CONF_SET || option->type == CONF_ITEMS;
}

void conf_refuse_type(struct conf_reader *r, const struct conf_option *option,
		      const struct conf_node *node)
{
	struct conf_message m;

	conf_message_init(&m);
	put(&m.w, SLICE("expected "));
	conf_put_expected(&m.w, option);
	put_got(&m.w, node);
	if (is_list(option) && node->kind == CONF_NODE_TEXT && !conf_node_is_nothing(node) &&
	    node->text.len <= CONF_MAX_SHOWN) {
		put(&m.w, SLICE(" (write ["));
		conf_put_shown(&m.w, node->text);
		put(&m.w, SLICE("])"));
	}
	conf_refuse(r, option, node->at, conf_message_slice(&m));
}

static void refuse_range(struct conf_reader *r, const struct conf_option *option, struct conf_at at,
			 struct slice shown, bool below)
{
	struct conf_message m;

	conf_message_init(&m);
	put(&m.w, slice_upto(shown, CONF_MAX_SHOWN));
	put(&m.w, below ? SLICE(" is below the minimum of ") : SLICE(" is above the maximum of "));
	conf_put_bound(&m.w, option, below ? option->low : option->high);
	conf_refuse(r, option, at, conf_message_slice(&m));
}

bool conf_check_range(struct conf_reader *r, const struct conf_option *option, struct conf_at at,
		      uint64_t n, struct slice shown)
{
	if (n >= option->low && n <= option->high)
		return true;
	refuse_range(r, option, at, shown, n < option->low);
	return false;
}

static enum err parse_number(const struct conf_option *option, struct slice text, uint64_t *ret_n)
{
	if (option->word.ptr && slice_eq(text, option->word)) {
		*ret_n = 0;
		return OK;
	}
	if (option->type == CONF_DURATION)
		return parse_duration_ms(text, ret_n);
	if (option->type == CONF_BYTES)
		return parse_bytes(text, ret_n);
	return parse_u64(text, ret_n);
}

static void read_number(struct conf_reader *r, const struct conf_option *option,
			const struct conf_node *node, void *field)
{
	uint64_t n;

	enum err err = parse_number(option, node->text, &n);
	if (err == E_RANGE)
		refuse_range(r, option, node->at, node->text, false);
	else if (err)
		conf_refuse_type(r, option, node);
	else if ((option->word.ptr && slice_eq(node->text, option->word)) ||
		 conf_check_range(r, option, node->at, n, node->text))
		*(uint64_t *)field = n;
}

static void read_bool(struct conf_reader *r, const struct conf_option *option,
		      const struct conf_node *node, void *field)
{
	bool yes = slice_eq(node->text, SLICE("true"));

	if (yes || slice_eq(node->text, SLICE("false")))
		*(bool *)field = yes;
	else
		conf_refuse_type(r, option, node);
}

static void refuse_word(struct conf_reader *r, const struct conf_option *option,
			const struct conf_node *node)
{
	struct conf_message m;
	struct suggest near;

	suggest_init(&near, node->text);
	for (struct slice rest = option->words; rest.len > 0;)
		suggest_offer(&near, slice_cut(&rest, '|'));
	conf_message_init(&m);
	put(&m.w, SLICE("expected one of "));
	conf_put_words(&m.w, option->words);
	put_got(&m.w, node);
	if (near.best.ptr) {
		put(&m.w, SLICE(" (did you mean "));
		conf_put_shown(&m.w, near.best);
		put(&m.w, SLICE("?)"));
	}
	conf_refuse(r, option, node->at, conf_message_slice(&m));
}

bool conf_read_word(struct conf_reader *r, const struct conf_option *option,
		    const struct conf_node *node, unsigned *ret_index)
{
	bool is_text = node->kind == CONF_NODE_TEXT;
	struct slice rest = option->words;

	/* The list ends with a separator: what is behind it is no word. */
	for (unsigned i = 0; is_text && rest.len > 0; i++) {
		if (!slice_eq(slice_cut(&rest, '|'), node->text))
			continue;
		*ret_index = i;
		return true;
	}
	refuse_word(r, option, node);
	return false;
}

static struct slice keep(struct conf_reader *r, struct slice text)
{
	struct slice kept = arena_copy(r->arena, text);

	if (!kept.ptr)
		r->no_memory = true;
	return kept;
}

/* Of a list the range counts entries; a text in it is bounded by its form. */
static bool check_length(struct conf_reader *r, const struct conf_option *option,
			 const struct conf_node *node)
{
	uint64_t high = option->type == CONF_TEXT ? option->high : CONF_MAX_FORM;
	struct conf_message m;

	if (node->text.len <= high)
		return true;
	conf_message_init(&m);
	put(&m.w, SLICE("a text of "));
	put_u64(&m.w, node->text.len);
	put(&m.w, SLICE(" bytes is above the maximum of "));
	put_u64(&m.w, high);
	conf_refuse(r, option, node->at, conf_message_slice(&m));
	return false;
}

static void refuse_form(struct conf_reader *r, const struct conf_option *option,
			const struct conf_node *node, struct slice why)
{
	struct conf_message m;

	conf_message_init(&m);
	conf_put_shown(&m.w, node->text);
	put(&m.w, SLICE(": "));
	put(&m.w, why);
	conf_refuse(r, option, node->at, conf_message_slice(&m));
}

/* Of a list the type is wrong in an entry only. */
static void refuse_entry(struct conf_reader *r, const struct conf_option *option,
			 const struct conf_node *node)
{
	struct conf_message m;

	conf_message_init(&m);
	put(&m.w, SLICE("expected "));
	put(&m.w, option->form->noun);
	put_got(&m.w, node);
	conf_refuse(r, option, node->at, conf_message_slice(&m));
}

struct slice conf_read_form(struct conf_reader *r, const struct conf_option *option,
			    const struct conf_node *node)
{
	char normal[CONF_MAX_FORM];
	struct writer out;
	struct conf_message why;

	if (node->kind != CONF_NODE_TEXT || node->text.len == 0 || conf_node_is_nothing(node)) {
		refuse_entry(r, option, node);
		return SLICE_NONE;
	}
	if (!check_length(r, option, node))
		return SLICE_NONE;
	writer_init(&out, normal, sizeof(normal));
	conf_message_init(&why);
	if (option->form->read(node->text, &out, &why.w))
		return keep(r, writer_slice(&out));
	refuse_form(r, option, node, conf_message_slice(&why));
	return SLICE_NONE;
}

static void read_text(struct conf_reader *r, const struct conf_option *option,
		      const struct conf_node *node, void *field)
{
	struct slice text = conf_read_form(r, option, node);

	if (text.ptr)
		*(struct slice *)field = text;
}

static void read_choice(struct conf_reader *r, const struct conf_option *option,
			const struct conf_node *node, void *field)
{
	(void)conf_read_word(r, option, node, field);
}

void conf_read_value(struct conf_reader *r, const struct conf_option *option,
		     const struct conf_node *node, void *base)
{
	static void (*const readers[])(struct conf_reader *, const struct conf_option *,
				       const struct conf_node *, void *) = {
		[CONF_DURATION] = read_number, [CONF_BYTES] = read_number,
		[CONF_NUMBER] = read_number,   [CONF_BOOL] = read_bool,
		[CONF_CHOICE] = read_choice,   [CONF_TEXT] = read_text,
	};

	require(option->type < sizeof(readers) / sizeof(readers[0]) && readers[option->type]);
	if (node->kind != CONF_NODE_TEXT || conf_node_is_nothing(node)) {
		conf_refuse_type(r, option, node);
		return;
	}
	readers[option->type](r, option, node, (char *)base + option->offset);
}

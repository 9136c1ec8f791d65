/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/headers.h"

#include "cmd/client.h"
#include "http/chars.h"

/* Fields that a request of ours cannot be without, or that would break its framing. */
static const struct {
	struct slice name;
	struct slice instead;
} kept[] = {
	{SLICE_INIT("Host"), SLICE_INIT("it follows the URL")},
	{SLICE_INIT("Connection"), SLICE_INIT("it follows the protocol")},
	{SLICE_INIT("Content-Length"), SLICE_INIT("it follows the body")},
	{SLICE_INIT("Transfer-Encoding"), SLICE_INIT("it follows the body")},
	{SLICE_INIT("Last-Event-ID"), SLICE_INIT("use --last-event-id")},
	{SLICE_INIT("Origin"), SLICE_INIT("use --origin")},
};

void headers_init(struct headers *h)
{
	*h = (struct headers){0};
	arena_init(&h->arena, HEADERS_MAX_BYTES);
}

void headers_fini(struct headers *h)
{
	arena_free(&h->arena);
}

static enum err complain(struct writer *fault, enum err err, struct slice what, struct slice why)
{
	put(fault, what);
	put(fault, SLICE(": "));
	put(fault, why);
	return err;
}

static bool is_credential(struct slice name)
{
	return slice_eq_nocase(name, SLICE("Authorization")) ||
	       slice_eq_nocase(name, SLICE("Cookie"));
}

static enum err check_name(struct slice name, struct writer *fault)
{
	if (!char_all(name, CHAR_TOKEN))
		return complain(fault, E_SYNTAX, SLICE("--header"),
				SLICE("give 'Name: value' or 'Name: @FILE'"));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (slice_eq_nocase(name, kept[i].name))
			return complain(fault, E_SYNTAX, kept[i].name, kept[i].instead);
	}
	return OK;
}

/* `value` may be @FILE; `prefix` goes before it. */
static enum err add(struct headers *h, struct slice name, struct slice prefix, struct slice value,
		    struct writer *fault)
{
	char room[HEADERS_MAX_VALUE];
	struct writer w;

	if (h->count == HEADERS_MAX)
		return complain(fault, E_FULL, name, SLICE("too many header fields"));
	h->secret = h->secret || is_credential(name);
	if (slice_starts(value, SLICE("@"))) {
		enum err err = secret_read(&h->arena, slice_from(value, 1), &value, fault);

		if (err)
			return err;
	} else if (is_credential(name)) {
		h->exposed = true;
	}
	writer_init(&w, room, sizeof(room));
	put(&w, prefix);
	put(&w, value);
	if (w.overflow || text_run(writer_slice(&w)) < w.len)
		return complain(fault, E_SYNTAX, name, SLICE("not a value that a field can hold"));
	struct http_field *row = &h->rows[h->count];
	row->name = arena_copy(&h->arena, name);
	row->value = arena_copy(&h->arena, writer_slice(&w));
	if (!row->name.ptr || !row->value.ptr)
		return complain(fault, E_NOMEM, name, slice_of(err_text(E_NOMEM)));
	h->count++;
	return OK;
}

enum err headers_add(struct headers *h, struct slice line, struct writer *fault)
{
	struct slice value = line;
	struct slice name = slice_cut(&value, ':');
	enum err err = value.ptr ? check_name(name, fault) : check_name(SLICE(""), fault);

	return err ? err : add(h, name, SLICE(""), slice_trim(value), fault);
}

enum err headers_add_bearer(struct headers *h, struct slice token, struct writer *fault)
{
	return add(h, SLICE("Authorization"), SLICE("Bearer "), token, fault);
}

bool headers_has(const struct headers *h, struct slice name)
{
	return http_fields_count(h->rows, h->count, name) > 0;
}

void headers_put(const struct headers *h, struct writer *w)
{
	for (size_t i = 0; i < h->count; i++)
		client_put_field(w, h->rows[i].name, h->rows[i].value);
}

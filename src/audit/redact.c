/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/redact.h"

#include <string.h>

/* Index of the first `what` at or behind `from`; s.len: there is none. */
static size_t find(struct slice s, size_t from, struct slice what)
{
	while (from + what.len <= s.len) {
		size_t at = from + slice_find(slice_from(s, from), what.ptr[0]);

		if (at + what.len > s.len)
			break;
		if (memcmp(s.ptr + at, what.ptr, what.len) == 0)
			return at;
		from = at + 1;
	}
	return s.len;
}

static bool counts(struct slice secret)
{
	return secret.len >= RECORDER_MIN_SECRET;
}

bool redact_has(struct slice s, const struct recorder_secrets *secrets)
{
	for (size_t i = 0; i < secrets->count; i++) {
		if (counts(secrets->of[i]) && find(s, 0, secrets->of[i]) < s.len)
			return true;
	}
	return false;
}

static void wipe(char *p, size_t len, struct slice secret)
{
	struct slice s = {p, len};

	for (size_t at = find(s, 0, secret); at < len; at = find(s, at + secret.len, secret))
		memset(p + at, '*', secret.len);
}

char *redact_copy(struct arena *arena, struct slice s, const struct recorder_secrets *secrets)
{
	char *p = s.len > 0 ? arena_alloc(arena, s.len) : NULL;

	if (!p)
		return NULL;
	memcpy(p, s.ptr, s.len);
	for (size_t i = 0; i < secrets->count; i++) {
		if (counts(secrets->of[i]))
			wipe(p, s.len, secrets->of[i]);
	}
	return p;
}

static unsigned leak_of(struct slice name)
{
	if (slice_eq_nocase(name, SLICE("location")))
		return LEAK_LOCATION;
	if (slice_eq_nocase(name, SLICE("link")))
		return LEAK_LINK;
	if (slice_eq_nocase(name, SLICE("set-cookie")))
		return LEAK_SET_COOKIE;
	return LEAK_OTHER_FIELD;
}

unsigned redact_leaks(const struct http_field *fields, size_t n,
		      const struct recorder_secrets *secrets)
{
	unsigned leaks = 0;

	for (size_t i = 0; i < n; i++) {
		if (redact_has(fields[i].value, secrets))
			leaks |= leak_of(fields[i].name);
	}
	return leaks;
}

struct slice redact_text(struct arena *arena, struct slice s,
			 const struct recorder_secrets *secrets)
{
	if (!redact_has(s, secrets))
		return s;
	char *p = redact_copy(arena, s, secrets);
	return (struct slice){p ? p : "", p ? s.len : 0};
}

/* What the server gives is a session, too: name and attributes stay, and the length. */
static struct slice mask_cookie(struct arena *arena, struct slice value)
{
	size_t end = slice_find(value, ';');
	size_t from = slice_find(slice_upto(value, end), '=') + 1;
	char *copy = value.len > 0 ? arena_alloc(arena, value.len) : NULL;

	if (!copy)
		return SLICE("");
	memcpy(copy, value.ptr, value.len);
	if (from > end)
		from = 0; /* a value without a name */
	memset(copy + from, '*', end - from);
	return (struct slice){copy, value.len};
}

const struct http_field *redact_fields(struct arena *arena, const struct http_field *fields,
				       size_t *count, const struct recorder_secrets *secrets)
{
	struct http_field *copy = *count > 0 ? arena_alloc(arena, *count * sizeof(*copy)) : NULL;

	if (!copy) {
		*count = 0;
		return NULL;
	}
	for (size_t i = 0; i < *count; i++) {
		copy[i] = fields[i];
		if (secrets)
			copy[i].value = redact_text(arena, copy[i].value, secrets);
		if (slice_eq_nocase(copy[i].name, SLICE("set-cookie")))
			copy[i].value = mask_cookie(arena, copy[i].value);
	}
	return copy;
}

void redact_record(struct arena *arena, struct record *record,
		   const struct recorder_secrets *secrets)
{
	record->type = redact_text(arena, record->type, secrets);
	record->data = redact_text(arena, record->data, secrets);
	record->id = redact_text(arena, record->id, secrets);
}

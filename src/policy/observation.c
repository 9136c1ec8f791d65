/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/observation.h"

#include "http/fields.h"

struct slice observation_field(const struct observation *o, struct slice name)
{
	return http_fields_get(o->fields, o->field_count, name);
}

size_t observation_count(const struct observation *o, struct slice name)
{
	return http_fields_count(o->fields, o->field_count, name);
}

struct slice quoted_cut(struct slice *rest, char sep)
{
	struct slice whole = *rest;
	bool quoted = false;
	size_t at = 0;

	for (; at < whole.len && (quoted || whole.ptr[at] != sep); at++) {
		if (whole.ptr[at] == '"')
			quoted = !quoted;
		else if (quoted && whole.ptr[at] == '\\' && at + 1 < whole.len)
			at++;
	}
	*rest = at < whole.len ? slice_from(whole, at + 1) : SLICE_NONE;
	return slice_trim(slice_upto(whole, at));
}

/* Moves on to the next line of the field. False: there is none. */
static bool next_line(struct member_walk *walk)
{
	while (walk->at < walk->o->field_count) {
		const struct http_field *field = &walk->o->fields[walk->at++];

		if (slice_eq_nocase(field->name, walk->name) && field->value.len > 0) {
			walk->rest = field->value;
			return true;
		}
	}
	return false;
}

bool member_next(struct member_walk *walk, struct slice *ret_member)
{
	while (walk->rest.len > 0 || next_line(walk)) {
		struct slice member = quoted_cut(&walk->rest, ',');

		if (member.len > 0) {
			*ret_member = member;
			return true;
		}
	}
	return false;
}

bool observation_has_member(const struct observation *o, struct slice name, struct slice member)
{
	struct member_walk walk = {.o = o, .name = name};
	struct slice got;

	while (member_next(&walk, &got))
		if (slice_eq_nocase(got, member))
			return true;
	return false;
}

struct slice unquoted(struct slice s)
{
	if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
		return slice_upto(slice_from(s, 1), s.len - 2);
	return s;
}

bool observation_directive(const struct observation *o, struct slice name, struct slice key,
			   struct slice *ret_value)
{
	struct member_walk walk = {.o = o, .name = name};
	struct slice member;

	while (member_next(&walk, &member)) {
		struct slice got = slice_trim(slice_cut(&member, '='));

		if (!slice_eq_nocase(got, key))
			continue;
		*ret_value = unquoted(slice_trim(member));
		return true;
	}
	return false;
}

bool observation_has_directive(const struct observation *o, struct slice name, struct slice key)
{
	struct slice value;

	return observation_directive(o, name, key, &value);
}

struct slice observation_media_type(const struct observation *o)
{
	struct slice type = observation_field(o, SLICE("Content-Type"));

	return slice_trim(slice_cut(&type, ';'));
}

bool observation_is_stream(const struct observation *o)
{
	return o->status == 200 &&
	       slice_eq_nocase(observation_media_type(o), SLICE("text/event-stream"));
}

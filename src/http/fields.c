/* SPDX-License-Identifier: Apache-2.0 */
#include "http/fields.h"

size_t http_fields_count(const struct http_field *fields, size_t n, struct slice name)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += slice_eq_nocase(fields[i].name, name);
	return count;
}

struct slice http_fields_get(const struct http_field *fields, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_eq_nocase(fields[i].name, name))
			return fields[i].value;
	}
	return SLICE_NONE;
}

bool http_list_next(struct slice *rest, struct slice *ret_member)
{
	while (rest->ptr) {
		struct slice member = slice_trim(slice_cut(rest, ','));

		if (member.len > 0) {
			*ret_member = member;
			return true;
		}
	}
	return false;
}

static bool list_has(struct slice list, struct slice member)
{
	struct slice one;

	while (http_list_next(&list, &one)) {
		if (slice_eq_nocase(one, member))
			return true;
	}
	return false;
}

bool http_fields_list_has(const struct http_field *fields, size_t n, struct slice name,
			  struct slice member)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_eq_nocase(fields[i].name, name) && list_has(fields[i].value, member))
			return true;
	}
	return false;
}

bool http_fields_keep_alive(const struct http_field *fields, size_t n, bool persists)
{
	bool keep = persists;

	for (size_t i = 0; i < n; i++) {
		if (!slice_eq_nocase(fields[i].name, SLICE("connection")))
			continue;
		if (list_has(fields[i].value, SLICE("close")))
			return false;
		keep |= list_has(fields[i].value, SLICE("keep-alive"));
	}
	return keep;
}

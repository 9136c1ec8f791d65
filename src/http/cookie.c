/* SPDX-License-Identifier: Apache-2.0 */
#include "http/cookie.h"

#include "http/chars.h"

static enum err read_value(struct slice value, struct slice *ret_value)
{
	bool quoted = value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"';

	if (quoted)
		value = (struct slice){value.ptr + 1, value.len - 2};
	if (char_run(value, CHAR_COOKIE) < value.len)
		return E_SYNTAX;
	*ret_value = value;
	return OK;
}

enum err cookie_get(struct slice field, struct slice name, struct slice *ret_value)
{
	struct slice found = SLICE_NONE;

	if (text_run(field) < field.len)
		return E_SYNTAX;
	while (field.ptr) {
		struct slice value = slice_trim(slice_cut(&field, ';'));
		struct slice got = slice_cut(&value, '=');

		if (!value.ptr || !slice_eq(got, name))
			continue;
		if (found.ptr)
			return E_EXISTS;
		found = value;
	}
	return found.ptr ? read_value(found, ret_value) : E_NOT_FOUND;
}

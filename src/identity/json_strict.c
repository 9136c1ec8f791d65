/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/json_strict.h"

#include "base/utf8.h"

/* Index behind the string whose opening quote is at `at`; broken JSON is the parser's to find. */
static size_t skip_string(struct slice s, size_t at)
{
	for (at++; at < s.len && s.ptr[at] != '"'; at++) {
		if (s.ptr[at] == '\\')
			at++;
	}
	return at + 1;
}

/* Before parsing, because the parser recurses: jansson's own maximum is 2048. */
static bool is_shallow(struct slice s)
{
	size_t depth = 0;

	for (size_t at = 0; at < s.len;) {
		char c = s.ptr[at];

		if (c == '"') {
			at = skip_string(s, at);
			continue;
		}
		if ((c == '{' || c == '[') && ++depth > JSON_MAX_DEPTH)
			return false;
		if ((c == '}' || c == ']') && depth > 0)
			depth--;
		at++;
	}
	return true;
}

json_t *json_strict_object(struct slice text)
{
	if (text.len == 0 || !is_shallow(text))
		return NULL;

	json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(root)) {
		json_decref(root);
		return NULL;
	}
	return root;
}

/* C0, DEL and C1 (U+0080 to U+009F): terminals act on them. */
static bool holds_control(struct slice s)
{
	while (s.len > 0) {
		size_t n = utf8_length(s);
		unsigned char c = (unsigned char)s.ptr[0];

		if (n == 0 || c < 0x20 || c == 0x7f)
			return true;
		if (c == 0xc2 && (unsigned char)s.ptr[1] < 0xa0)
			return true;
		s = slice_from(s, n);
	}
	return false;
}

bool json_is_text(const json_t *value, size_t max, struct slice *ret_text)
{
	if (!json_is_string(value))
		return false;

	struct slice text = {json_string_value(value), json_string_length(value)};
	if (text.len == 0 || text.len > max || holds_control(text))
		return false;
	*ret_text = text;
	return true;
}

enum json_member json_text(const json_t *object, const char *name, size_t max,
			   struct slice *ret_text)
{
	const json_t *value = json_object_get(object, name);

	if (!value)
		return JSON_ABSENT;
	return json_is_text(value, max, ret_text) ? JSON_GOOD : JSON_BAD;
}

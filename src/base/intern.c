/* SPDX-License-Identifier: Apache-2.0 */
#include "base/intern.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static struct slice key_of(const void *item)
{
	return istr_slice(item);
}

void intern_init(struct intern *in, struct siphash_key key, size_t max_strings, size_t max_len)
{
	table_init(&in->table, key, key_of, max_strings);
	in->max_len = max_len;
}

void intern_fini(struct intern *in)
{
	size_t at = 0;

	for (void *item = table_next(&in->table, &at); item; item = table_next(&in->table, &at))
		free(item);
	table_fini(&in->table);
}

static struct istr *istr_new(struct slice s)
{
	struct istr *str = malloc(sizeof(*str) + s.len);

	if (!str)
		return NULL;
	str->refs = 0;
	str->len = (uint32_t)s.len;
	memcpy(str->bytes, s.ptr, s.len);
	return str;
}

struct istr *intern_get(struct intern *in, struct slice s)
{
	s = utf8_truncate(s, in->max_len);
	if (s.len == 0)
		return NULL;
	struct istr *str = table_find(&in->table, s);
	if (!str) {
		str = istr_new(s);
		if (!str)
			return NULL;
		if (table_insert(&in->table, str)) {
			free(str);
			return NULL;
		}
	}
	str->refs++;
	return str;
}

void intern_drop(struct intern *in, struct istr *str)
{
	if (!str || --str->refs > 0)
		return;
	table_remove(&in->table, istr_slice(str));
	free(str);
}

struct slice istr_slice(const struct istr *str)
{
	return str ? (struct slice){str->bytes, str->len} : SLICE_NONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"

#include "base/arena.h"

static bool copy(struct arena *arena, struct slice *s)
{
	if (!s->ptr)
		return true;
	*s = arena_copy(arena, *s);
	return s->ptr != NULL;
}

bool http_request_copy(struct arena *arena, const struct http_request *from,
		       struct http_request *ret)
{
	*ret = *from;
	bool ok = copy(arena, &ret->method_text) && copy(arena, &ret->path) &&
		  copy(arena, &ret->query) && copy(arena, &ret->host);
	for (size_t i = 0; ok && i < ret->field_count; i++)
		ok = copy(arena, &ret->fields[i].name) && copy(arena, &ret->fields[i].value);
	return ok;
}

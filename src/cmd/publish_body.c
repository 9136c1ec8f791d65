/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/publish_body.h"

#include "base/utf8.h"

#define NAMES_COST 128u /* bytes of braces, names and commas */

size_t publish_event_bound(const struct publish_event *e)
{
	return 6 * (e->topic.len + e->data.len + e->type.len + e->id.len) + e->retry.len +
	       NAMES_COST;
}

static void put_member(struct writer *w, struct slice name, struct slice value)
{
	if (!value.ptr)
		return;
	put(w, name);
	put_json(w, value);
}

void publish_put_event(struct writer *w, const struct publish_event *e)
{
	put_member(w, SLICE("{\"topic\":"), e->topic);
	put(w, SLICE(",\"data\":"));
	if (e->data_is_json)
		put(w, e->data);
	else
		put_json(w, e->data);
	put_member(w, SLICE(",\"event\":"), e->type);
	put_member(w, SLICE(",\"id\":"), e->id);
	if (e->retry.ptr) {
		put(w, SLICE(",\"retry\":"));
		put(w, e->retry);
	}
	if (e->is_private)
		put(w, SLICE(",\"private\":true"));
	put_char(w, '}');
}

const char *publish_bad_text(const struct publish_event *e)
{
	if (!utf8_valid(e->topic))
		return "the topic";
	if (!utf8_valid(e->data))
		return "the data";
	if (!utf8_valid(e->type))
		return "the event name";
	return utf8_valid(e->id) ? NULL : "the id";
}

struct slice publish_next_batch(struct slice in, bool at_end)
{
	struct slice rest = in;
	size_t taken = 0;

	for (unsigned lines = 0; lines < PUBLISH_BATCH_LINES && rest.len > 0; lines++) {
		size_t len = slice_find(rest, '\n');

		if (len == rest.len && !at_end)
			break;
		len += len < rest.len;
		if (taken > 0 && taken + len > PUBLISH_MAX_BATCH)
			break;
		taken += len;
		rest = slice_from(rest, len);
	}
	return slice_upto(in, taken);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/answer.h"

#include "base/utf8.h"
#include "cmd/visible.h"
#include "http/status.h"

#include <jansson.h>

static struct slice text_of(const json_t *text)
{
	return json_is_string(text)
		       ? (struct slice){json_string_value(text), json_string_length(text)}
		       : SLICE_NONE;
}

static void put_message(struct writer *w, struct slice body)
{
	json_t *root = json_loadb(body.ptr ? body.ptr : "", body.len, JSON_REJECT_DUPLICATES, NULL);
	struct slice message = text_of(json_object_get(root, "message"));
	struct slice detail = text_of(json_object_get(root, "detail"));

	if (message.len > 0) {
		put(w, SLICE(": "));
		put_visible(w, utf8_truncate(message, ANSWER_MAX_TEXT));
	}
	if (detail.len > 0) {
		put(w, SLICE(" ("));
		put_visible(w, utf8_truncate(detail, ANSWER_MAX_DETAIL));
		put_char(w, ')');
	}
	json_decref(root);
}

void answer_put_refusal(struct writer *w, unsigned status, struct slice body)
{
	put_u64(w, status);
	put_char(w, ' ');
	put(w, http_reason(status));
	put_message(w, body);
}

void answer_put_wrong_type(struct writer *w, struct slice type)
{
	put(w, SLICE("200 OK, but not an event stream: "));
	if (type.len == 0) {
		put(w, SLICE("no Content-Type"));
		return;
	}
	put(w, SLICE("Content-Type is "));
	put_visible(w, utf8_truncate(type, ANSWER_MAX_TEXT));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/answer.h"

#include "base/utf8.h"
#include "cmd/visible.h"
#include "http/status.h"

#include <jansson.h>

static void put_words(struct writer *w, struct slice words)
{
	put_visible(w, utf8_truncate(words, ANSWER_MAX_TEXT));
}

static void put_message(struct writer *w, struct slice body)
{
	json_t *root = json_loadb(body.ptr ? body.ptr : "", body.len, JSON_REJECT_DUPLICATES, NULL);
	json_t *message = json_object_get(root, "message");

	if (json_is_string(message)) {
		put(w, SLICE(": "));
		put_words(w,
			  (struct slice){json_string_value(message), json_string_length(message)});
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
	put_words(w, type);
}

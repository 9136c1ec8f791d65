/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h - text/event-stream encoder (WHATWG HTML 9.2.5 and 9.2.6).
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

#define SSE_MAX_ID   128u /* bytes: what Fetch may safelist in Last-Event-ID */
#define SSE_MAX_TYPE 128u /* bytes of an event name */

struct sse_event {
	struct slice type; /* empty: "message" */
	struct slice id;   /* ptr NULL: leave the last id unchanged */
	struct slice data; /* may span lines; ptr NULL: no data field, nothing is dispatched */
	uint64_t retry_ms; /* with has_retry */
	bool has_retry;
};

/*
 * Encodes `event` with its closing blank line into `buf`: retry, id, event, data, in this order.
 * data is split at CR, LF and CRLF.
 *
 * On OK *ret_len is the number of bytes written. On error *ret_len is not touched and the
 * content of `buf` is unspecified. Nothing is allocated.
 *
 * Errors: E_BAD_FIELD if type or id holds CR, LF or NUL, or is longer than its maximum;
 * E_BAD_UTF8 if any field is not UTF-8; E_NO_SPACE.
 */
enum err sse_encode(const struct sse_event *event, char *buf, size_t cap, size_t *ret_len);
/* A bound on what sse_encode writes for `event`, in bytes. */
size_t sse_encode_bound(const struct sse_event *event);
/* A comment line and its line end: ":text\n". Errors: E_BAD_FIELD, E_NO_SPACE. */
enum err sse_encode_comment(struct slice text, char *buf, size_t cap, size_t *ret_len);

/* True for the names that only the hub may send (sse/reserved.def). */
bool sse_type_is_reserved(struct slice type);

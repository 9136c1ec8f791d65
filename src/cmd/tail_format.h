/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail_format.h - one event as text: for people, or as one JSON object a line.
 *
 * What a server sends never reaches the terminal as a control sequence.
 */
#pragma once

#include "base/writer.h"
#include "sse/decode.h"

#define TAIL_INDENT_MAX 40u /* columns */

struct tail_record {
	struct sse_message message;
	bool id_is_new;      /* the event brought its id */
	struct slice source; /* which stream, where there are several; empty: one */
	struct slice origin; /* of the final URL */
	uint64_t unix_ms;    /* of arrival */
};

/* A bound on either form, in bytes. */
size_t tail_format_bound(const struct tail_record *record);
/* {"type","data","lastEventId","origin","time"} and LF. */
void tail_put_json(struct writer *w, const struct tail_record *record);
/*
 * host  type  #id  data: the host where there are several, the type unless it is "message", the
 * id where the event brought one. Later lines of data are indented to the first.
 */
void tail_put_plain(struct writer *w, const struct tail_record *record, bool color);

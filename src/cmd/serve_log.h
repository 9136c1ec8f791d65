/* SPDX-License-Identifier: Apache-2.0 */
/* serve_log.h - the daemon's lines on standard output: one JSON object an event (SPEC 8). */
#pragma once

#include "base/writer.h"
#include "stream/record.h"

#define SERVE_LOG_LINE 4096u /* bytes: fields are cut before a line could be longer */

/* Writes the line of `record` with its line feed; `unix_ms` is its timestamp. */
void serve_log_put(struct writer *w, const struct stream_record *record, uint64_t unix_ms);
/* The line of a handshake of TLS that failed; `why` is text of the library, not of the peer. */
void serve_log_put_handshake(struct writer *w, const struct addr *addr, struct slice why,
			     uint64_t unix_ms);
/* The line of a reload: whether it took effect. */
void serve_log_put_reload(struct writer *w, bool done, uint64_t unix_ms);

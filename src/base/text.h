/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - numbers and times as text. Strict: no sign, no space, no locale. */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "base/writer.h"

#include <stdint.h>

/* All of `s` as a decimal number. Errors: E_SYNTAX (empty, not a digit), E_RANGE. */
enum err parse_u64(struct slice s, uint64_t *ret_n);
/* All of `s` as hexadecimal, at most 16 digits. Errors: E_SYNTAX, E_RANGE. */
enum err parse_hex(struct slice s, uint64_t *ret_n);
/*
 * A duration with a unit: 250ms, 15s, 10m, 1h; "0" needs none. In milliseconds.
 * Errors: E_SYNTAX, E_RANGE.
 */
enum err parse_duration_ms(struct slice s, uint64_t *ret_ms);
/* A size: 65536, 64KiB, 16MiB, 1GiB. In bytes. Errors: E_SYNTAX, E_RANGE. */
enum err parse_bytes(struct slice s, uint64_t *ret_bytes);
/* `unix_ms` as RFC 3339 in UTC with milliseconds: 2026-11-22T10:00:00.000Z. Needs 24 bytes. */
void put_rfc3339(struct writer *w, uint64_t unix_ms);
/* `unix_ms` as IMF-fixdate (RFC 9110 5.6.7): Sun, 22 Nov 2026 10:00:00 GMT. Needs 29 bytes. */
void put_imf_date(struct writer *w, uint64_t unix_ms);

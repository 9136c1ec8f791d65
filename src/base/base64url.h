/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64url.h - base64url without padding (RFC 4648 5, RFC 7515 2).
 *
 * One text for one value: padding, white space, the '+' and '/' of plain base64 and
 * non-zero unused bits are refused, so that two spellings never name one token.
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "base/writer.h"

#include <stdint.h>

/* Bytes that `n` characters carry, and characters that `n` bytes need. */
#define BASE64URL_BYTES(n) ((n) / 4 * 3 + (n) % 4 * 3 / 4)
#define BASE64URL_CHARS(n) ((n) / 3 * 4 + ((n) % 3 * 4 + 2) / 3)

/*
 * Decodes all of `text` into `out`. On an error *ret_len is not touched and the content
 * of `out` is unspecified. Errors: E_SYNTAX, E_NO_SPACE.
 */
enum err base64url_decode(struct slice text, uint8_t *out, size_t cap, size_t *ret_len);
void put_base64url(struct writer *w, struct slice bytes);
/* Plain base64 with padding (RFC 4648 4), for Basic (RFC 7617). */
void put_base64(struct writer *w, struct slice bytes);

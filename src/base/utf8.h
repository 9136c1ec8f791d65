/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - well-formed UTF-8 (Unicode 15, table 3-7): no surrogates, no overlong forms. */
#pragma once

#include "base/slice.h"

/* Length in bytes of the well-formed character at the front of `s`, or 0. */
size_t utf8_length(struct slice s);
bool utf8_valid(struct slice s);
/* `s` shortened to at most `max` bytes without cutting a well-formed character. */
struct slice utf8_truncate(struct slice s, size_t max);

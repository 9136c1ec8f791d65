/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_strict.h - JSON objects in which nothing can mean two things.
 *
 * RFC 8259 leaves open what a repeated member means; parsers differ, and an attacker lives on
 * the difference (RFC 8725 2.4). Here it is a fault.
 */
#pragma once

#include "base/slice.h"

#include <jansson.h>

#define JSON_MAX_DEPTH 8u /* nested objects and lists, the outermost counted */

/* An owned object, or NULL: not one object, too deep, a repeated member, a NUL in a string. */
json_t *json_strict_object(struct slice text);

enum json_member {
	JSON_ABSENT,
	JSON_GOOD,
	JSON_BAD,
};

/*
 * Member `name` as text: 1 to `max` bytes without control characters. *ret_text lives as long
 * as `object`; it is set only with JSON_GOOD.
 */
enum json_member json_text(const json_t *object, const char *name, size_t max,
			   struct slice *ret_text);
/* The same for a value at hand. */
bool json_is_text(const json_t *value, size_t max, struct slice *ret_text);

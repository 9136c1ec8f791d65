/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_raw.h - the text of one member of a JSON object, as its writer wrote it.
 *
 * A value that passes through the hub keeps its number format and member order: a DOM would
 * print 0.1 and 1e3 anew.
 */
#pragma once

#include "base/slice.h"

/*
 * `object` must have been accepted by a JSON parser as one object. Returns the value of the member
 * `name` (a name without escapes), without surrounding space; ptr NULL if there is none.
 */
struct slice json_raw_member(struct slice object, struct slice name);

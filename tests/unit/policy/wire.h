/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - a head that was written, taken apart as a reader would see it. */
#pragma once

#include "../test.h"

#include "policy/observation.h"

#define WIRE_MAX_FIELDS 40

struct wire {
	struct slice status_line;
	struct http_field fields[WIRE_MAX_FIELDS];
	size_t count;
};

/* Every line must end in CRLF and the head in an empty line; else the test fails. */
static inline struct wire wire_read(struct slice head)
{
	struct wire wire = {0};

	assert_true(slice_ends(head, SLICE("\r\n\r\n")));
	head = slice_upto(head, head.len - 4);
	wire.status_line = slice_trim(slice_cut(&head, '\r'));
	while (head.ptr != NULL) {
		assert_true(slice_starts(head, SLICE("\n")));
		head = slice_from(head, 1);
		struct slice value = slice_cut(&head, '\r');
		struct slice name = slice_cut(&value, ':');

		assert_true(slice_starts(value, SLICE(" ")) && value.len > 1);
		assert_true(wire.count < WIRE_MAX_FIELDS);
		wire.fields[wire.count++] = (struct http_field){name, slice_from(value, 1)};
	}
	return wire;
}

static inline struct slice wire_get(const struct wire *wire, const char *name)
{
	const struct observation o = {.fields = wire->fields, .field_count = wire->count};

	return observation_field(&o, slice_of(name));
}

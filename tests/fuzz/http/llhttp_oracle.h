/* SPDX-License-Identifier: Apache-2.0 */
/* llhttp_oracle.h - how llhttp (strict) reads a head. Apart, because its enums are named as ours.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct llhttp_reading {
	bool accepted;
	const char *method;
	unsigned major, minor;
	size_t fields;
	bool chunked;
	bool has_length;
	uint64_t length;
};

struct llhttp_reading llhttp_read(const char *head, size_t len);

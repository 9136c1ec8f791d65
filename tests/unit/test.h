/* SPDX-License-Identifier: Apache-2.0 */
/* test.h - what every unit test needs: cmocka, and slices in messages. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Fails with the sentence that names the case. */
#define check(name, cond)                                                                          \
	do {                                                                                       \
		if (!(cond))                                                                       \
			fail_msg("%s: %s", (name), #cond);                                         \
	} while (0)

#define check_slice(name, got, want)                                                               \
	do {                                                                                       \
		struct slice got_ = (got), want_ = (want);                                         \
		if (!slice_eq(got_, want_))                                                        \
			fail_msg("%s: got '%.*s', want '%.*s'", (name), SLICE_ARG(got_),           \
				 SLICE_ARG(want_));                                                \
	} while (0)

/* SPDX-License-Identifier: Apache-2.0 */
/* interrupt.h - Ctrl-C and SIGTERM as a readable descriptor, for tools that end with a report. */
#pragma once

#include "base/err.h"

/*
 * From here on SIGINT and SIGTERM no longer end the process: they make *ret_fd readable. It is the
 * caller's to close. Call before any thread is made. Errors: E_IO.
 */
enum err interrupt_open(int *ret_fd);

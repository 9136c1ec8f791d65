/* SPDX-License-Identifier: Apache-2.0 */
/* interrupt.h - signals as readable descriptors, for programs that own their loop. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

/*
 * From here on SIGINT and SIGTERM no longer end the process: they make *ret_fd readable. It is the
 * caller's to close. Call before any thread is made. Errors: E_IO.
 */
enum err interrupt_open(int *ret_fd);
/*
 * The opposite, for what follows the loop: takes what is pending on `fd` of interrupt_open, closes
 * it, and lets SIGINT and SIGTERM end the process again.
 */
void interrupt_close(int fd);
/* The same as interrupt_open for SIGHUP: look at your files again. Errors: E_IO. */
enum err interrupt_open_hangup(int *ret_fd);
/* Takes what is pending on such a descriptor; false if there was nothing. */
bool interrupt_take(int fd);

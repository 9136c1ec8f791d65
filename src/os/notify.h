/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h - tells the service manager how we are (sd_notify(3)): one datagram, no library. */
#pragma once

#include "base/err.h"
#include "base/slice.h"

/*
 * Connects to the socket that NOTIFY_SOCKET names, a path, or a name with '@' first; the
 * environment has forgotten it afterwards. *ret_fd is the caller's; -1 where the variable is not
 * set. Errors: E_SYNTAX (neither, or too long), E_IO (errno says why).
 */
enum err notify_open(int *ret_fd);
/* Lines "NAME=value". Best effort: never waits; harmless with -1. */
void notify_send(int fd, struct slice lines);

/* SPDX-License-Identifier: Apache-2.0 */
/* procfs.h - what the kernel says of another process: its CPU time and its memory. */
#pragma once

#include "base/err.h"

#include <stdint.h>

/*
 * CPU time of all threads of `pid`, living and ended, in user and kernel mode. From the
 * scheduler's clock of the process, so exact where /proc/PID/stat counts ticks of 10 ms.
 * Errors: E_NOT_FOUND.
 */
enum err procfs_cpu_ns(int pid, uint64_t *ret_ns);
/*
 * RssAnon of /proc/PID/status in bytes: heap and stacks in memory, without the pages of files,
 * which are shared and come and go. Memory of the kernel (sockets) is not in it.
 * Errors: E_NOT_FOUND.
 */
enum err procfs_anon_bytes(int pid, uint64_t *ret_bytes);

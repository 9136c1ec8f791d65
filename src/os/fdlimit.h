/* SPDX-License-Identifier: Apache-2.0 */
/* fdlimit.h - how many descriptors this process may have open. */
#pragma once

#include <stdint.h>

/* Raises the soft limit (RLIMIT_NOFILE) to the hard one, and gives what then holds. */
uint64_t fdlimit_raise(void);

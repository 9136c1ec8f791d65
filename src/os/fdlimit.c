/* SPDX-License-Identifier: Apache-2.0 */
#include "os/fdlimit.h"

#include <sys/resource.h>

#define FDLIMIT_UNKNOWN 1024 /* what every Unix gives */

uint64_t fdlimit_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return FDLIMIT_UNKNOWN;
	struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
	if (setrlimit(RLIMIT_NOFILE, &raised) != 0)
		return limit.rlim_cur;
	return raised.rlim_cur;
}

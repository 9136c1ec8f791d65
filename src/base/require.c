/* SPDX-License-Identifier: Apache-2.0 */
#include "base/require.h"

#include <stdio.h>
#include <stdlib.h>

void require_failed(const char *what, const char *file, int line)
{
	(void)fprintf(stderr, "sluice: internal error: %s at %s:%d\n", what, file, line);
	abort();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - the status codes that we send or explain, with their reason phrases. */
#pragma once

#include "base/slice.h"

/* "Unknown" for a code outside the table. */
struct slice http_reason(unsigned status);

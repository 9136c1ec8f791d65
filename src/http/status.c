/* SPDX-License-Identifier: Apache-2.0 */
#include "http/status.h"

struct slice http_reason(unsigned status)
{
	switch (status) {
#define X(code, text)                                                                              \
	case code:                                                                                 \
		return SLICE(text);
#include "http/status.def"
#undef X
	default:
		return SLICE("Unknown");
	}
}

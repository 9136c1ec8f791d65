/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

const char *err_text(enum err err)
{
	switch (err) {
	case OK:
		return "no error";
#define X(name, text)                                                                              \
	case name:                                                                                 \
		return text;
		ERR_MAP(X)
#undef X
	}
	return "unknown error";
}

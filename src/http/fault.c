/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"

unsigned http_fault_status(enum http_fault fault)
{
	switch (fault) {
	case HTTP_FAULT_NONE:
		return 0;
#define X(name, status, text)                                                                      \
	case name:                                                                                 \
		return status;
#include "http/fault.def"
#undef X
	}
	return 400;
}

const char *http_fault_text(enum http_fault fault)
{
	switch (fault) {
	case HTTP_FAULT_NONE:
		return "no fault";
#define X(name, status, text)                                                                      \
	case name:                                                                                 \
		return text;
#include "http/fault.def"
#undef X
	}
	return "unknown fault";
}

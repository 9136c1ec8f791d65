/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/auth_fault.h"

#include "base/require.h"

static const struct {
	const char *reason;
	const char *text;
} faults[AUTH_FAULT_COUNT] = {
	[AUTH_OK] = {"ok", "no fault"},
#define X(name, reason, text) [name] = {reason, text},
#include "identity/auth_fault.def"
#undef X
};

const char *auth_fault_reason(enum auth_fault fault)
{
	require(fault < AUTH_FAULT_COUNT);
	return faults[fault].reason;
}

const char *auth_fault_text(enum auth_fault fault)
{
	require(fault < AUTH_FAULT_COUNT);
	return faults[fault].text;
}

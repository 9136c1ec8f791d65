/* SPDX-License-Identifier: Apache-2.0 */
/* auth_fault.h - the closed list of reasons for which a credential is not taken. */
#pragma once

enum auth_fault {
	AUTH_OK = 0,
#define X(name, reason, text) name,
#include "identity/auth_fault.def"
#undef X
	AUTH_FAULT_COUNT, /* also counts AUTH_OK */
};

/* A word for logs and metrics; static storage. */
const char *auth_fault_reason(enum auth_fault fault);
/* English, without a full stop; static storage. */
const char *auth_fault_text(enum auth_fault fault);

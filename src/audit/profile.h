/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h - what a profile changes in the severities of rules: audit/profiles.def. Pure. */
#pragma once

#include "audit/finding.h"
#include "audit/run.h"

/* A finding that fails is waived or weighs as the profile has it; all else stays. */
void profile_apply(enum audit_profile profile, struct finding *f);

/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_parts.h - the parts of os/sandbox.c, for its files and their test alone. */
#pragma once

#include "os/sandbox.h"

/* sandbox_rights.c: who we are and what that allows. Each gives 0 or -1 with errno. */

/* Becomes the account for good: supplementary groups, group and user, real, effective and saved. */
int sandbox_become(const char *name, uid_t uid, gid_t gid);
/* So that not even a program with capabilities in its file would have one. */
void sandbox_drop_bounds(void);
int sandbox_drop_capabilities(void);

/* sandbox_landlock.c */

/*
 * A set of rules as a descriptor, ready to be entered, and its version. -1: the kernel has none,
 * or refused; *ret_why, static, says so.
 */
int sandbox_landlock_make(const struct sandbox_plan *plan, unsigned *ret_abi, const char **ret_why);
/* Enters it; takes the descriptor. 0, or -1 with errno. */
int sandbox_landlock_enter(int rules);

/* sandbox_seccomp.c: one row of os/syscalls.def. */
struct sandbox_call {
	const char *name;
	const char *rule;
	const char *use;
	const char *why;
};
extern const struct sandbox_call sandbox_calls[];
extern const size_t sandbox_call_count;

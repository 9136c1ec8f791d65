/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox.h - gives up what the process does not need once its ports are open: the account of
 * root, capabilities, files, connections (Landlock) and system calls (seccomp).
 *
 * In two steps, because rights belong to threads: sandbox_enter before the first thread, so that
 * all of them inherit; sandbox_filter when all that only a start needs has been done. Nothing of
 * it can be taken back. docs/sandbox.md tells what stays.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SANDBOX_LANDLOCK_ABI 7u /* the newest that is known here; a newer kernel speaks it too */

enum sandbox_kind {
	SANDBOX_FILE,   /* its folder and, through links, the folder where it is in the end: files
			   are replaced by rename, and a rule on the old one says nothing of the new
			 */
	SANDBOX_FOLDER, /* all files below it; it need not exist */
};

/* What may be read later. */
struct sandbox_read {
	const char *path;
	enum sandbox_kind kind;
};

struct sandbox_plan {
	const char *user; /* to become where we are root; NULL: stay */
	bool user_only;   /* and give up nothing else */
	const struct sandbox_read *reads;
	size_t read_count;
	const uint16_t *ports; /* of TCP, that may be connected to */
	size_t port_count;     /* 0: no connection goes out, of any kind */
};

/* What is in force; all zero: nothing. */
struct sandbox_state {
	bool root;                /* the process is root still */
	bool switched;            /* it became plan.user */
	unsigned landlock;        /* version; 0: landlock_why says why not */
	const char *landlock_why; /* static */
	unsigned system_calls;    /* that are allowed; 0: seccomp_why says why none is refused */
	const char *seccomp_why;  /* static */
};

/* Errors: E_NOT_FOUND (no such account), E_IO (errno). */
enum err sandbox_account(const char *name, uid_t *ret_uid, gid_t *ret_gid);
/*
 * Becomes plan.user where we are root, and makes sure that there is no way back; gives up all
 * capabilities and new privileges; leaves no core; shuts all files but plan.reads, writing,
 * executing, TCP ports but plan.ports, and abstract sockets and signals of others. What the kernel
 * lacks is told in *ret_state and is no error. Call before the first thread is made.
 *
 * Errors: E_NOT_FOUND (the account), E_IO (errno; *ret_what names the step): the process must end,
 * because it has more rights than it should.
 */
enum err sandbox_enter(const struct sandbox_plan *plan, struct sandbox_state *ret_state,
		       const char **ret_what);
/*
 * From here on a system call that is no row of os/syscalls.def ends the process, in every thread.
 * `connects`: sockets may be made, for what is fetched. What is missing is told in `state`.
 */
void sandbox_filter(bool connects, struct sandbox_state *state);
/* False if `path` cannot be opened to be read; errno says why. */
bool sandbox_can_read(const char *path);

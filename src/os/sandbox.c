/* SPDX-License-Identifier: Apache-2.0 */
#include "os/sandbox_parts.h"

#include <openssl/ssl.h>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * Memory holds keys: no core file has them, and no debugger of the same account reads them.
 * Instruments are debuggers themselves.
 */
static int hide_memory(void)
{
#ifndef SLUICE_INSTRUMENTED
	const struct rlimit none = {0};

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
	return 0;
#endif
}

static enum err become(const struct sandbox_plan *plan, struct sandbox_state *state,
		       const char **ret_what)
{
	uid_t uid = 0;
	gid_t gid = 0;
	enum err err = OK;

	*ret_what = plan->user;
	if (geteuid() == 0 && plan->user)
		err = sandbox_account(plan->user, &uid, &gid);
	if (err)
		return err;
	if (!plan->user_only)
		sandbox_drop_bounds();
	if (uid != 0 && sandbox_become(plan->user, uid, gid) != 0)
		return E_IO;
	state->switched = uid != 0;
	state->root = geteuid() == 0;
	return OK;
}

static enum err restrict_all(int rules, struct sandbox_state *state, const char **ret_what)
{
	*ret_what = "capabilities";
	if (sandbox_drop_capabilities() != 0)
		return E_IO;
	*ret_what = "new privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return E_IO;
	/* After the change of user, which sets it anew. */
	*ret_what = "core files";
	if (hide_memory() != 0)
		return E_IO;
	if (rules >= 0 && sandbox_landlock_enter(rules) != 0) {
		state->landlock = 0;
		state->landlock_why = "the kernel refused its rules";
	}
	return OK;
}

/* While root can reach all that is named. -1: there are none, state says why. */
static int make_rules(const struct sandbox_plan *plan, struct sandbox_state *state)
{
	if (plan->user_only)
		return -1;
	/* OpenSSL reads its own configuration once, when it is first used. */
	(void)OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL);
#ifdef SLUICE_INSTRUMENTED
	/* Its reports want a symbolizer, all of /proc and a debugger's rights. */
	state->landlock_why = "an instrumented program";
	return -1;
#else
	return sandbox_landlock_make(plan, &state->landlock, &state->landlock_why);
#endif
}

enum err sandbox_enter(const struct sandbox_plan *plan, struct sandbox_state *ret_state,
		       const char **ret_what)
{
	*ret_state = (struct sandbox_state){.landlock_why = "off", .seccomp_why = "off"};
	int rules = make_rules(plan, ret_state);
	enum err err = become(plan, ret_state, ret_what);

	if (!err && !plan->user_only)
		return restrict_all(rules, ret_state, ret_what);
	if (rules >= 0)
		(void)close(rules);
	return err;
}

bool sandbox_can_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

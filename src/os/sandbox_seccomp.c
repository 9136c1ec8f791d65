/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_seccomp.c - system calls by seccomp: os/syscalls.def is the list, this file its rules. */
#include "os/sandbox_parts.h"

#define X(name, rule, use, why) {name, #rule, use, why},
const struct sandbox_call sandbox_calls[] = {
#include "os/syscalls.def"
};
#undef X
const size_t sandbox_call_count = sizeof(sandbox_calls) / sizeof(sandbox_calls[0]);

#ifndef SLUICE_SECCOMP

void sandbox_filter(bool connects, struct sandbox_state *state)
{
	(void)connects;
#ifdef SLUICE_INSTRUMENTED
	state->seccomp_why = "an instrumented program";
#else
	state->seccomp_why = "not in this build";
#endif
}

#else

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a thread shares with the process; without one of these it would be another process. */
#define THREAD_FLAGS                                                                               \
	((uint64_t)(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |             \
		    CLONE_SYSVSEM))
#define NAMESPACE_FLAGS                                                                            \
	((uint64_t)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |  \
		    CLONE_NEWPID | CLONE_NEWNET))
/* O_TMPFILE without O_DIRECTORY, which only narrows what is opened. */
#define WRITE_FLAGS                                                                                \
	((uint64_t)(O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY)))

struct filter {
	scmp_filter_ctx ctx;
	bool connects;
};

/* Adds one call; 0 or a negative errno. */
typedef int rule_fn(const struct filter *f, int call);

static int allow_if(const struct filter *f, int call, struct scmp_arg_cmp cmp)
{
	return seccomp_rule_add_array(f->ctx, SCMP_ACT_ALLOW, call, 1, &cmp);
}

static int refuse_if(const struct filter *f, int call, uint32_t why, struct scmp_arg_cmp cmp)
{
	return seccomp_rule_add_array(f->ctx, SCMP_ACT_ERRNO(why), call, 1, &cmp);
}

static int rule_ANY(const struct filter *f, int call)
{
	return seccomp_rule_add_array(f->ctx, SCMP_ACT_ALLOW, call, 0, NULL);
}

/* The C library falls back to the older call where the kernel seems not to know the newer. */
static int rule_ABSENT(const struct filter *f, int call)
{
	return seccomp_rule_add_array(f->ctx, SCMP_ACT_ERRNO(ENOSYS), call, 0, NULL);
}

static int rule_READ_ONLY(const struct filter *f, int call)
{
	return allow_if(f, call, SCMP_A1_64(SCMP_CMP_MASKED_EQ, WRITE_FLAGS, O_RDONLY));
}

static int rule_READ_ONLY_AT(const struct filter *f, int call)
{
	return allow_if(f, call, SCMP_A2_64(SCMP_CMP_MASKED_EQ, WRITE_FLAGS, O_RDONLY));
}

static int rule_NOT_EXECUTABLE(const struct filter *f, int call)
{
	return allow_if(f, call, SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int rule_THREAD(const struct filter *f, int call)
{
	return allow_if(
		f, call,
		SCMP_A0_64(SCMP_CMP_MASKED_EQ, THREAD_FLAGS | NAMESPACE_FLAGS, THREAD_FLAGS));
}

static int rule_THREAD_NAME(const struct filter *f, int call)
{
	return allow_if(f, call, SCMP_A0_64(SCMP_CMP_EQ, PR_SET_NAME));
}

/*
 * TCP Fast Open connects without connect(), past Landlock's list of ports. Without sockets of our
 * own making there is nothing to connect, and the busiest call of all stays free of a comparison.
 */
static int rule_NO_CONNECT_TO(const struct filter *f, int call)
{
	return f->connects ? allow_if(f, call, SCMP_A3_64(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0))
			   : rule_ANY(f, call);
}

static int rule_NO_CONNECT(const struct filter *f, int call)
{
	return f->connects ? allow_if(f, call, SCMP_A2_64(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0))
			   : rule_ANY(f, call);
}

/* Never one that types into a terminal (TIOCSTI). */
static int rule_QUERY(const struct filter *f, int call)
{
	static const scmp_datum_t harmless[] = {FIONBIO, FIONREAD, TCGETS, TIOCGWINSZ,
						SIOCGIFINDEX};
	int failed = 0;

	for (size_t i = 0; !failed && i < sizeof(harmless) / sizeof(harmless[0]); i++)
		failed = allow_if(f, call, SCMP_A1_64(SCMP_CMP_EQ, harmless[i]));
	return failed;
}

/* 0 is who calls. */
static int rule_SELF(const struct filter *f, int call)
{
	return allow_if(f, call, SCMP_A0_64(SCMP_CMP_EQ, 0));
}

static int rule_TO_SELF(const struct filter *f, int call)
{
	return allow_if(f, call, SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
}

/* Others carry TCP where Landlock does not look for it (MPTCP, SMC). */
static int allow_family(const struct filter *f, int call, uint64_t family)
{
	static const scmp_datum_t protocols[] = {0, IPPROTO_TCP, IPPROTO_UDP};
	int failed = 0;

	for (size_t i = 0; !failed && i < sizeof(protocols) / sizeof(protocols[0]); i++)
		failed = seccomp_rule_add(f->ctx, SCMP_ACT_ALLOW, call, 2,
					  SCMP_A0_64(SCMP_CMP_EQ, family),
					  SCMP_A2_64(SCMP_CMP_EQ, protocols[i]));
	return failed;
}

/*
 * Other families are refused and not killed: libraries try them, and go on without. Where nothing
 * is fetched that holds for all, so that a reload which names a URL fails with a reason.
 */
static int rule_INTERNET(const struct filter *f, int call)
{
	int failed = 0;

	if (!f->connects)
		return seccomp_rule_add_array(f->ctx, SCMP_ACT_ERRNO(EACCES), call, 0, NULL);
	for (uint64_t family = AF_INET; !failed && family <= AF_INET6; family++) {
		struct scmp_arg_cmp same = SCMP_A0_64(SCMP_CMP_EQ, family);

		failed = family == AF_INET || family == AF_INET6
				 ? allow_family(f, call, family)
				 : refuse_if(f, call, EAFNOSUPPORT, same);
	}
	if (!failed)
		failed = refuse_if(f, call, EAFNOSUPPORT, SCMP_A0_64(SCMP_CMP_LT, AF_INET));
	return failed ? failed
		      : refuse_if(f, call, EAFNOSUPPORT, SCMP_A0_64(SCMP_CMP_GT, AF_INET6));
}

#define X(name, rule, use, why) rule_##rule,
static rule_fn *const rules[] = {
#include "os/syscalls.def"
};
#undef X

/* Counts the calls that this architecture has; 0 where one could not be added. */
static unsigned add_all(const struct filter *f)
{
	unsigned n = 0;

	for (size_t i = 0; i < sandbox_call_count; i++) {
		int call = seccomp_syscall_resolve_name(sandbox_calls[i].name);

		if (call < 0)
			continue;
		if (rules[i](f, call) != 0)
			return 0;
		n++;
	}
	return n;
}

static bool set_up(const struct filter *f)
{
	return seccomp_attr_set(f->ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
	       seccomp_attr_set(f->ctx, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	       /* A tree: as many rows as these are slow to walk. */
	       seccomp_attr_set(f->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;
}

void sandbox_filter(bool connects, struct sandbox_state *state)
{
	struct filter f = {seccomp_init(SCMP_ACT_KILL_PROCESS), connects};
	unsigned n = 0;

	/* Also where libseccomp finds out early that it would. */
	state->seccomp_why = "the kernel refused the filter";
	if (f.ctx && set_up(&f))
		n = add_all(&f);
	if (n > 0 && seccomp_load(f.ctx) == 0)
		state->system_calls = n;
	if (f.ctx)
		seccomp_release(f.ctx);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Rights of the account, and what is told where the kernel lacks a part. */
#include "sandbox_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_something(void)
{
	char *const words[] = {(char[]){"true"}, NULL};

	return execv("/bin/true", words);
}

static int read_accounts(void)
{
	return sandbox_can_read("/etc/passwd") ? 0 : errno;
}

/* /proc/self/status as the child sees itself. */
static bool status_has(const char *wanted)
{
	char line[256];
	bool found = false;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && !found && fgets(line, sizeof(line), f))
		found = strncmp(line, wanted, strlen(wanted)) == 0;
	if (f)
		(void)fclose(f);
	return found;
}

/* Without Landlock, which would forbid to look. */
static int rights_are_gone(void)
{
	struct rlimit core;

	if (!status_has("CapEff:\t0000000000000000") || !status_has("CapPrm:\t0000000000000000") ||
	    !status_has("CapAmb:\t0000000000000000"))
		return 1;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 2;
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
		return 3;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 4;
}

static void rights_go(void **state)
{
	(void)state;
	const struct sandbox_read proc = {"/proc", SANDBOX_FOLDER};
	const struct sandbox_plan plan = {.reads = &proc, .read_count = 1};
	struct sandbox_state can = lab_able(), got;
	const char *what;
	int status;

	if (can.seccomp_why && strcmp(can.seccomp_why, "an instrumented program") == 0)
		skip();
	pid_t child = fork();
	if (child == 0) {
		if (sandbox_enter(&plan, &got, &what) != OK)
			_exit(LAB_UNREADY);
		_exit(rights_are_gone());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	check("capabilities 1, privileges 2, cores 3, memory 4", status == 0);
}

static int is_nobody(void)
{
	const struct passwd *want = getpwnam(LAB_ACCOUNT);

	return want && getuid() == want->pw_uid && geteuid() == want->pw_uid &&
			       getgid() == want->pw_gid
		       ? 0
		       : 1;
}

static int child_as(const struct sandbox_plan *plan, int (*act)(void))
{
	struct sandbox_state got;
	const char *what;
	int status;
	pid_t child = fork();

	if (child == 0) {
		enum err err = sandbox_enter(plan, &got, &what);

		_exit(err == E_NOT_FOUND ? ENOENT : err ? LAB_UNREADY : act());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static int no_way_back(void)
{
	return is_nobody() == 0 && setresuid(0, 0, 0) != 0 && seteuid(0) != 0 && setgid(0) != 0 &&
			       setgroups(0, NULL) != 0
		       ? 0
		       : 1;
}

static void root_becomes_the_account_for_good(void **state)
{
	(void)state;
	const struct sandbox_read accounts = {"/etc", SANDBOX_FOLDER};

	if (geteuid() != 0 || !getpwnam(LAB_ACCOUNT)) {
		print_message("skipped: not root\n");
		skip();
	}
	for (int alone = 0; alone < 2; alone++) {
		const struct sandbox_plan plan = {
			.user = LAB_ACCOUNT,
			.user_only = alone,
			.reads = &accounts,
			.read_count = 1,
		};

		check("with the sandbox, and without", child_as(&plan, no_way_back) == 0);
	}
}

/* As in a container that has dropped everything, and would stay root. */
static void account_that_cannot_be_taken_ends_the_start(void **state)
{
	(void)state;
	const struct sandbox_plan plan = {.user = LAB_ACCOUNT};
	struct sandbox_state got;
	const char *what;
	int status;

	if (geteuid() != 0 || !getpwnam(LAB_ACCOUNT))
		skip();
	pid_t child = fork();
	if (child == 0) {
		if (sandbox_drop_capabilities() != 0)
			_exit(LAB_UNREADY);
		_exit(sandbox_enter(&plan, &got, &what) == E_IO && errno == EPERM &&
				      strcmp(what, LAB_ACCOUNT) == 0
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* A kernel, or a filter around us, that answers one system call with an error. */
static bool deny(int call, int why)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)why),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {COUNT_OF(code), code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static const struct lack {
	const char *name;
	int call;
	int why;
	const char *landlock; /* NULL: in force */
	const char *seccomp;  /* NULL: in force */
} lacks[] = {
	{"a kernel without Landlock", 444, ENOSYS, "this kernel has none", NULL},
	{"Landlock that is switched off", 444, EOPNOTSUPP, "switched off in this kernel", NULL},
	{"a container without Landlock", 444, EPERM, "a filter around the server forbids it", NULL},
	{"rules that are not taken", 445, EINVAL, "the kernel refused its rules", NULL},
	{"a set that is not taken", 446, E2BIG, "the kernel refused its rules", NULL},
	{"a kernel without filters", SYS_seccomp, EINVAL, NULL, "the kernel refused the filter"},
};

static int told_as(const struct lack *l)
{
	if (!deny(l->call, l->why))
		return LAB_UNREADY;
	struct sandbox_state got = lab_enter(&(struct lab_plan){.connects = true, .filter = true});
	bool landlock = l->landlock
				? got.landlock == 0 && strcmp(got.landlock_why, l->landlock) == 0
				: got.landlock > 0;
	bool seccomp = l->seccomp
			       ? got.system_calls == 0 && strcmp(got.seccomp_why, l->seccomp) == 0
			       : got.system_calls > 0;

	/* What is there is in force all the same. */
	return landlock && seccomp && prctl(PR_SET_NAME, "sandbox") == 0 ? 0 : 1;
}

static void what_is_missing_is_told(void **state)
{
	(void)state;
	struct sandbox_state can = lab_able();

	if (can.landlock == 0 || can.system_calls == 0)
		skip();
	for (size_t i = 0; i < COUNT_OF(lacks); i++) {
		int status;
		pid_t child = fork();

		if (child == 0)
			_exit(told_as(&lacks[i]));
		assert_int_equal(waitpid(child, &status, 0), child);
		check(lacks[i].name, status == 0);
	}
}

static void unknown_account_is_told(void **state)
{
	(void)state;
	const struct sandbox_plan plan = {.user = "no-such-account-here"};
	uid_t uid;
	gid_t gid;

	assert_int_equal(sandbox_account(plan.user, &uid, &gid), E_NOT_FOUND);
	if (geteuid() == 0)
		check("root does not stay root", lab_ends_as(child_as(&plan, is_nobody), ENOENT));
}

static void user_only_leaves_the_rest(void **state)
{
	(void)state;
	const struct sandbox_plan plan = {.user_only = true};

	check("files can be read", child_as(&plan, read_accounts) == 0);
	check("programs can be run", child_as(&plan, run_something) == 0);
}

/* A row twice would hide the second; a use that nobody knows would be no reason. */
static void the_table_is_sound(void **state)
{
	(void)state;
	assert_true(sandbox_call_count > 40);
	for (size_t i = 0; i < sandbox_call_count; i++) {
		const struct sandbox_call *row = &sandbox_calls[i];

		check(row->name, row->why[0] != '\0' && row->use[0] != '\0');
		for (size_t j = 0; j < i; j++)
			check(row->name, strcmp(row->name, sandbox_calls[j].name) != 0);
	}
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rights_go),
		cmocka_unit_test(root_becomes_the_account_for_good),
		cmocka_unit_test(account_that_cannot_be_taken_ends_the_start),
		cmocka_unit_test(unknown_account_is_told),
		cmocka_unit_test(user_only_leaves_the_rest),
		cmocka_unit_test(what_is_missing_is_told),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests_name("sandbox rights", tests, lab_set_up, lab_tear_down);
}

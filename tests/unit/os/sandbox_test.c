/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is forbidden in the sandbox and how it fails, and what stays possible. Each act is done by
 * a child of its own, since a sandbox is never left.
 */
#include "../test.h"

#include "os/sandbox_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ACCOUNT "nobody"
/* How a child ends that could not enter its sandbox. */
#define EXIT_UNREADY 99

/* A folder with what may be read, and one beside it. */
static struct {
	char root[64];
	char folder[96];
	char file[128];
	char link[128]; /* elsewhere, to file */
	char other[128];
	uint16_t port; /* somebody listens there */
	uint16_t shut; /* there too, but it is not in the plan */
} lab;

static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

static void write_file(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	(void)fputs("text\n", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(lab.root, sizeof(lab.root), "/tmp/sandbox-XXXXXX");
	assert_non_null(mkdtemp(lab.root));
	assert_int_equal(chmod(lab.root, 0755), 0);
	(void)snprintf(lab.folder, sizeof(lab.folder), "%s/etc", lab.root);
	(void)snprintf(lab.file, sizeof(lab.file), "%s/etc/file", lab.root);
	(void)snprintf(lab.link, sizeof(lab.link), "%s/link", lab.root);
	(void)snprintf(lab.other, sizeof(lab.other), "%s/other", lab.root);
	assert_int_equal(mkdir(lab.folder, 0755), 0);
	write_file(lab.file);
	write_file(lab.other);
	assert_int_equal(symlink(lab.file, lab.link), 0);
	(void)listen_somewhere(&lab.port);
	(void)listen_somewhere(&lab.shut);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(lab.file);
	(void)unlink(lab.other);
	(void)unlink(lab.link);
	(void)rmdir(lab.folder);
	(void)rmdir(lab.root);
	return 0;
}

/* Acts: 0, or errno. */

static int result(long n)
{
	return n < 0 ? errno : 0;
}

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static int read_listed(void)
{
	char text[8];
	int fd = open(lab.file, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? errno : result(read(fd, text, sizeof(text)));
}

static int read_through_link(void)
{
	return opened(lab.link, O_RDONLY);
}

/* As certificates are renewed. */
static int read_neighbour(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/new", lab.folder);
	return opened(path, O_RDONLY);
}

static int read_other(void)
{
	return opened(lab.other, O_RDONLY);
}

static int read_accounts(void)
{
	return opened("/etc/passwd", O_RDONLY);
}

static int list_folder(void)
{
	return opened(lab.folder, O_RDONLY | O_DIRECTORY);
}

static int open_to_write(void)
{
	return opened(lab.file, O_WRONLY);
}

static int open_to_append(void)
{
	return opened(lab.file, O_RDONLY | O_APPEND);
}

static int open_to_create(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/made", lab.folder);
	return opened(path, O_RDONLY | O_CREAT);
}

static int open_to_truncate(void)
{
	return opened(lab.file, O_RDONLY | O_TRUNC);
}

static int remove_file(void)
{
	return result(unlink(lab.file));
}

static int execute(void)
{
	char *const words[] = {(char[]){"true"}, NULL};

	return result(execv("/bin/true", words));
}

static int execute_descriptor(void)
{
	return result(syscall(SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0));
}

static int make_process(void)
{
	return result(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

static int make_namespace(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static int trace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int trace_parent(void)
{
	return result(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
}

static int signal_parent(void)
{
	return result(kill(getppid(), SIGCONT));
}

static int signal_itself(void)
{
	return result(syscall(SYS_tgkill, getpid(), gettid(), SIGCONT));
}

static int signal_thread_of_parent(void)
{
	return result(syscall(SYS_tgkill, getppid(), getppid(), SIGCONT));
}

static int become_root(void)
{
	return result(setresuid(0, 0, 0));
}

static int mount_something(void)
{
	return result(syscall(SYS_mount, "none", lab.folder, "tmpfs", 0, NULL));
}

static int family(int f)
{
	int fd = socket(f, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static int socket_unix(void)
{
	return family(AF_UNIX);
}

static int socket_netlink(void)
{
	return family(AF_NETLINK);
}

static int socket_packet(void)
{
	return family(AF_PACKET);
}

static int socket_x25(void)
{
	return family(AF_X25);
}

static int socket_v4(void)
{
	return family(AF_INET);
}

static int socket_v6(void)
{
	return family(AF_INET6);
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	int why = result(connect(fd, (struct sockaddr *)&at, sizeof(at)));
	(void)close(fd);
	return why;
}

static int connect_by_send(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(lab.shut),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? errno
		      : result(sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&at,
				      sizeof(at)));
}

static int socket_multipath(void)
{
	return result(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 262 /* IPPROTO_MPTCP */));
}

static int connect_planned(void)
{
	return connect_to(lab.port);
}

static int connect_other(void)
{
	return connect_to(lab.shut);
}

static int bind_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	int why = result(bind(fd, (struct sockaddr *)&at, sizeof(at)));
	(void)close(fd);
	return why;
}

static int map_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

static int make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? EXIT_UNREADY : result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int type_into_terminal(void)
{
	return result(syscall(SYS_ioctl, 0, 0x5412 /* TIOCSTI */, "x"));
}

static void *nothing(void *arg)
{
	return arg;
}

static int make_thread(void)
{
	pthread_t thread;
	int why = pthread_create(&thread, NULL, nothing, NULL);

	return why ? why : pthread_join(thread, NULL);
}

static int grow(void)
{
	char *block = malloc(64u << 20);

	if (!block)
		return ENOMEM;
	memset(block, 1, 64u << 20);
	free(block);
	return 0;
}

static int give_up(void)
{
	abort();
}

static int raise_limit(void)
{
	struct rlimit limit;

	return result(getrlimit(RLIMIT_NOFILE, &limit) != 0 ? -1
							    : setrlimit(RLIMIT_NOFILE, &limit));
}

/* Children. */

struct plan {
	bool connects;
	bool filter; /* seccomp too */
	const char *user;
};

static struct sandbox_state enter(const struct plan *p)
{
	const struct sandbox_read reads[] = {
		{lab.link, SANDBOX_FILE},
		{"/nowhere/at/all", SANDBOX_FOLDER},
		{"/dev/null/file", SANDBOX_FILE},
	};
	const struct sandbox_plan plan = {
		.user = p->user,
		.reads = reads,
		.read_count = COUNT_OF(reads),
		.ports = &lab.port,
		.port_count = p->connects ? 1 : 0,
	};
	struct sandbox_state state;
	const char *what;

	if (sandbox_enter(&plan, &state, &what) != OK)
		_exit(EXIT_UNREADY);
	if (p->filter)
		sandbox_filter(p->connects, &state);
	return state;
}

/* The wait status of a child that does `act` in its sandbox; its exit code is what act gives. */
static int status_of(const struct plan *p, int (*act)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)enter(p);
		_exit(act());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* What this kernel and build can do, found out by a child. */
static struct sandbox_state able(void)
{
	struct sandbox_state *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sandbox_state copy;
	int status;

	assert_true(shared != MAP_FAILED);
	pid_t child = fork();
	if (child == 0) {
		*shared = enter(&(struct plan){.connects = true, .filter = true});
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	copy = *shared;
	(void)munmap(shared, sizeof(*shared));
	return copy;
}

#define KILLED (-1) /* by SIGSYS */
#define ABORTS (-2)

static bool ends_as(int status, int want)
{
	if (want == KILLED || want == ABORTS)
		return WIFSIGNALED(status) &&
		       WTERMSIG(status) == (want == KILLED ? SIGSYS : SIGABRT);
	return WIFEXITED(status) && WEXITSTATUS(status) == want;
}

struct act {
	const char *name;
	int (*act)(void);
	int want; /* 0, an errno, KILLED or ABORTS */
};

static void try_all(const struct plan *p, const struct act *acts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int status = status_of(p, acts[i].act);

		if (!ends_as(status, acts[i].want))
			fail_msg("%s: status %#x, want %d (%s)", acts[i].name, (unsigned)status,
				 acts[i].want, acts[i].want > 0 ? strerror(acts[i].want) : "");
	}
}

/* The tests. */

static void files_by_landlock(void **state)
{
	(void)state;
	static const struct act acts[] = {
		{"a file that is listed", read_listed, 0},
		{"the same through the link that is listed", read_through_link, 0},
		{"a file that comes into its folder later is looked for", read_neighbour, ENOENT},
		{"a file beside the link that is listed", read_other, 0},
		{"any other file", read_accounts, EACCES},
		{"listing a folder", list_folder, EACCES},
		{"writing a file that is listed", open_to_write, EACCES},
		{"making a file", open_to_create, EACCES},
		{"removing a file", remove_file, EACCES},
		{"executing a program", execute, EACCES},
	};
	struct sandbox_state can = able();

	if (can.landlock == 0) {
		print_message("skipped: landlock: %s\n", can.landlock_why);
		skip();
	}
	try_all(&(struct plan){.connects = true}, acts, COUNT_OF(acts));
}

static void connections_by_landlock(void **state)
{
	(void)state;
	static const struct act acts[] = {
		{"connecting to a port of the plan", connect_planned, 0},
		{"connecting to another port", connect_other, EACCES},
		{"binding", bind_port, EACCES},
	};
	static const struct act shut[] = {
		{"connecting where nothing is fetched", connect_planned, EACCES},
	};
	struct sandbox_state can = able();

	if (can.landlock < 4) {
		print_message("skipped: landlock %u knows no ports\n", can.landlock);
		skip();
	}
	try_all(&(struct plan){.connects = true}, acts, COUNT_OF(acts));
	try_all(&(struct plan){.connects = false}, shut, COUNT_OF(shut));
}

static void signals_by_landlock(void **state)
{
	(void)state;
	static const struct act acts[] = {
		{"a signal to the process itself", signal_itself, 0},
		{"a signal to another process", signal_parent, EPERM},
		{"tracing another process", trace_parent, EPERM},
	};
	struct sandbox_state can = able();

	if (can.landlock < 6) {
		print_message("skipped: landlock %u has no scopes\n", can.landlock);
		skip();
	}
	try_all(&(struct plan){.connects = false}, acts, COUNT_OF(acts));
}

static void system_calls_by_seccomp(void **state)
{
	(void)state;
	static const struct act acts[] = {
		{"executing a program", execute, KILLED},
		{"executing by descriptor", execute_descriptor, KILLED},
		{"making a process", make_process, KILLED},
		{"making a namespace", make_namespace, KILLED},
		{"being traced", trace, KILLED},
		{"tracing", trace_parent, KILLED},
		{"a signal by kill", signal_parent, KILLED},
		{"a signal to a thread of another process", signal_thread_of_parent, KILLED},
		{"becoming root", become_root, KILLED},
		{"mounting", mount_something, KILLED},
		{"opening to write", open_to_write, KILLED},
		{"opening to append", open_to_append, KILLED},
		{"opening to create", open_to_create, KILLED},
		{"opening to truncate", open_to_truncate, KILLED},
		{"removing a file", remove_file, KILLED},
		{"mapping memory to run it", map_executable, KILLED},
		{"making memory executable", make_executable, KILLED},
		{"binding", bind_port, KILLED},
		{"typing into the terminal", type_into_terminal, KILLED},
		{"connecting by the first send", connect_by_send, KILLED},
		{"a socket of multipath TCP", socket_multipath, KILLED},
		{"a socket of UNIX", socket_unix, EAFNOSUPPORT},
		{"a socket of the kernel", socket_netlink, EAFNOSUPPORT},
		{"a socket of packets", socket_packet, EAFNOSUPPORT},
		{"a socket of a family between those that are allowed", socket_x25, EAFNOSUPPORT},
	};
	struct sandbox_state can = able();

	if (can.system_calls == 0) {
		print_message("skipped: seccomp: %s\n", can.seccomp_why);
		skip();
	}
	try_all(&(struct plan){.connects = true, .filter = true}, acts, COUNT_OF(acts));
}

static void what_serving_needs_stays(void **state)
{
	(void)state;
	static const struct act acts[] = {
		{"reading a file that is listed", read_listed, 0},
		{"a socket of IPv4", socket_v4, 0},
		{"a socket of IPv6", socket_v6, 0},
		{"connecting to a port of the plan", connect_planned, 0},
		{"a thread", make_thread, 0},
		{"a large block of memory", grow, 0},
		{"asking for the limit of descriptors", raise_limit, 0},
		{"a signal to the process itself", signal_itself, 0},
		{"a failed check can end the process", give_up, ABORTS},
	};

	try_all(&(struct plan){.connects = true, .filter = true}, acts, COUNT_OF(acts));
}

/* A reload may name a URL where there was none: it must hear a reason, not end the server. */
static void without_fetches_sockets_are_refused_and_not_killed(void **state)
{
	(void)state;
	static const struct act acts[] = {
		{"a socket of IPv4", socket_v4, EACCES},
		{"a socket of IPv6", socket_v6, EACCES},
		{"a socket of UNIX", socket_unix, EACCES},
	};

	if (able().system_calls == 0)
		skip();
	try_all(&(struct plan){.connects = false, .filter = true}, acts, COUNT_OF(acts));
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
	struct sandbox_state can = able(), got;
	const char *what;
	int status;

	if (can.seccomp_why && strcmp(can.seccomp_why, "an instrumented program") == 0)
		skip();
	pid_t child = fork();
	if (child == 0) {
		if (sandbox_enter(&plan, &got, &what) != OK)
			_exit(EXIT_UNREADY);
		_exit(rights_are_gone());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	check("capabilities 1, privileges 2, cores 3, memory 4", status == 0);
}

static int is_nobody(void)
{
	const struct passwd *want = getpwnam(ACCOUNT);

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

		_exit(err == E_NOT_FOUND ? ENOENT : err ? EXIT_UNREADY : act());
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

	if (geteuid() != 0 || !getpwnam(ACCOUNT)) {
		print_message("skipped: not root\n");
		skip();
	}
	for (int alone = 0; alone < 2; alone++) {
		const struct sandbox_plan plan = {
			.user = ACCOUNT,
			.user_only = alone,
			.reads = &accounts,
			.read_count = 1,
		};

		check("with the sandbox, and without", child_as(&plan, no_way_back) == 0);
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
		check("root does not stay root", ends_as(child_as(&plan, is_nobody), ENOENT));
}

static void user_only_leaves_the_rest(void **state)
{
	(void)state;
	const struct sandbox_plan plan = {.user_only = true};

	check("files can be read", child_as(&plan, read_accounts) == 0);
	check("sockets can be bound", child_as(&plan, bind_port) == 0);
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
		cmocka_unit_test(files_by_landlock),
		cmocka_unit_test(connections_by_landlock),
		cmocka_unit_test(signals_by_landlock),
		cmocka_unit_test(system_calls_by_seccomp),
		cmocka_unit_test(what_serving_needs_stays),
		cmocka_unit_test(without_fetches_sockets_are_refused_and_not_killed),
		cmocka_unit_test(rights_go),
		cmocka_unit_test(root_becomes_the_account_for_good),
		cmocka_unit_test(unknown_account_is_told),
		cmocka_unit_test(user_only_leaves_the_rest),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests_name("sandbox", tests, set_up, tear_down);
}

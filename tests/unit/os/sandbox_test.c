/* SPDX-License-Identifier: Apache-2.0 */
/* What is forbidden in the sandbox and how it fails, and what stays possible. */
#include "sandbox_lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

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

	return p == MAP_FAILED ? LAB_UNREADY : result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
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
struct act {
	const char *name;
	int (*act)(void);
	int want; /* 0, an errno, LAB_KILLED or LAB_ABORTS */
};

static void try_all(const struct lab_plan *p, const struct act *acts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int status = lab_status_of(p, acts[i].act);

		if (!lab_ends_as(status, acts[i].want))
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
	struct sandbox_state can = lab_able();

	if (can.landlock == 0) {
		print_message("skipped: landlock: %s\n", can.landlock_why);
		skip();
	}
	try_all(&(struct lab_plan){.connects = true}, acts, COUNT_OF(acts));
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
	struct sandbox_state can = lab_able();

	if (can.landlock < 4) {
		print_message("skipped: landlock %u knows no ports\n", can.landlock);
		skip();
	}
	try_all(&(struct lab_plan){.connects = true}, acts, COUNT_OF(acts));
	try_all(&(struct lab_plan){.connects = false}, shut, COUNT_OF(shut));
}

static void signals_by_landlock(void **state)
{
	(void)state;
	static const struct act acts[] = {
		{"a signal to the process itself", signal_itself, 0},
		{"a signal to another process", signal_parent, EPERM},
		{"tracing another process", trace_parent, EPERM},
	};
	struct sandbox_state can = lab_able();

	if (can.landlock < 6) {
		print_message("skipped: landlock %u has no scopes\n", can.landlock);
		skip();
	}
	try_all(&(struct lab_plan){.connects = false}, acts, COUNT_OF(acts));
}

static void system_calls_by_seccomp(void **state)
{
	(void)state;
	static const struct act acts[] = {
		{"executing a program", execute, LAB_KILLED},
		{"executing by descriptor", execute_descriptor, LAB_KILLED},
		{"making a process", make_process, LAB_KILLED},
		{"making a namespace", make_namespace, LAB_KILLED},
		{"being traced", trace, LAB_KILLED},
		{"tracing", trace_parent, LAB_KILLED},
		{"a signal by kill", signal_parent, LAB_KILLED},
		{"a signal to a thread of another process", signal_thread_of_parent, LAB_KILLED},
		{"becoming root", become_root, LAB_KILLED},
		{"mounting", mount_something, LAB_KILLED},
		{"opening to write", open_to_write, LAB_KILLED},
		{"opening to append", open_to_append, LAB_KILLED},
		{"opening to create", open_to_create, LAB_KILLED},
		{"opening to truncate", open_to_truncate, LAB_KILLED},
		{"removing a file", remove_file, LAB_KILLED},
		{"mapping memory to run it", map_executable, LAB_KILLED},
		{"making memory executable", make_executable, LAB_KILLED},
		{"binding", bind_port, LAB_KILLED},
		{"typing into the terminal", type_into_terminal, LAB_KILLED},
		{"connecting by the first send", connect_by_send, LAB_KILLED},
		{"a socket of multipath TCP", socket_multipath, LAB_KILLED},
		{"a socket of UNIX", socket_unix, EAFNOSUPPORT},
		{"a socket of the kernel", socket_netlink, EAFNOSUPPORT},
		{"a socket of packets", socket_packet, EAFNOSUPPORT},
		{"a socket of a family between those that are allowed", socket_x25, EAFNOSUPPORT},
	};
	struct sandbox_state can = lab_able();

	if (can.system_calls == 0) {
		print_message("skipped: seccomp: %s\n", can.seccomp_why);
		skip();
	}
	try_all(&(struct lab_plan){.connects = true, .filter = true}, acts, COUNT_OF(acts));
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
		{"a failed check can end the process", give_up, LAB_ABORTS},
	};

	try_all(&(struct lab_plan){.connects = true, .filter = true}, acts, COUNT_OF(acts));
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

	if (lab_able().system_calls == 0)
		skip();
	try_all(&(struct lab_plan){.connects = false, .filter = true}, acts, COUNT_OF(acts));
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
	};

	return cmocka_run_group_tests_name("sandbox", tests, lab_set_up, lab_tear_down);
}

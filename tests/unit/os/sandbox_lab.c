/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox_lab.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct sandbox_lab lab;

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

int lab_set_up(void **state)
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

int lab_tear_down(void **state)
{
	(void)state;
	(void)unlink(lab.file);
	(void)unlink(lab.other);
	(void)unlink(lab.link);
	(void)rmdir(lab.folder);
	(void)rmdir(lab.root);
	return 0;
}
/* Children. */

struct sandbox_state lab_enter(const struct lab_plan *p)
{
	const struct sandbox_read reads[] = {
		{lab.link, SANDBOX_FILE},
		{"/nowhere/at/all", SANDBOX_FOLDER},
		{"/dev/null/file", SANDBOX_FILE},
	};
	const struct sandbox_plan plan = {
		.reads = reads,
		.read_count = COUNT_OF(reads),
		.ports = &lab.port,
		.port_count = p->connects ? 1 : 0,
	};
	struct sandbox_state state;
	const char *what;

	if (sandbox_enter(&plan, &state, &what) != OK)
		_exit(LAB_UNREADY);
	if (p->filter)
		sandbox_filter(p->connects, &state);
	return state;
}

int lab_status_of(const struct lab_plan *p, int (*act)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)lab_enter(p);
		_exit(act());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

struct sandbox_state lab_able(void)
{
	struct sandbox_state *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sandbox_state copy;
	int status;

	assert_true(shared != MAP_FAILED);
	pid_t child = fork();
	if (child == 0) {
		*shared = lab_enter(&(struct lab_plan){.connects = true, .filter = true});
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	copy = *shared;
	(void)munmap(shared, sizeof(*shared));
	return copy;
}

bool lab_ends_as(int status, int want)
{
	if (want == LAB_KILLED || want == LAB_ABORTS)
		return WIFSIGNALED(status) &&
		       WTERMSIG(status) == (want == LAB_KILLED ? SIGSYS : SIGABRT);
	return WIFEXITED(status) && WEXITSTATUS(status) == want;
}

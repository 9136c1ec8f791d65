/* SPDX-License-Identifier: Apache-2.0 */
#include "os/interrupt.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static enum err open_set(const sigset_t *set, int *ret_fd)
{
	if (sigprocmask(SIG_BLOCK, set, NULL) != 0)
		return E_IO;
	int fd = signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return E_IO;
	*ret_fd = fd;
	return OK;
}

/* sigemptyset and sigaddset cannot fail on a valid set. */

enum err interrupt_open(int *ret_fd)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	return open_set(&set, ret_fd);
}

void interrupt_close(int fd)
{
	sigset_t set;

	while (interrupt_take(fd)) {
	}
	(void)close(fd);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

enum err interrupt_open_hangup(int *ret_fd)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	return open_set(&set, ret_fd);
}

bool interrupt_take(int fd)
{
	struct signalfd_siginfo info[4];

	return read(fd, info, sizeof(info)) > 0;
}

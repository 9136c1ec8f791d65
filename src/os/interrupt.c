/* SPDX-License-Identifier: Apache-2.0 */
#include "os/interrupt.h"

#include <signal.h>
#include <sys/signalfd.h>

enum err interrupt_open(int *ret_fd)
{
	sigset_t set;

	(void)sigemptyset(&set); /* cannot fail on a valid set; nor can sigaddset */
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return E_IO;
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return E_IO;
	*ret_fd = fd;
	return OK;
}

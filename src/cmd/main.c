/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - guards around every command: descriptors 0 to 2 before it, lost output after it. */
#include "cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * A closed descriptor 0, 1 or 2 would be given to the next socket, and what is meant for the
 * terminal would go to a client. They are filled so that writing to 1 and 2 still fails.
 */
static bool fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	}
	return true;
}

/* A full disk shows only when the last bytes leave: they are not lost without a word. */
static int close_stdout(int code)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if (fclose(stdout) == 0 && !failed)
		return code;
	/* The reader has enough (sluice … | head): that is its choice, and no news to anybody. */
	if (errno != EPIPE)
		(void)fprintf(stderr, "sluice: cannot write to standard output: %s\n",
			      errno != 0 ? strerror(errno) : "earlier write failed");
	return code == EXIT_OK ? EXIT_UNREACHABLE : code;
}

int main(int argc, char **argv)
{
	if (!fill_standard_descriptors())
		return EXIT_UNREACHABLE;
	return close_stdout(command_main(argc, argv));
}

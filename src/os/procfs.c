/* SPDX-License-Identifier: Apache-2.0 */
#include "os/procfs.h"

#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PATH_MAX_BYTES 64
#define STATUS_MAX     8192 /* bytes of /proc/PID/status; about 1,500 in use */

enum err procfs_cpu_ns(int pid, uint64_t *ret_ns)
{
	clockid_t clock;
	struct timespec t;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		return E_NOT_FOUND;
	*ret_ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	return OK;
}

/* The kernel gives the whole of such a file in one read. */
static struct slice read_status(int pid, char *room, size_t cap)
{
	char path[PATH_MAX_BYTES];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return SLICE_NONE;
	ssize_t n = read(fd, room, cap);
	(void)close(fd);
	return n > 0 ? (struct slice){room, (size_t)n} : SLICE_NONE;
}

enum err procfs_anon_bytes(int pid, uint64_t *ret_bytes)
{
	char room[STATUS_MAX];
	struct slice rest = read_status(pid, room, sizeof(room));

	while (rest.len > 0) {
		struct slice value = slice_cut(&rest, '\n');
		struct slice name = slice_cut(&value, ':');
		uint64_t kib;

		if (!slice_eq(name, SLICE("RssAnon")))
			continue;
		value = slice_trim(value);
		if (parse_u64(slice_cut(&value, ' '), &kib))
			break;
		*ret_bytes = kib * 1024;
		return OK;
	}
	return E_NOT_FOUND;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "os/resident.h"

#include "base/text.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#define STATM_MAX 128 /* bytes: seven numbers */

enum err resident_open(int *ret_fd)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return E_IO;
	*ret_fd = fd;
	return OK;
}

/* "size resident shared ...", in pages. */
enum err resident_read(int fd, uint64_t *ret_bytes)
{
	char text[STATM_MAX];
	long page = sysconf(_SC_PAGESIZE);
	ssize_t n = pread(fd, text, sizeof(text), 0);
	uint64_t pages;

	if (n <= 0 || page <= 0)
		return E_IO;
	struct slice rest = {text, (size_t)n};
	(void)slice_cut(&rest, ' ');
	if (parse_u64(slice_cut(&rest, ' '), &pages))
		return E_IO;
	*ret_bytes = pages * (uint64_t)page;
	return OK;
}

void resident_trim(void)
{
	(void)malloc_trim(0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_CHUNK 4096u

static enum err read_all(int fd, struct buf *b)
{
	for (;;) {
		enum err err = buf_reserve(b, FILE_CHUNK);
		if (err == E_TOO_BIG && b->len < b->max)
			err = buf_reserve(b, b->max - b->len);
		if (err)
			return err;
		ssize_t n = read(fd, b->ptr + b->len, b->cap - b->len);
		if (n < 0)
			return E_IO;
		if (n == 0)
			return OK;
		b->len += (size_t)n;
	}
}

enum err file_read(const char *path, struct buf *b)
{
	struct stat st;
	/* Not blocking: opening a FIFO must not hang the start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return E_IO;
	enum err err = fstat(fd, &st) != 0 ? E_IO : S_ISREG(st.st_mode) ? OK : E_SYNTAX;
	if (!err)
		err = read_all(fd, b);
	int why = errno;
	(void)close(fd);
	errno = why;
	return err;
}

bool file_is_exposed(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

static bool write_all(int fd, struct slice bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno != EINTR)
			return false;
		bytes = slice_from(bytes, n > 0 ? (size_t)n : 0);
	}
	return fsync(fd) == 0 || errno == EINVAL; /* not every file system can */
}

const char *file_why(enum err err, const char *too_big)
{
	if (err == E_IO)
		return strerror(errno);
	if (err == E_SYNTAX)
		return "not a regular file";
	return err == E_TOO_BIG && too_big ? too_big : err_text(err);
}

enum err file_create_private(const char *path, struct slice bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (fd < 0)
		return E_IO;
	int why = write_all(fd, bytes) ? 0 : errno;
	if (close(fd) != 0 && !why)
		why = errno;
	if (!why)
		return OK;
	(void)unlink(path);
	errno = why;
	return E_IO;
}

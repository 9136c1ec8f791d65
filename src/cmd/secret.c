/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/secret.h"

#include "http/chars.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file that fills the room is too large: nobody knows what stands behind. */
static enum err read_file(const char *path, char *room, size_t cap, size_t *ret_len)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return E_IO;
	size_t len = fread(room, 1, cap, file);
	bool failed = ferror(file) != 0;
	int saved = errno;
	(void)fclose(file);
	errno = saved;
	if (failed)
		return E_IO;
	if (len == cap)
		return E_TOO_BIG;
	*ret_len = len;
	return OK;
}

static struct slice without_line_end(struct slice s)
{
	while (slice_ends(s, SLICE("\n")) || slice_ends(s, SLICE("\r")))
		s = slice_upto(s, s.len - 1);
	return s;
}

static enum err complain(struct writer *fault, enum err err, struct slice path)
{
	put(fault, path);
	put(fault, SLICE(": "));
	if (err == E_SYNTAX)
		put(fault, SLICE("must hold one line of text"));
	else
		put(fault, slice_of(err == E_IO ? strerror(errno) : err_text(err)));
	return err;
}

enum err secret_read(struct arena *arena, struct slice path, struct slice *ret_secret,
		     struct writer *fault)
{
	char room[SECRET_MAX + 3]; /* CRLF behind the longest, and one byte that shows a longer */
	struct slice name = arena_copy(arena, path);
	size_t len = 0;

	if (!name.ptr)
		return complain(fault, E_NOMEM, path);
	enum err err = read_file(name.ptr, room, sizeof(room), &len);
	if (err)
		return complain(fault, err, path);
	struct slice text = without_line_end((struct slice){room, len});
	if (text.len > SECRET_MAX)
		return complain(fault, E_TOO_BIG, path);
	if (text.len == 0 || text_run(text) < text.len)
		return complain(fault, E_SYNTAX, path);
	struct slice copy = arena_copy(arena, text);
	if (!copy.ptr)
		return complain(fault, E_NOMEM, path);
	*ret_secret = copy;
	return OK;
}

enum err secret_publish_key(struct arena *arena, const char *path, struct slice *ret_key,
			    struct writer *fault)
{
	struct slice key = slice_of(getenv("SLUICE_PUBLISH_KEY"));

	if (path)
		return secret_read(arena, slice_of(path), ret_key, fault);
	if (text_run(key) < key.len)
		return complain(fault, E_SYNTAX, SLICE("SLUICE_PUBLISH_KEY"));
	*ret_key = key.len > 0 ? key : SLICE_NONE;
	return OK;
}

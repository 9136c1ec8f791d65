/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - whole small files: configuration, keys. */
#pragma once

#include "base/buf.h"

/*
 * Appends the content of the regular file `path` to `b`. Errors: E_TOO_BIG (past the maximum of
 * `b`), E_NOMEM, E_SYNTAX (a directory or another thing that is no file), E_IO (errno says why).
 */
enum err file_read(const char *path, struct buf *b);
/*
 * What an error of file_read means to a person, errno with it: call it at once. `too_big` is said
 * of E_TOO_BIG; NULL: that there is a maximum. Static text, or strerror's.
 */
const char *file_why(enum err err, const char *too_big);
/* True if others than the owner may read it: too open for a file of keys. */
bool file_is_exposed(const char *path);
/*
 * Makes the new file `path` with `bytes`, for its owner alone (mode 0600). What exists stays, also
 * where it is a link; a file that could not be written whole is removed. Errors: E_IO (errno).
 */
enum err file_create_private(const char *path, struct slice bytes);

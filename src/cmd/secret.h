/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - a token or key out of a file, because ps shows the command line to everybody. */
#pragma once

#include "base/arena.h"
#include "base/writer.h"

#define SECRET_MAX 8192u /* bytes */

/*
 * What `path` holds, without line ends behind it, as a copy in `arena`. A pipe is as good as a
 * file: @<(pass show token). On error `fault` holds one line for the person. Errors: E_IO,
 * E_TOO_BIG, E_NOMEM, E_SYNTAX (empty, or not one line of text).
 */
enum err secret_read(struct arena *arena, struct slice path, struct slice *ret_secret,
		     struct writer *fault);
/*
 * The publish key: what the file `path` holds; without one (NULL), SLUICE_PUBLISH_KEY of the
 * environment, which stays its owner; ptr NULL without either. Errors and `fault` as above.
 */
enum err secret_publish_key(struct arena *arena, const char *path, struct slice *ret_key,
			    struct writer *fault);

/* SPDX-License-Identifier: Apache-2.0 */
#include "os/entropy.h"

#include <sys/random.h>

enum err entropy_get(void *out, size_t n)
{
	char *at = out;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got <= 0)
			return E_IO;
		at += got;
		n -= (size_t)got;
	}
	return OK;
}

enum err entropy_hash_key(struct siphash_key *ret_key)
{
	return entropy_get(ret_key, sizeof(*ret_key));
}

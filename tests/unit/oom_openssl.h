/* SPDX-License-Identifier: Apache-2.0 */
/* oom_openssl.h - oom.h for OpenSSL too: its allocations count and fail like our own. */
#pragma once

#include "oom.h"

#include <openssl/crypto.h>

static void *crypto_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return __wrap_malloc(size);
}

static void *crypto_realloc(void *ptr, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return __wrap_realloc(ptr, size);
}

static void crypto_free(void *ptr, const char *file, int line)
{
	(void)file;
	(void)line;
	free(ptr);
}

/* Only before OpenSSL's first allocation; false where it is too late. */
static bool take_over_openssl(void)
{
	return CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) == 1;
}

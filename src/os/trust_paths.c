/* SPDX-License-Identifier: Apache-2.0 */
#include "os/trust_paths.h"

#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

/* In a folder of hashes each entry is a link, whose end is known only when it is asked for. */
static const char *const usual[] = {
	"/etc/ssl/certs",
	"/etc/pki",
	"/etc/ca-certificates",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/usr/share/pki",
};

static void add(struct trust_paths *t, const char *path, enum sandbox_kind kind)
{
	if (t->count < TRUST_MAX_PATHS)
		t->reads[t->count++] = (struct sandbox_read){path, kind};
}

/* A list with colons. */
static void add_folders(struct trust_paths *t, const char *list)
{
	char *rest = t->folders;

	if (strlen(list) >= sizeof(t->folders))
		return;
	memcpy(rest, list, strlen(list) + 1);
	while (rest) {
		char *folder = strsep(&rest, ":");

		if (*folder)
			add(t, folder, SANDBOX_FOLDER);
	}
}

void trust_paths(struct trust_paths *ret)
{
	const char *file = getenv(X509_get_default_cert_file_env());
	const char *folders = getenv(X509_get_default_cert_dir_env());

	ret->count = 0;
	add(ret, file ? file : X509_get_default_cert_file(), SANDBOX_FILE);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		add(ret, usual[i], SANDBOX_FOLDER);
	add_folders(ret, folders ? folders : X509_get_default_cert_dir());
}

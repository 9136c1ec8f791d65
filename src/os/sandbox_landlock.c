/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_landlock.c - files and ports by Landlock (landlock(7)).
 *
 * The constants are written out: the kernel's header of the build knows those of its own time
 * only, and the program asks the kernel that it runs on.
 */
#include "os/sandbox_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

#define ASK_VERSION    1u
#define RULE_PATH      1
#define RULE_PORT      2
#define FILE_READ      (UINT64_C(1) << 2)
#define PORT_CONNECT   (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT (UINT64_C(1) << 0) /* abstract UNIX sockets of others */
#define SCOPE_SIGNAL   (UINT64_C(1) << 1) /* signals to others */

/* The first bits of each kind that a version knows: all that it can refuse. */
static const struct {
	unsigned files;
	unsigned ports;
	unsigned scopes;
} versions[SANDBOX_LANDLOCK_ABI + 1] = {
	[1] = {.files = 13},
	[2] = {.files = 14},                          /* linking and renaming */
	[3] = {.files = 15},                          /* truncating */
	[4] = {.files = 15, .ports = 2},              /* bind, connect */
	[5] = {.files = 16, .ports = 2},              /* ioctl of devices */
	[6] = {.files = 16, .ports = 2, .scopes = 2}, /* abstract sockets, signals */
	[7] = {.files = 16, .ports = 2, .scopes = 2}, /* tells the audit log */
};

struct ruleset {
	uint64_t files;
	uint64_t ports;
	uint64_t scopes;
};

struct path_rule {
	uint64_t allowed;
	int32_t folder;
} __attribute__((packed));

struct port_rule {
	uint64_t allowed;
	uint64_t port;
};

static uint64_t first_bits(unsigned n)
{
	return (UINT64_C(1) << n) - 1;
}

/* Files. */

/* True also where there is no such folder. */
static bool allow_folder(int rules, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC | O_DIRECTORY);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
	struct path_rule rule = {.allowed = FILE_READ, .folder = fd};
	int result = (int)syscall(SYS_landlock_add_rule, rules, RULE_PATH, &rule, 0);
	int why = errno;
	(void)close(fd);
	errno = why;
	return result == 0;
}

static bool allow_parent(int rules, const char *path)
{
	char folder[PATH_MAX];
	const char *end = strrchr(path, '/');
	size_t len = end ? (size_t)(end - path) : 0;

	if (!end)
		return allow_folder(rules, ".");
	if (len >= sizeof(folder)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(folder, path, len);
	folder[len] = '\0';
	return allow_folder(rules, len > 0 ? folder : "/");
}

static bool allow_file(int rules, const char *path)
{
	char resolved[PATH_MAX];

	if (!allow_parent(rules, path))
		return false;
	return !realpath(path, resolved) || allow_parent(rules, resolved);
}

static bool allow_read(int rules, const struct sandbox_read *read)
{
	return read->kind == SANDBOX_FILE ? allow_file(rules, read->path)
					  : allow_folder(rules, read->path);
}

/* Ports. */

static bool allow_port(int rules, uint16_t port)
{
	const struct port_rule rule = {.allowed = PORT_CONNECT, .port = port};

	return syscall(SYS_landlock_add_rule, rules, RULE_PORT, &rule, 0) == 0;
}

static bool fill(int rules, const struct sandbox_plan *plan, unsigned abi)
{
	bool good = true;

	for (size_t i = 0; good && i < plan->read_count; i++)
		good = allow_read(rules, &plan->reads[i]);
	for (size_t i = 0; good && versions[abi].ports > 0 && i < plan->port_count; i++)
		good = allow_port(rules, plan->ports[i]);
	return good;
}

static const char *reason(int why)
{
	switch (why) {
	case ENOSYS:
		return "this kernel has none";
	case EOPNOTSUPP:
		return "switched off in this kernel";
	case EPERM:
		return "a filter around the server forbids it";
	default:
		return "the kernel refused its rules";
	}
}

int sandbox_landlock_make(const struct sandbox_plan *plan, unsigned *ret_abi, const char **ret_why)
{
	long newest = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);

	if (newest < 1) {
		*ret_why = reason(errno);
		return -1;
	}
	unsigned abi =
		newest < (long)SANDBOX_LANDLOCK_ABI ? (unsigned)newest : SANDBOX_LANDLOCK_ABI;
	/* An older kernel takes the whole struct as long as it knows nothing of the zeroes. */
	const struct ruleset refused = {
		.files = first_bits(versions[abi].files),
		.ports = first_bits(versions[abi].ports),
		.scopes = first_bits(versions[abi].scopes) & (SCOPE_ABSTRACT | SCOPE_SIGNAL),
	};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &refused, sizeof(refused), 0);
	if (rules >= 0 && fill(rules, plan, abi)) {
		*ret_abi = abi;
		return rules;
	}
	*ret_why = reason(errno);
	if (rules >= 0)
		(void)close(rules);
	return -1;
}

int sandbox_landlock_enter(int rules)
{
	int result = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	int why = errno;

	(void)close(rules);
	errno = why;
	return result;
}

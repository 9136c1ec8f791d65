/* SPDX-License-Identifier: Apache-2.0 */
#include "os/sandbox_parts.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ACCOUNT_ROOM 16384u /* bytes of one line of the accounts, more than any has */
#define MAX_CAPS     64     /* as many as the system calls have bits for */

enum err sandbox_account(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	char room[ACCOUNT_ROOM];
	struct passwd entry;
	struct passwd *found = NULL;

	int why = getpwnam_r(name, &entry, room, sizeof(room), &found);
	if (!found) {
		errno = why;
		return why == 0 || why == ENOENT || why == ESRCH ? E_NOT_FOUND : E_IO;
	}
	*ret_uid = found->pw_uid;
	*ret_gid = found->pw_gid;
	return OK;
}

/* A set-user-id that leaves a way back is no drop. */
static int verify(uid_t uid, gid_t gid)
{
	uid_t users[3];
	gid_t groups[3];

	if (getresuid(&users[0], &users[1], &users[2]) != 0 ||
	    getresgid(&groups[0], &groups[1], &groups[2]) != 0)
		return -1;
	for (size_t i = 0; i < 3; i++) {
		if (users[i] != uid || groups[i] != gid) {
			errno = EPERM;
			return -1;
		}
	}
	if (uid != 0 && (setresuid(0, 0, 0) == 0 || seteuid(0) == 0)) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int sandbox_become(const char *name, uid_t uid, gid_t gid)
{
	/* The user last: all others need its rights. */
	if (initgroups(name, gid) != 0 || setresgid(gid, gid, gid) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		return -1;
	return verify(uid, gid);
}

void sandbox_drop_bounds(void)
{
	/* Ends at the first number that this kernel does not know; without CAP_SETPCAP at once. */
	for (unsigned long cap = 0; cap < MAX_CAPS; cap++) {
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			break;
	}
}

int sandbox_drop_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	/* A kernel without ambient ones has none to drop. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return (int)syscall(SYS_capset, &head, none);
}

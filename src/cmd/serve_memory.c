/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_memory.h"

#include "os/peer.h"
#include "os/resident.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MIB (1u << 20)

void serve_memory_init(struct serve_memory *m, uint64_t limit)
{
	*m = (struct serve_memory){.fd = -1};
	if (resident_open(&m->fd) && limit > 0)
		(void)fprintf(stderr,
			      "sluice serve: warning: limits.memory cannot be kept: "
			      "/proc/self/statm: %s\n",
			      strerror(errno));
}

void serve_memory_end(struct serve_memory *m)
{
	if (m->fd >= 0)
		peer_close(m->fd);
	m->fd = -1;
}

/* Records of streams that have ended wait for the next ones; they are no load. */
static uint64_t spare(const struct serve_shared *shared)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < shared->worker_count; i++)
		bytes += atomic_load(&shared->workers[i].spare);
	return bytes;
}

static void measure(const struct serve_memory *m, const struct serve_shared *shared)
{
	uint64_t bytes, unused = spare(shared);

	if (resident_read(m->fd, &bytes) == OK)
		admit_set_resident(shared->admit, bytes > unused ? bytes - unused : 0);
}

static void say(struct serve_memory *m, const struct serve_shared *shared)
{
	bool is_short = admit_is_short(shared->admit);

	if (is_short != m->is_short)
		(void)fprintf(stderr,
			      is_short ? "sluice serve: memory is short (%" PRIu64
					 " MiB, limits.memory): refusing streams and publishes\n"
				       : "sluice serve: memory is enough again (%" PRIu64 " MiB)\n",
			      admit_resident(shared->admit) / MIB);
	m->is_short = is_short;
}

void serve_memory_turn(struct serve_memory *m, const struct serve_shared *shared, uint64_t now_ms)
{
	if (m->fd < 0 || now_ms < m->due_ms)
		return;
	m->due_ms = now_ms + SERVE_MEMORY_MS;
	measure(m, shared);
	if (admit_is_short(shared->admit)) {
		resident_trim();
		measure(m, shared);
	}
	say(m, shared);
}

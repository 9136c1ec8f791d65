/* SPDX-License-Identifier: Apache-2.0 */
/* Every report of a run whose texts are these bytes is still a report of its format. */
#include "hostile.h"
#include "wellformed.h"

#include "base/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char room[1u << 20];
	static struct hostile h;

	hostile_build(&h, slice_upto((struct slice){(const char *)data, size}, 2048));
	for (int i = 0; i < REPORT_FORMAT_COUNT; i++) {
		struct writer w;
		size_t at;

		writer_init(&w, room, sizeof(room));
		audit_report(&w, (enum report_format)i, &h.report);
		require(!w.overflow);
		require(wellformed((enum report_format)i, writer_slice(&w), &at) == NULL);
	}
	return 0;
}

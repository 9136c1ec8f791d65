/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/bench_progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define CLEAR_LINE "\r\x1b[K"

/* Nothing here checks what fprintf says: without a standard error there is nobody to tell. */
void bench_progress_init(struct bench_progress *p)
{
	*p = (struct bench_progress){.terminal = isatty(STDERR_FILENO) == 1};
}

void bench_progress_note(struct bench_progress *p, const char *format, ...)
{
	va_list args;

	if (p->dirty)
		(void)fputs(CLEAR_LINE, stderr);
	p->dirty = false;
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

void bench_progress_count(struct bench_progress *p, uint64_t now_ns, const char *what,
			  uint64_t done, uint64_t total)
{
	if (!p->terminal || now_ns < p->next_ns)
		return;
	p->next_ns = now_ns + BENCH_PROGRESS_NS;
	p->dirty = true;
	(void)fprintf(stderr, CLEAR_LINE "%s: %" PRIu64 " of %" PRIu64, what, done, total);
}

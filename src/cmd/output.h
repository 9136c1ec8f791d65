/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - standard output of a filter that runs for long: whole records, written out at each
 * pause, with Ctrl-C heard while the reader is slow.
 */
#pragma once

#include "base/buf.h"

enum output_state {
	OUTPUT_OPEN,
	OUTPUT_CLOSED, /* the reader has enough (| head): not a fault */
	OUTPUT_BROKEN, /* errno in `error` */
	OUTPUT_STUCK,  /* interrupted while the reader took nothing */
};

struct output {
	struct buf buf;
	int fd;
	int signal_fd; /* os/interrupt.h; readable ends a wait for the reader. -1: none */
	int error;
	enum output_state state;
};

/* Owns neither descriptor. SIGPIPE must be ignored. `max` bounds what is not written yet. */
void output_init(struct output *out, int fd, int signal_fd, size_t max);
void output_fini(struct output *out);
/* Writes all; on anything but OUTPUT_OPEN what is left is dropped, then and later. */
void output_flush(struct output *out);

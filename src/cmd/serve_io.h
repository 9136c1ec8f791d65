/* SPDX-License-Identifier: Apache-2.0 */
/* serve_io.h - how the server's engines reach sockets: the same for workers and the admin's. */
#pragma once

#include "os/logsink.h"
#include "os/waitset.h"
#include "stream/engine.h"

/* The calls of an engine that need no more than the descriptor; ctx and the others are left. */
void serve_io_fill(struct engine_io *io);
/* One JSON line for the record. */
void serve_io_record(struct logsink *sink, const struct stream_record *record);
/* Hands an accepted connection to the engine; where that has no room, answers and closes. */
void serve_io_take(struct engine *e, struct waitset *set, int fd, const struct arrival *arrival);

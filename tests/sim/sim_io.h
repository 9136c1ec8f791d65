/* SPDX-License-Identifier: Apache-2.0 */
/* sim_io.h - the engine's way out into the world of a sim: pipes, and records that are kept. Inside
 * of sim. */
#pragma once

#include "sim.h"

struct engine_io sim_io(struct sim_worker *w);

/* Appends; ends the test where there is no room. */
void sim_keep(struct buf *b, struct slice s);
/* Tells whoever wants to know that an engine begins or ceases to work. */
void sim_tell(const struct sim *sim, bool inside);

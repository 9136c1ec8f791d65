/* SPDX-License-Identifier: Apache-2.0 */
/* serve_build.h - from the judged configuration and its keys to the settings of the engines. */
#pragma once

#include "cmd/serve_setup.h"

/* Fills s->stream and its routes. Complaints go to standard error; gives an exit code. */
int serve_build(struct serve_setup *s);

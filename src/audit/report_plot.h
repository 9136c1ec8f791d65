/* SPDX-License-Identifier: Apache-2.0 */
/* report_plot.h - when the bytes of the streams arrived, as an SVG within a page. */
#pragma once

#include "audit/report.h"

#define PLOT_MAX_LANES 16u /* streams that are drawn */

/*
 * One lane a stream: its head, its reads (higher for more bytes; one bar for those that fall
 * together) and its end, over the time since its request, and a table of the same for who cannot
 * see it. Shapes tell them apart, not colors. Nothing where no stream was seen.
 */
void report_plot(struct writer *w, const struct report *report);

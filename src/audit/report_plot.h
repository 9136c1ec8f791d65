/* SPDX-License-Identifier: Apache-2.0 */
/* report_plot.h - when the bytes of the streams arrived, as an SVG within a page. */
#pragma once

#include "audit/report.h"

#define PLOT_MAX_LANES 16u   /* streams that are drawn */
#define PLOT_MAX_MARKS 1500u /* reads that are drawn of one */

/*
 * One lane a stream: its head, each read (higher for more bytes) and its end, over the time since
 * its request. Nothing where no stream was seen.
 */
void report_plot(struct writer *w, const struct report *report);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wellformed.h - what every report must be, whatever a stream sent: UTF-8 without controls, and
 * JSON, XML, HTML, Markdown or workflow commands with no word of a stranger among the marks. These
 * are checks of our reports alone: less than the languages allow.
 */
#pragma once

#include "audit/report.h"

/* NULL: it is; else what is wrong, and *ret_at where. */
const char *wellformed(enum report_format format, struct slice text, size_t *ret_at);

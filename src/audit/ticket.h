/* SPDX-License-Identifier: Apache-2.0 */
/* ticket.h - what is read out of JSON: the ticket of a --ticket-url, the end of a token. */
#pragma once

#include "base/slice.h"

#include <stdint.h>

/*
 * The string value of "ticket", else of "token", in a JSON object; empty without one, or where it
 * has escapes or what a query cannot carry as it is.
 */
struct slice ticket_find(struct slice body);
/* The whole seconds that the member `key`, which has its quotes, has as a number; 0 without one. */
int64_t ticket_number(struct slice json, struct slice key);

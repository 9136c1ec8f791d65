/* SPDX-License-Identifier: Apache-2.0 */
/* ticket.h - the ticket in the answer of a --ticket-url. */
#pragma once

#include "base/slice.h"

/*
 * The string value of "ticket", else of "token", in a JSON object; empty without one, or where it
 * has escapes or what a query cannot carry as it is.
 */
struct slice ticket_find(struct slice body);

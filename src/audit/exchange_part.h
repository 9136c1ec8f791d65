/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_part.h - what the files of an exchange share. */
#pragma once

#include "audit/exchange.h"

#define MS 1000000u /* ns */

/* Since the start of the run, ns; never 0, which means "not yet" in a transcript. */
uint64_t exchange_since_start(const struct exchange *e);
/* It is over without an answer. `detail` is copied; NULL: there is nothing to add. */
void exchange_fail(struct exchange *e, enum outcome outcome, const char *detail);
void exchange_enter(struct exchange *e, enum exchange_phase phase, uint64_t ms, short events);
/* Sends what stands. 1: all is with the kernel; 0: it waits; -1: the peer takes no more. */
int exchange_flush(struct exchange *e);
/* Bytes reach the target from here on: TLS, or the request. */
void exchange_connected(struct exchange *e);

/* Dials the next address that may be tried; without one it is over. */
void exchange_dial(struct exchange *e);
/* Steps of the first phases. False: it waits. */
bool exchange_step_dial(struct exchange *e);
bool exchange_step_ask(struct exchange *e);
bool exchange_step_tunnel(struct exchange *e);

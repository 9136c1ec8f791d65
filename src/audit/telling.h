/* SPDX-License-Identifier: Apache-2.0 */
/*
 * telling.h - how a judge says what it saw: pieces of text behind each other in the evidence of a
 * finding. What does not fit is cut. All of it is printable ASCII, whatever the server sent.
 */
#pragma once

#include "audit/finding.h"
#include "audit/run.h"

#define TELL_MAX_QUOTE 120u /* bytes that are shown of one value */

void tell(struct finding *f, struct slice text);
void tell_u64(struct finding *f, uint64_t n);
/* "250 ms", "1.2 s" */
void tell_ns(struct finding *f, uint64_t ns);
/* In single quotes; other than visible ASCII as \xNN. */
void tell_quoted(struct finding *f, struct slice text);
/* "Vary: Accept", or "no Vary" */
void tell_field(struct finding *f, const struct transcript *t, struct slice name);
/* "origin-dot (dot 2)" */
void tell_probe(struct finding *f, const struct transcript *t);
/* "status 200, text/html", or how it went wrong */
void tell_answer(struct finding *f, const struct transcript *t);
/* ", " where something stands there already. */
void tell_next(struct finding *f);
/* `t` is the proof. */
void prove(const struct audit_run *run, struct finding *f, const struct transcript *t);

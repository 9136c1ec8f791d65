/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.h - runs of the auditor, written down as text and built by the real recorder.
 *
 * A scene is lines:
 *   run KEY...          what was asked for; see set_run
 *   PROBE STATUS KEY... a transcript; the keys are those of set_probe
 *   Name: value         a field of its head; +stream and +json: those of a good answer
 *   @MS TEXT            a piece of its body, ms behind the request; ~ is LF, ^ CR, $ NUL
 *   @MS+STEP*N TEXT     N pieces, STEP ms apart; # in the text is the number of the piece,
 *                       % is 1 KiB
 *   end MS HOW          when and how it ended; else it is cut by us after 12 s
 */
#pragma once

#include "../test.h"

#include "audit/judge.h"
#include "audit/run.h"

#define SCENE_MAX 96u

struct scene {
	struct audit_run run;
	struct transcript transcripts[SCENE_MAX];
};

/* Fails the test on a line that it does not understand. `text` must outlive the scene. */
void scene_build(struct scene *scene, const char *text);
void scene_free(struct scene *scene);
/* Judges it, and gives the first finding of this rule; fails the test where there is none. */
const struct finding *scene_finding(const struct scene *scene,
				    struct finding findings[AUDIT_MAX_FINDINGS], const char *id);

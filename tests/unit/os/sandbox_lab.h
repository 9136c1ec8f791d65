/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_lab.h - children that enter a sandbox, do one act and end: a sandbox is never left.
 */
#pragma once

#include "../test.h"

#include "os/sandbox_parts.h"

#include <stdint.h>

#define LAB_ACCOUNT "nobody"
#define LAB_UNREADY 99   /* how a child ends that could not enter its sandbox */
#define LAB_KILLED  (-1) /* by SIGSYS */
#define LAB_ABORTS  (-2)

/* A folder with what may be read, and one beside it. */
struct sandbox_lab {
	char root[64];
	char folder[96];
	char file[128];
	char link[128]; /* elsewhere, to file */
	char other[128];
	uint16_t port; /* somebody listens there */
	uint16_t shut; /* there too, but it is not in the plan */
};
extern struct sandbox_lab lab;

/* For cmocka. */
int lab_set_up(void **state);
int lab_tear_down(void **state);

struct lab_plan {
	bool connects;
	bool filter; /* seccomp too */
};

/* In a child. */
struct sandbox_state lab_enter(const struct lab_plan *p);
/* The wait status of a child that does `act` in its sandbox; its exit code is what act gives. */
int lab_status_of(const struct lab_plan *p, int (*act)(void));
/* What this kernel and build can do, found out by a child. */
struct sandbox_state lab_able(void);
/* `want`: an exit code, LAB_KILLED or LAB_ABORTS. */
bool lab_ends_as(int status, int want);

/* SPDX-License-Identifier: Apache-2.0 */
/* wakeup.h - wakes a loop of another thread: an eventfd that is written at most once a turn. */
#pragma once

#include "base/err.h"

#include <stdatomic.h>
#include <stdbool.h>

struct wakeup {
	int fd;              /* readable when woken */
	atomic_bool pending; /* a wake that has not been taken */
};

/* Errors: E_IO. */
enum err wakeup_init(struct wakeup *w);
void wakeup_fini(struct wakeup *w);
/* Any thread. */
void wakeup_send(struct wakeup *w);
/* The owner, before it looks at what it was woken for. */
void wakeup_take(struct wakeup *w);

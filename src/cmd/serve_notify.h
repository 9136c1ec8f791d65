/* SPDX-License-Identifier: Apache-2.0 */
/* serve_notify.h - what the service manager is told (systemd: Type=notify). */
#pragma once

#include "cmd/serve.h"

/* Before the sandbox, which has no way to new sockets. Says on standard error where it cannot. */
void serve_notify_open(struct server *s);
void serve_notify_ready(const struct server *s);
/* A reload begins; serve_notify_ready ends it. */
void serve_notify_reloading(const struct server *s);
void serve_notify_stopping(const struct server *s);

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_notify.h"

#include "base/text.h"
#include "os/monotonic.h"
#include "os/notify.h"

#include <stdio.h>

void serve_notify_open(struct server *s)
{
	if (notify_open(&s->notify_fd))
		(void)fprintf(stderr, "sluice serve: warning: the service manager cannot be told: "
				      "NOTIFY_SOCKET leads nowhere\n");
}

void serve_notify_ready(const struct server *s)
{
	notify_send(s->notify_fd, SLICE("READY=1\nSTATUS=serving\n"));
}

void serve_notify_reloading(const struct server *s)
{
	char text[128];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	put(&w, SLICE("RELOADING=1\nMONOTONIC_USEC="));
	put_u64(&w, monotonic_ns() / 1000);
	put(&w, SLICE("\nSTATUS=reloading\n"));
	notify_send(s->notify_fd, writer_slice(&w));
}

void serve_notify_stopping(const struct server *s)
{
	char text[128];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	put(&w, SLICE("STOPPING=1\nSTATUS=draining "));
	put_u64(&w, admit_streams(s->shared.admit));
	put(&w, SLICE(" streams\n"));
	notify_send(s->notify_fd, writer_slice(&w));
}

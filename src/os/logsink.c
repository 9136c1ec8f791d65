/* SPDX-License-Identifier: Apache-2.0 */
#include "os/logsink.h"

#include "base/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOGSINK_END_MS 2000 /* how long the end waits for a slow reader */

struct logsink {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int fd;
	bool ending;
	bool broken; /* the output failed: lines are counted, not kept */
	size_t at;   /* of the oldest byte */
	size_t len;
	uint64_t lost;
	uint64_t lost_told;
	char ring[LOGSINK_RING];
};

/* Writes all of `bytes`; false if the output failed, or the end does not wait any longer. */
static bool write_all(struct logsink *s, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(s->fd, bytes, len);

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		struct pollfd p = {.fd = s->fd, .events = POLLOUT};
		(void)poll(&p, 1, LOGSINK_END_MS / 4);
	}
	return true;
}

/* A contiguous run of the oldest bytes. */
static struct slice oldest(const struct logsink *s)
{
	size_t to_end = LOGSINK_RING - s->at;

	return (struct slice){s->ring + s->at, s->len < to_end ? s->len : to_end};
}

/* With the lock held; gives it up while writing. The bytes stay in the ring meanwhile. */
static void write_some(struct logsink *s)
{
	struct slice run = oldest(s);

	(void)pthread_mutex_unlock(&s->lock);
	bool ok = write_all(s, run.ptr, run.len);
	(void)pthread_mutex_lock(&s->lock);
	if (!ok)
		s->broken = true;
	s->len -= run.len;
	/* An empty ring begins anew: the same few pages serve a quiet log for ever. */
	s->at = s->len > 0 ? (s->at + run.len) % LOGSINK_RING : 0;
}

static void ring_append(struct logsink *s, struct slice line)
{
	size_t to = (s->at + s->len) % LOGSINK_RING;
	size_t first = LOGSINK_RING - to < line.len ? LOGSINK_RING - to : line.len;

	memcpy(s->ring + to, line.ptr, first);
	memcpy(s->ring, line.ptr + first, line.len - first);
	s->len += line.len;
}

/* Once there is room, a line says how many are missing. */
static void tell_lost(struct logsink *s)
{
	char text[96];
	struct writer w;

	if (s->lost == s->lost_told || LOGSINK_RING - s->len < sizeof(text))
		return;
	writer_init(&w, text, sizeof(text));
	put(&w, SLICE("{\"event\":\"log_lost\",\"lines\":"));
	put_u64(&w, s->lost - s->lost_told);
	put(&w, SLICE("}\n"));
	s->lost_told = s->lost;
	ring_append(s, writer_slice(&w));
}

static void *run(void *arg)
{
	struct logsink *s = arg;

	(void)pthread_mutex_lock(&s->lock);
	while (!s->ending || s->len > 0) {
		if (s->broken)
			s->len = 0;
		if (s->len > 0)
			write_some(s);
		else if (!s->ending)
			(void)pthread_cond_wait(&s->changed, &s->lock);
		tell_lost(s);
	}
	s->ending = false;
	(void)pthread_cond_broadcast(&s->changed);
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct logsink *logsink_new(int fd)
{
	struct logsink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->fd = fd;
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->changed, NULL);
	if (pthread_create(&s->thread, NULL, run, s) == 0)
		return s;
	free(s);
	return NULL;
}

/* True once the thread has written all; false when the reader is too slow for us to wait. */
static bool wait_for_end(struct logsink *s)
{
	struct timespec until;
	int failed = 0;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LOGSINK_END_MS / 1000;
	(void)pthread_mutex_lock(&s->lock);
	s->ending = true;
	(void)pthread_cond_broadcast(&s->changed);
	while (s->ending && failed == 0)
		failed = pthread_cond_timedwait(&s->changed, &s->lock, &until);
	bool done = !s->ending;
	(void)pthread_mutex_unlock(&s->lock);
	return done;
}

void logsink_free(struct logsink *s)
{
	if (!s)
		return;
	if (!wait_for_end(s)) {
		/* The thread hangs in a write: the end of the process ends it, with its memory. */
		(void)pthread_detach(s->thread);
		return;
	}
	(void)pthread_join(s->thread, NULL);
	(void)pthread_cond_destroy(&s->changed);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

void logsink_put(struct logsink *s, struct slice line)
{
	(void)pthread_mutex_lock(&s->lock);
	if (s->broken || line.len > LOGSINK_RING - s->len || line.len > LOGSINK_LINE)
		s->lost++;
	else
		ring_append(s, line);
	(void)pthread_cond_signal(&s->changed);
	(void)pthread_mutex_unlock(&s->lock);
}

uint64_t logsink_lost(struct logsink *s)
{
	(void)pthread_mutex_lock(&s->lock);
	uint64_t lost = s->lost;
	(void)pthread_mutex_unlock(&s->lock);
	return lost;
}

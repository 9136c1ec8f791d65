/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/auth_job.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

struct auth_job *auth_job_new(const struct auth_ask *ask)
{
	struct auth_job *job = calloc(1, sizeof(*job) + ask->credential.len);

	if (!job)
		return NULL;
	job->ask = *ask;
	job->ask.credential.ptr = job->bytes;
	if (ask->credential.len > 0)
		memcpy(job->bytes, ask->credential.ptr, ask->credential.len);
	list_init(&job->followers);
	return job;
}

void auth_job_free(struct auth_job *job)
{
	OPENSSL_cleanse(job->bytes, job->ask.credential.len);
	free(job);
}

struct auth_job *auth_job_of(struct list *node)
{
	return container_of(node, struct auth_job, node);
}

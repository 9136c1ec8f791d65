/* SPDX-License-Identifier: Apache-2.0 */
/*
 * headers.h - the fields that a person adds to requests: --header, --bearer.
 */
#pragma once

#include "base/arena.h"
#include "base/writer.h"
#include "cmd/secret.h"
#include "http/fields.h"

#define HEADERS_MAX       32u         /* fields */
#define HEADERS_MAX_VALUE SECRET_MAX  /* bytes of one value */
#define HEADERS_MAX_BYTES (64u << 10) /* of all names and values */

struct headers {
	struct http_field rows[HEADERS_MAX];
	size_t count;
	struct arena arena;
	bool secret;  /* one of them is a credential */
	bool exposed; /* it stood on the command line, where ps shows it */
};

void headers_init(struct headers *h);
void headers_fini(struct headers *h);
/*
 * "Name: value", or "Name: @FILE" for the content of a file. On error `fault` holds one line for
 * the person. Errors: E_SYNTAX, E_FULL, E_IO, E_TOO_BIG, E_NOMEM.
 */
enum err headers_add(struct headers *h, struct slice line, struct writer *fault);
/* Authorization: Bearer `token`, or the content of @FILE. Errors as above. */
enum err headers_add_bearer(struct headers *h, struct slice token, struct writer *fault);
/* True where the person gave this field: their word replaces ours. */
bool headers_has(const struct headers *h, struct slice name);
void headers_put(const struct headers *h, struct writer *w);
